//! The wires of a graph as chains of hops.

use crate::numbers::time;
use crate::parts::{Declarations, Quantity};
use neuro_nir::Tensor;
use neuro_nir::import::outline::{Link, Outline, Part, PartKind};

/// All wires, a chain a line: what has one way on is not named again.
pub(crate) fn wires(outline: &Outline, locals: &[String], order: &[usize], declarations: &mut Declarations) -> String {
    let mut used = vec![false; outline.links.len()];
    let mut text = String::new();
    let leaving = |part: &usize| {
        let from = *part;
        (0..outline.links.len()).filter(move |&link| outline.links[link].from == from)
    };
    // In the order of the parts, but that nothing that only hands on begins a chain before its source did.
    for first in order.iter().flat_map(leaving) {
        if used[first] {
            continue;
        }
        let mut writer = Writer { outline, locals, declarations };
        let mut link = first;
        text += &writer.start(outline.links[link]);
        loop {
            used[link] = true;
            text += &writer.hop(outline.links[link]);
            match next(outline, outline.links[link].to, &used) {
                Some(follows) => link = follows,
                None => break,
            }
        }
        text.push('\n');
    }
    text
}

/// The link that goes on from a part, if it is the only one and carries what leaves the part as it is.
fn next(outline: &Outline, part: usize, used: &[bool]) -> Option<usize> {
    let mut leaving = (0..outline.links.len()).filter(|&link| outline.links[link].from == part);
    let (only, None) = (leaving.next()?, leaving.next()) else { return None };
    let held = outline.parts[part].fires() && !matches!(target(outline, only).what, PartKind::Output);
    (!used[only] && !held && !to_mixed_output(outline, only)).then_some(only)
}

fn target<'o, 'f>(outline: &'o Outline<'f>, link: usize) -> &'o Part<'f> {
    &outline.parts[outline.links[link].to]
}

/// Whether spikes are held on their way to an Output that also has flows.
fn to_mixed_output(outline: &Outline, link: usize) -> bool {
    let Link { from, to, .. } = outline.links[link];
    let is_output = matches!(outline.parts[to].what, PartKind::Output);
    is_output && outline.parts[from].fires() && !crate::carries_spikes(outline, &outline.parts[to])
}

struct Writer<'w, 'o, 'f> {
    outline: &'o Outline<'f>,
    locals: &'w [String],
    declarations: &'w mut Declarations,
}

impl Writer<'_, '_, '_> {
    /// The source of a chain.
    fn start(&mut self, link: Link) -> String {
        let local = &self.locals[link.from];
        let from = &self.outline.parts[link.from];
        if !from.fires() {
            return local.clone();
        }
        let to_output = matches!(self.outline.parts[link.to].what, PartKind::Output);
        if to_output && crate::carries_spikes(self.outline, &self.outline.parts[link.to]) {
            return format!("{local}.z");
        }
        self.declarations.allowed.insert("W0412");
        format!("box({local}.z)")
    }

    fn hop(&mut self, link: Link) -> String {
        let mut text = format!(" -> {}", self.locals[link.to]);
        if link.stepped {
            self.declarations.allowed.insert("W0412");
            text += " delay 1 step";
        } else if let PartKind::Delay(seconds) = &self.outline.parts[link.to].what {
            let delay = self.delay(seconds, link.to);
            text += &delay;
        }
        text
    }

    fn delay(&mut self, seconds: &[f64], to: usize) -> String {
        match seconds.split_first() {
            Some((first, rest)) if rest.iter().all(|other| other == first) => {
                if *first == 0.0 {
                    String::new()
                } else {
                    format!(" delay {}", time(*first))
                }
            }
            _ => {
                let axes = &self.outline.parts[to].output;
                let delays = self.declarations.array(
                    &self.locals[to],
                    "delay",
                    &Tensor::vector(seconds.to_vec()),
                    axes,
                    Quantity::Time,
                );
                format!(" delay {delays}")
            }
        }
    }
}
