//! Laws of the formatter: it changes what a reader sees, never what a program says.

#[allow(unreachable_pub)] // it is public where the fuzzer finds it
#[path = "../../../tests/src/laws/formatted.rs"]
mod formatted;
mod texts;

use formatted::formatted as check;
use neuro_syntax::{TokenKind, lex};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::path::{Path, PathBuf};
use texts::{PROGRAMS, any_text};

fn programs_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            programs_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "neuro") {
            found.push(path);
        }
    }
}

#[test]
fn every_program_of_the_repository() {
    let mut paths = Vec::new();
    programs_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), &mut paths);
    assert!(paths.len() > 100);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        check(&text);
        // However the lines were made: all that may be joined joined, and blanks doubled.
        check(&text.replace("\n    ", " "));
        check(&text.replace(' ', "  "));
        check(&text.replace('\n', "\r\n"));
    }
}

/// White space and comments that may stand between two tokens.
const BETWEEN: &[&str] =
    &["", " ", "  ", "\n", "\n\n", " // note\n", "\n// a line\n", "   // note\n\n", ";", "; // note\n", "\t", "\n;\n"];

/// A program with other white space at some places, and comments where nobody would write them.
fn spaced_anew() -> impl Strategy<Value = String> {
    let changes = vec((any::<Index>(), select(BETWEEN)), 1..6);
    (any::<Index>(), changes).prop_map(|(program, changes)| {
        let mut text = program.get(&PROGRAMS).clone();
        for (at, between) in changes {
            let tokens = lex(&text);
            if tokens.is_empty() {
                break;
            }
            let token = tokens[at.index(tokens.len())];
            let (start, end) = (token.span.start as usize, token.span.end as usize);
            let is_blank = matches!(token.kind, TokenKind::Whitespace | TokenKind::Newline);
            text.replace_range(start..if is_blank { end } else { start }, between);
        }
        text
    })
}

fn expression() -> impl Strategy<Value = String> {
    let leaf =
        select(vec!["v", "tau", "3", "2.5 mV", "10ms", "1e-3", "0.32 mV^-1/ms", "\"text\"", "net.e.v", "syn.weight"]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 48, 6, |inner| {
        let operators = select(vec!["+", "-", "*", "/", "@", "^", "..", "==", "<", "and", "or"]);
        let between = || select(vec![" ", "  ", "\n", " // c\n"]);
        let list = (vec(inner.clone(), 0..9), between(), any::<bool>()).prop_map(|(elements, between, comma)| {
            let end = if comma && !elements.is_empty() { "," } else { "" };
            format!("{}{end}", elements.join(&format!(",{between}")))
        });
        prop_oneof![
            (inner.clone(), operators, between(), inner.clone())
                .prop_map(|(a, sign, gap, b)| format!("{a} {sign}{gap}{b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("+ -{a}")),
            inner.clone().prop_map(|a| format!("not {a}")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("if {a} then {b} else {c}")),
            (between(), list.clone()).prop_map(|(gap, list)| format!("f({gap}{list})")),
            (between(), list.clone()).prop_map(|(gap, list)| format!("[{gap}{list}]")),
            list.clone().prop_map(|list| format!("N[3,n](a = 1, b = {list})")),
            (inner.clone(), list).prop_map(|(a, list)| format!("({a})[{list}]")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("[{a} for k in {b}]")),
        ]
    })
}

fn statement() -> impl Strategy<Value = String> {
    let name = || select(vec!["a", "v", "long_name", "z"]);
    let leaf = prop_oneof![
        (name(), expression()).prop_map(|(name, value)| format!("let {name} = {value}")),
        (name(), expression()).prop_map(|(name, value)| format!("{name}'   = {value}")),
        (name(), expression()).prop_map(|(name, value)| format!("state {name}: mV/ms[2,3] = {value} in {value}")),
        (name(), expression()).prop_map(|(name, value)| format!("in {name}: event mV[n,{value}] = 0")),
        (name(), expression()).prop_map(|(name, value)| format!("out {name}: clock({value}) 1/s^0.5")),
        (expression(), name())
            .prop_map(|(a, name)| format!("{a} -> {name}.s by all_to_all() weight {a} delay 1ms\n  as {name}")),
        (expression(), name()).prop_map(|(a, name)| format!(
            "on {a} as {name}  {{ emit z({a}); {name} += {a}\n refractory 2 ms {{ v', w' }} }}"
        )),
        (expression(), expression())
            .prop_map(|(a, b)| format!("on {a} {{ if {a} {{ v := {b} }} else if {b} {{ emit z }} else {{}} }}")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let body = (vec(inner, 0..4), select(vec!["; ", "\n", "\n\n", " // note\n", "\n// line\n"]))
            .prop_map(|(statements, between)| statements.join(between));
        prop_oneof![
            (expression(), body.clone()).prop_map(|(a, body)| format!("for k in {a} {{ {body} }}")),
            (expression(), body.clone(), body).prop_map(|(a, b, c)| format!("if {a} {{ {b} }}\nelse {{ {c}\n}}")),
        ]
    })
}

fn program() -> impl Strategy<Value = String> {
    let between = select(vec!["; ", "\n", "\n\n\n", " // note\n", "\n/// doc\n", "\n  // line\n\n"]);
    (vec(statement(), 0..6), between, expression(), any::<bool>()).prop_map(|(statements, between, value, one_line)| {
        let end = if one_line { " " } else { "\n" };
        let body = statements.join(between);
        format!(
            "#[allow(W0412)]\nnode N[D,U](tau: ms = {value}, k: U in 0..3) {{{end}{body}{end}}}\nconst c = {value}\n"
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_keeps_what_it_says(text in any_text()) {
        check(&text);
    }

    #[test]
    fn programs_spaced_anew(text in spaced_anew()) {
        check(&text);
    }

    #[test]
    fn programs_that_nobody_wrote(text in program()) {
        check(&text);
    }
}
