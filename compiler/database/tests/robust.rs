//! Whatever a text says, the check answers: programs with parts taken out, doubled or swapped, never a panic, never a hang.

use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Style, render};
use neuro_syntax::lex;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// Long and deep programs: answered in time, or refused, never with an overflow of the stack.
#[test]
fn long_and_deep_programs() {
    let sum = vec!["x"; 3000].join(" + ");
    let choices = (0..500).map(|k| format!("if x > {k} then {k} else ")).collect::<String>() + "0";
    let fields = "a".to_owned() + &".b".repeat(2000);
    let parentheses = "(".repeat(3000) + "x" + &")".repeat(3000);
    let calls = "abs(".repeat(1000) + "x" + &")".repeat(1000);
    let powers = vec!["x"; 1000].join("^");
    let lets: String = (1..2000).rev().map(|k| format!("  let a{k} = a{} + 1\n", k - 1)).collect();
    let texts = [
        format!("node N {{ in x: flow real; out y: flow real = {sum} }}"),
        format!("node N {{ in x: flow real; out y: flow real = {choices} }}"),
        format!("node N {{ in a: flow real; out y: flow real = {fields} }}"),
        format!("node N {{ in x: flow real; out y: flow real = {parentheses} }}"),
        format!("node N {{ in x: flow real; out y: flow real = {calls} }}"),
        format!("node N {{ in x: flow real; out y: flow real = {powers} }}"),
        format!("node N {{\n  in a0: flow real\n{lets}  out y: flow real = a1999\n}}"),
        (0..2000).map(|k| format!("const c{k} = c{} + 1\n", k + 1)).collect(),
        (0..1000).map(|k| format!("node N{k} {{ out y: flow real; let a = N{}(); a.y -> y }}\n", k + 1)).collect(),
        (0..300)
            .map(|k| format!("node M{k} {{ out y: flow real; let a = M{}(); a.y -> y }}\n", (k + 1) % 300))
            .collect(),
    ];
    for text in texts {
        let started = std::time::Instant::now();
        let mut workspace = Workspace::new(Arc::new(Nowhere));
        let file = workspace.set_text("program.neuro", text.as_str());
        let count = workspace.diagnostics(file).len();
        let shown: String = text.chars().take(60).collect();
        assert!(started.elapsed().as_secs() < 60, "{shown}: {count} in {:?}", started.elapsed());
        eprintln!("{shown}: {count} in {:?}", started.elapsed());
    }
}
