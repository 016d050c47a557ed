//! A NIR graph written down as a program of the language, with its large arrays beside it.
//!
//! [`transcribe`] takes an outline of a graph ([`neuro_nir::import::outline`]) and gives a text that compiles back to the same graph: nodes of
//! `std::layers` where the library has them, else nodes of the program's own; the names of the file where the language cannot have
//! them as `#[nir("…")]`. Spikes that enter maps and equations are held over their step (`box`), as all step simulators that
//! read NIR do; loops without a Delay get `delay 1 step`. It is written to be read: numbers that all members share stand once, small arrays
//! stand in the text.
//!
//! Pure: bytes and files are others' business.

mod names;
mod numbers;
mod parts;
mod wires;

use names::Names;
use neuro_diagnostics::FileId;
use neuro_nir::import::outline::{Outline, Part, PartKind};
use neuro_nir::{ElementType, Tensor};
use parts::Declarations;
use std::collections::{BTreeSet, VecDeque};

/// A program and the arrays that it loads.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcription {
    /// The program, laid out.
    pub text: String,
    /// The arrays beside it, by their keys.
    pub arrays: Vec<(String, Tensor)>,
    /// The name of its node.
    pub node: String,
}

/// What a program calls itself and its files.
#[derive(Clone, Copy, Debug)]
pub struct Titles<'a> {
    /// The name of the graph: `lif_norse`.
    pub model: &'a str,
    /// The file of the program.
    pub program: &'a str,
    /// The file of the arrays, as the program is to name it.
    pub arrays: &'a str,
    /// A line about where the graph comes from.
    pub origin: &'a str,
}

/// Writes a graph down.
pub fn transcribe(outline: &Outline, titles: &Titles) -> Transcription {
    let mut names = Names::default();
    let locals: Vec<String> = outline.parts.iter().map(|part| names.local(&part.name)).collect();
    let node = names::node(titles.model);
    let mut declarations = Declarations::new(titles.arrays, names, &node);
    let mut body = String::new();
    let order = reading_order(outline);
    for &number in &order {
        let (part, local) = (&outline.parts[number], &locals[number]);
        let statement = statement(outline, part, local, &mut declarations);
        body.extend(declarations.constants.drain(..));
        body += &file_name(part, local);
        body += &statement;
    }
    let wires = wires::wires(outline, &locals, &order, &mut declarations);
    body.extend(declarations.constants.drain(..));
    let text = assemble(titles, &way_back(outline, titles, &node), &declarations, &node, &(body + "\n" + &wires));
    // What is written here has the syntax of the language; if it had not, the text is better than nothing.
    let text = neuro_syntax::format::format(FileId(0), &text).unwrap_or(text);
    Transcription { text, arrays: declarations.arrays, node }
}

/// The parts as one would name them: what enters, what leaves, then the way of what enters.
fn reading_order(outline: &Outline) -> Vec<usize> {
    let count = outline.parts.len();
    let mut waiting = vec![0; count];
    for link in outline.links.iter().filter(|link| !link.stepped) {
        waiting[link.to] += 1;
    }
    let mut ready: VecDeque<usize> = (0..count).filter(|&part| waiting[part] == 0).collect();
    let (mut seen, mut way) = (vec![false; count], Vec::with_capacity(count));
    loop {
        while let Some(part) = ready.pop_front() {
            if std::mem::replace(&mut seen[part], true) {
                continue;
            }
            way.push(part);
            for link in outline.links.iter().filter(|link| link.from == part && !link.stepped) {
                waiting[link.to] -= 1;
                if waiting[link.to] == 0 {
                    ready.push_back(link.to);
                }
            }
        }
        // A loop through a Delay is entered anywhere.
        match seen.iter().position(|seen| !seen) {
            Some(part) => ready.push_back(part),
            None => break,
        }
    }
    let rank = |part: usize| match outline.parts[part].what {
        PartKind::Input => 0,
        PartKind::Output => 1,
        PartKind::Passage | PartKind::Delay(_) | PartKind::Neuron(_) | PartKind::Map(..) => 2,
    };
    way.sort_by_key(|&part| rank(part));
    way
}

/// The attribute in front of a part whose name in the file is not a name of the language.
fn file_name(part: &Part, local: &str) -> String {
    if part.name == local { String::new() } else { format!("#[nir(\"{}\")]\n", escaped(&part.name)) }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn statement(outline: &Outline, part: &Part, local: &str, declarations: &mut Declarations) -> String {
    let shape = numbers::list(&parts::axes(&part.output));
    match &part.what {
        PartKind::Input => format!("in {local}: flow real{shape}\n"),
        PartKind::Output if carries_spikes(outline, part) => format!("out {local}: spike{shape}\n"),
        PartKind::Output => format!("out {local}: flow real{shape}\n"),
        PartKind::Passage | PartKind::Delay(_) | PartKind::Neuron(_) | PartKind::Map(..) => {
            format!("let {local} = {}\n", declarations.instance(part, local))
        }
    }
}

/// Whether all that leads to an Output are spikes.
fn carries_spikes(outline: &Outline, part: &Part) -> bool {
    let number = outline.parts.iter().position(|other| std::ptr::eq(other, part));
    let mut sources =
        outline.links.iter().filter(|link| Some(link.to) == number).map(|link| &outline.parts[link.from]).peekable();
    sources.peek().is_some() && sources.all(Part::fires)
}

/// How to build the same file again.
fn way_back(outline: &Outline, titles: &Titles, node: &str) -> String {
    let mut command = format!("neuro build {} --top {node} --target nir", titles.program);
    if outline.nested {
        command += " --nested";
    }
    let is_single = |part: &Part| match &part.what {
        PartKind::Neuron(kind) | PartKind::Map(kind, _) => {
            kind.arrays().iter().all(|(_, tensor)| tensor.elements().element_type() == ElementType::F32)
        }
        #[allow(clippy::cast_possible_truncation, reason = "whether it is a binary32 is the question")]
        PartKind::Delay(seconds) => seconds.iter().all(|&delay| f64::from(delay as f32) == delay),
        PartKind::Input | PartKind::Output | PartKind::Passage => true,
    };
    if outline.parts.iter().all(is_single) {
        command += " --precision f32";
    }
    command
}

fn assemble(titles: &Titles, way_back: &str, declarations: &Declarations, node: &str, body: &str) -> String {
    let mut text = format!("// {}\n// and back: {way_back}\n", titles.origin);
    if !declarations.library.is_empty() {
        let names: Vec<&str> = declarations.library.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        text += &format!("use std::layers.{{{}}}\n", names.join(", "));
    }
    for own in &declarations.own {
        text += "\n";
        text += own;
    }
    let allowed: Vec<&str> = declarations.allowed.iter().copied().collect();
    let allow = if allowed.is_empty() { String::new() } else { format!("#[allow({})]\n", allowed.join(", ")) };
    text + &format!("\n{allow}node {node} {{\n{body}}}\n")
}
