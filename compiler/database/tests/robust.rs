//! Whatever a text says, the check answers: programs with parts taken out, doubled or swapped, never a panic, never a hang.

use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Diagnostic, Resolve, Style, render};
use neuro_syntax::lex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A small generator of numbers, so that a failure can be had again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }
}

fn programs() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/check");
    let mut folders = vec![root];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "neuro") {
                let text = std::fs::read_to_string(&path).expect("readable");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// Takes tokens out, doubles them, swaps them, or puts in tokens of other programs.
fn mutated(tokens: &[&str], others: &[String], random: &mut Random) -> String {
    let mut tokens: Vec<&str> = tokens.to_vec();
    for _ in 0..1 + random.below(3) {
        if tokens.is_empty() {
            break;
        }
        let (at, other) = (random.below(tokens.len()), random.below(tokens.len()));
        match random.below(5) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[other]),
            2 => tokens.swap(at, other),
            3 => tokens[at] = tokens[other],
            _ => tokens[at] = &others[random.below(others.len())],
        }
    }
    tokens.concat()
}

#[test]
fn no_text_makes_it_panic() {
    let programs = programs();
    let mut words: Vec<String> = Vec::new();
    for (_, text) in &programs {
        words.extend(lex(text).iter().map(|token| token.text(text).to_owned()));
    }
    words.sort();
    words.dedup();
    let rounds: usize = std::env::var("NEURO_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(6);
    let mut random = Random(std::env::var("NEURO_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7));
    for (path, text) in &programs {
        let tokens: Vec<&str> = lex(text).iter().map(|token| token.text(text)).collect();
        for _ in 0..rounds {
            let text = mutated(&tokens, &words, &mut random);
            let answer = std::panic::catch_unwind(|| {
                let mut workspace = Workspace::new(Arc::new(Nowhere));
                let file = workspace.set_text("program.neuro", text.as_str());
                let diagnostics = workspace.diagnostics(file);
                diagnostics.iter().map(|diagnostic| render(diagnostic, &workspace, Style::Plain).len()).sum::<usize>()
            });
            assert!(answer.is_ok(), "{}:\n{text}", path.display());
        }
    }
}

/// What the check says of a text, in what time: what is said twice is the same, and its places lie in the text.
fn answered(text: &str) -> (usize, Duration) {
    let started = Instant::now();
    let said = said(text);
    let time = started.elapsed();
    let shown: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    eprintln!("{shown:<40} {:>8} bytes: {:>5} in {time:?}", text.len(), said.len());
    (said.len(), time)
}

fn said(text: &str) -> Vec<Diagnostic> {
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("program.neuro", text);
    let said = workspace.diagnostics(file);
    for label in said.iter().flat_map(|diagnostic| diagnostic.primary.iter().chain(&diagnostic.secondary)) {
        let span = workspace.span(label.place);
        let text = workspace.text(label.place.file);
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {} bytes", text.len());
    }
    said
}

/// The bound is wide, for slow and busy machines and debug builds; it catches what grows with the square of the text.
fn all_are_answered(texts: &[String]) {
    for text in texts {
        let (count, time) = answered(text);
        let shown: String = text.chars().take(60).collect();
        assert!(time < Duration::from_secs(30), "{shown}: {count} in {time:?}");
    }
}

/// Nested ever deeper: answered in time, or refused, never with an overflow of the stack.
#[test]
fn deep_programs() {
    let deep = 100_000;
    let node = |body: &str| format!("node N {{ in x: flow real; out y: flow real = {body} }}");
    let choices = (0..500).map(|k| format!("if x > {k} then {k} else ")).collect::<String>() + "0";
    all_are_answered(&[
        node(&vec!["x"; 3000].join(" + ")),
        node(&choices),
        node(&("x".to_owned() + &".b".repeat(2000))),
        node(&("abs(".repeat(1000) + "x" + &")".repeat(1000))),
        node(&vec!["x"; 1000].join("^")),
        node(&("(".repeat(deep) + "x" + &")".repeat(deep))),
        node(&("[".repeat(deep) + "x" + &"]".repeat(deep))),
        node(&("-".repeat(deep) + "x")),
        node(&("not ".repeat(deep) + "x")),
        node(&("if x > 1 then 2 else ".repeat(deep) + "3")),
        node(&("x".to_owned() + &"[0]".repeat(deep))),
        node(&("x".to_owned() + &"()".repeat(deep))),
        format!("node N {{ {} {} }}", "if 1 > 0 { ".repeat(deep), "}".repeat(deep)),
        format!("node N {{ {} {} }}", "for k in 0..2 { ".repeat(deep), "}".repeat(deep)),
        // A loop is read for each of its turns: not so where loops in loops would make it 2 to the power of 60.
        format!("node N {{ {} {} }}", "for k in 0..2 { ".repeat(60), "}".repeat(60)),
        format!("node N {{ {} {} }}", "for k in 0..1 { ".repeat(60), "}".repeat(60)),
        "node N { for k in -9223372036854775807..9223372036854775807 { } }".into(),
        format!("node N {{ if 1 > 0 {{ }} {} }}", "else if 1 > 0 { } ".repeat(deep)),
        format!("node N {{ state v: real = 0; on v > 1 {{ {} {} }} }}", "if v > 2 { ".repeat(deep), "}".repeat(deep)),
        format!("test \"t\" {{ {} {} }}", "for k in [1] { ".repeat(deep), "}".repeat(deep)),
        "#[allow(W0308)] ".repeat(deep) + "const a = 1",
        "{".repeat(deep),
        "(".repeat(deep),
        "node N { ".repeat(deep),
        "}".repeat(deep),
        // Just within what is read at all: every pass behind the parser has to walk it.
        node(&("(".repeat(190) + "x" + &")".repeat(190))),
        node(&("-".repeat(190) + "x")),
        node(&("abs(".repeat(190) + "x" + &")".repeat(190))),
        node(&vec!["x"; 190].join(" * ")),
        node(&("if x > 1 then 2 else ".repeat(60) + "3")),
        format!("node N {{ {} {} }}", "if 1 > 0 { ".repeat(95), "}".repeat(95)),
    ]);
}

/// Long lines, long names, many items, long chains of them.
#[test]
fn long_programs() {
    let lets: String = (1..2000).rev().map(|k| format!("  let a{k} = a{} + 1\n", k - 1)).collect();
    let name = "a".repeat(100_000);
    let summands = vec!["x"; 100].join(" + ");
    let wires: String = (0..1000).map(|k| format!("  c.z -> d.s weight {} mV delay 1 ms\n", k + 1)).collect();
    let states: String = (0..500)
        .map(|k| format!("  state v{k}: mV = 0\n  v{k}' = -v{k} / 10 ms\n  on v{k} > 1 mV {{ emit z; v{k} := 0 }}\n"))
        .collect();
    let cell = "node Cell { in s: event mV; out z: spike; state v: mV = 0; v' = -v / 10 ms + impulse(s); \
                on v > 1 mV { emit z; v := 0 } }\n";
    all_are_answered(&[
        format!("node N {{\n  in a0: flow real\n{lets}  out y: flow real = a1999\n}}"),
        (0..2000).map(|k| format!("const c{k} = c{} + 1\n", k + 1)).collect(),
        (0..2000).rev().map(|k| format!("const c{} = c{k} + 1\n", k + 1)).collect::<String>() + "const c0 = 1\n",
        (0..1000).map(|k| format!("node N{k} {{ out y: flow real; let a = N{}(); a.y -> y }}\n", k + 1)).collect(),
        (0..1000).map(|k| format!("fn f{k}(x: real): real = f{}(x) + f{}(x)\n", k + 1, k + 2)).collect(),
        (0..300)
            .map(|k| format!("node M{k} {{ out y: flow real; let a = M{}(); a.y -> y }}\n", (k + 1) % 300))
            .collect(),
        (0..10_000).map(|k| format!("const c{k} = {k} mV\n")).collect(),
        (0..2000).map(|_| "const same = 1\n").collect(),
        (0..2000).map(|k| format!("use other{k}.{{A, B}}\n")).collect(),
        format!("const x = [{}]", "1 mV, ".repeat(170_000)),
        format!("const x = [{}]", format!("{summands}, ").repeat(200)),
        format!("// {}", "long ".repeat(200_000)),
        format!("const x = \"{}\"", "long ".repeat(200_000)),
        format!("const x = {}", "9".repeat(1_000_000)),
        format!("const x = 1 {}", "m".repeat(1_000_000)),
        format!("const {name} = 1\nconst b = {name} + {name}c\n"),
        format!("node {name} {{ state {name}: mV = 0; {name}' = -{name} / 10 }}"),
        format!("{cell}node Net {{\n  out z: spike\n  let c = Cell()\n  let d = Cell()\n{wires}  d.z -> z\n}}\n"),
        format!("node Many {{\n  out z: spike\n{states}}}\n"),
        format!("test \"t\" {{\n{}}}\n", "  assert 1 > 0\n".repeat(2000)),
        format!(
            "node N({}) {{ out y: flow real = 1 }}",
            (0..2000).map(|k| format!("a{k}: mV = {k} mV, ")).collect::<String>()
        ),
    ]);
}

/// Signs that no keyboard of a modeller has, and files as other systems write them.
#[test]
fn strange_signs() {
    let right = "node N {\n  out y: flow real = 1\n}\n";
    assert_eq!(answered(&format!("\u{FEFF}{right}")).0, 0);
    assert_eq!(answered(&right.replace('\n', "\r\n")).0, 0);
    for wrong in [
        right.replace('y', "\u{1F9E0}"),
        right.replace('N', "neurône"),
        right.replace('N', "\u{202E}N"),
        right.replace(' ', "\u{A0}"),
        right.replace('1', "\u{0}"),
        right.replace('1', "1\u{0}"),
        right.replace('1', "１"),
        right.replace('\n', "\u{2028}"),
        "\u{0}".repeat(100_000),
        "\u{1F9E0}".repeat(25_000),
        "e\u{301}".repeat(25_000),
    ] {
        let (count, time) = answered(&wrong);
        assert!(count > 0 && time < Duration::from_secs(30), "{wrong:?}: {count} in {time:?}");
        assert_eq!(said(&wrong), said(&wrong));
    }
}
