//! What the book prints from the compiler itself: the grammar, the codes, the library, the prelude, the settings. A test holds them to what they
//! are printed from; `NEURO_WRITE_BOOK=1 cargo test -p neuro-tests --test language_spec` writes them anew.

use neuro_numerics::Semantics;
use neuro_numerics::semantics::Axis;
use neuro_syntax::tree::{Item, ItemKind};
use std::path::Path;

#[test]
fn the_grammar_is_that_of_the_parser() {
    let source = include_str!("../../compiler/syntax/src/grammar.lalrpop");
    let grammar = grammar(source);
    assert!(grammar.contains("Hop = \"->\" Expr { WireAttribute }"), "{grammar}");
    assert!(grammar.contains("\"emit\" Name [ \"(\" Expr \")\" ]"), "{grammar}");
    hold("grammar.md", &format!("```ebnf\n{grammar}```"));
}

#[test]
fn every_code_is_listed() {
    let rows: String =
        neuro_driver::all_codes().iter().map(|code| format!("| `{}` | {} |\n", code.id, code.title)).collect();
    hold("codes.md", &format!("| code | says |\n| --- | --- |\n{rows}"));
}

#[test]
fn all_that_the_library_has_is_listed() {
    let mut text = String::new();
    for path in neuro_stdlib::modules() {
        let parts: Vec<&str> = path.split("::").collect();
        let source = neuro_stdlib::module(&parts).expect("a module of the library");
        text.push_str(&format!("## `{path}`\n\n{}\n\n", head(source)));
        let parsed = neuro_syntax::parse_file(neuro_diagnostics::FileId(0), source);
        for item in &parsed.items {
            text.push_str(&entry(&item.item));
        }
        text.push('\n');
    }
    hold("library.md", text.trim_end());
}

#[test]
fn every_name_of_the_prelude_is_listed() {
    let rows = neuro_ide::prelude().into_iter().map(|(name, about)| format!("| `{name}` | {about} |\n"));
    hold("prelude.md", &format!("| name | is |\n| --- | --- |\n{}", rows.collect::<String>()));
}

#[test]
fn every_setting_is_listed() {
    use neuro_analysis::vocabulary::{SETTINGS, task_name};
    let rows = SETTINGS.iter().map(|setting| {
        let tasks: Vec<&str> = setting.tasks.iter().map(|task| task_name(*task)).collect();
        let (about, values) = neuro_ide::setting(setting.name).expect("a setting that the editor explains");
        format!("| `{}` | {} | {values} | {about} |\n", setting.name, tasks.join(" "))
    });
    let rows: String = rows.collect();
    hold("tasks.md", &format!("| setting | in | is | says |\n| --- | --- | --- | --- |\n{rows}"));
}

#[test]
fn every_axis_and_preset_is_listed() {
    let axes = Axis::ALL.iter().map(|axis| {
        let values: Vec<String> = axis.values().iter().map(|value| format!("`{value}`")).collect();
        format!("| `{}` | {} | {} |\n", axis.name(), values.join(" "), axis.about())
    });
    let axes: String = axes.collect();
    let presets: String = Semantics::presets().map(|(name, about)| format!("| `{name}` | {about} |\n")).collect();
    let text =
        format!("| axis | values | decides |\n| --- | --- | --- |\n{axes}\n| preset | is |\n| --- | --- |\n{presets}");
    hold("discretisation.md", &text);
}

/// The `//` lines that a module begins with, as one paragraph.
fn head(source: &str) -> String {
    let lines = source.lines().take_while(|line| line.starts_with("//") && !line.starts_with("///"));
    lines.map(|line| line.trim_start_matches('/').trim()).collect::<Vec<_>>().join(" ")
}

/// A node, constant or function, with what is said of it.
fn entry(item: &Item) -> String {
    let name = match &item.kind {
        ItemKind::Node(node) => &node.name.text,
        ItemKind::Const(constant) => &constant.name.text,
        ItemKind::Function(function) => &function.name.text,
        _ => return String::new(),
    };
    let said = item.documentation.as_deref().unwrap_or_default().replace('\n', " ");
    assert!(!said.is_empty(), "`{name}` of the library has no doc comment");
    format!("- **{name}**: {said}\n")
}

/// Makes sure that a chapter has this text between its marks, or writes it there.
fn hold(chapter: &str, text: &str) {
    const BEGIN: &str = "<!-- printed from the compiler: begin -->\n";
    const END: &str = "\n<!-- printed from the compiler: end -->";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../language-spec/src").join(chapter);
    let old = std::fs::read_to_string(&path).expect("a chapter");
    let (front, rest) = old.split_once(BEGIN).expect("a mark where the printed part begins");
    let (_, back) = rest.split_once(END).expect("a mark where the printed part ends");
    let new = format!("{front}{BEGIN}{}{END}{back}", text.trim_end());
    if std::env::var_os("NEURO_WRITE_BOOK").is_some() {
        std::fs::write(&path, new).expect("a chapter can be written");
    } else {
        assert!(new == old, "{chapter} is not what the compiler prints: run this test with NEURO_WRITE_BOOK=1");
    }
}

/// The rules of a lalrpop file as EBNF: without actions, names of parts, places and the alternatives for text that is wrong.
fn grammar(source: &str) -> String {
    let rules = source.split_once("pub Item").expect("the first rule").1;
    let rules: String =
        format!("Item{rules}").lines().filter(|line| !line.starts_with("//")).map(|line| format!("{line}\n")).collect();
    let mut text = String::new();
    for rule in rules.split("\n};\n") {
        let Some((head, body)) = rule.split_once(" = {\n") else { continue };
        let name = head.trim().split(':').next().unwrap_or_default();
        if name.contains('<') {
            continue;
        }
        let alternatives: Vec<String> = alternatives(body).iter().map(|part| symbols(part)).collect();
        let all = alternatives
            .iter()
            .map(String::as_str)
            .filter(|part| !part.contains("\"error\"") && !part.contains("\"open text\""))
            .collect::<Vec<_>>();
        text.push_str(&format!("{name} = {} ;\n", all.join("\n    | ")));
    }
    text
}

/// The alternatives of a rule, without their actions.
fn alternatives(body: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut depth, mut part, mut quoted) = (0, String::new(), false);
    for character in body.chars() {
        match character {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                found.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(character);
    }
    found.push(part);
    let without_action = found.iter().map(|part| part.split("=>").next().unwrap_or_default().trim().to_owned());
    let count = found.len();
    without_action
        .enumerate()
        .filter(|(index, part)| index + 1 < count || !part.is_empty())
        .map(|(_, part)| part)
        .collect()
}

/// The symbols of an alternative.
fn symbols(part: &str) -> String {
    let mut rest: Vec<char> = part.replace("<start:@L>", "").replace("<end:@R>", "").chars().rev().collect();
    let text = sequence(&mut rest);
    if text.is_empty() { "(* nothing *)".to_owned() } else { text }
}

/// Symbols up to a closing bracket or the end; the characters that are left stand in reverse.
fn sequence(rest: &mut Vec<char>) -> String {
    let mut found = Vec::new();
    while let Some(&next) = rest.last() {
        match next {
            ')' | '>' => break,
            _ if next.is_whitespace() => _ = rest.pop(),
            _ => found.push(repeated(rest)),
        }
    }
    found.join(" ")
}

/// One symbol with the sign behind it that says how often it stands.
fn repeated(rest: &mut Vec<char>) -> String {
    let symbol = symbol(rest);
    match rest.last() {
        Some('?') => format!("[ {symbol} ]", symbol = without_group(&symbol, rest)),
        Some('*') => format!("{{ {symbol} }}", symbol = without_group(&symbol, rest)),
        Some('+') => format!("{symbol} {{ {symbol} }}", symbol = without_group(&symbol, rest)),
        _ => symbol,
    }
}

fn without_group(symbol: &str, rest: &mut Vec<char>) -> String {
    rest.pop();
    symbol.strip_prefix("( ").and_then(|inner| inner.strip_suffix(" )")).unwrap_or(symbol).to_owned()
}

fn symbol(rest: &mut Vec<char>) -> String {
    match rest.pop() {
        Some('"') => format!("\"{}\"", text_until(rest, '"')),
        Some('(') => {
            let inner = sequence(rest);
            rest.pop();
            format!("( {inner} )")
        }
        // `<name:Symbol>` or `<Symbol>`: the parser keeps it, which does not change what is read.
        Some('<') => {
            let text: String = rest.iter().rev().collect();
            let name = text.chars().take_while(|next| next.is_alphanumeric() || matches!(next, '_' | ' ')).count();
            if text.chars().nth(name) == Some(':') {
                rest.truncate(rest.len() - name - 1);
            }
            let inner = sequence(rest);
            rest.pop();
            inner
        }
        Some(first) => {
            let mut name = first.to_string();
            while let Some(next) = rest.pop_if(|next| next.is_alphanumeric()) {
                name.push(next);
            }
            if rest.pop_if(|next| *next == '<').is_none() {
                return name;
            }
            let inner = sequence(rest);
            rest.pop();
            list(&name, &inner)
        }
        None => String::new(),
    }
}

/// The lists that the grammar makes of a symbol.
fn list(name: &str, of: &str) -> String {
    match name {
        "Commas" => format!("[ {of} {{ \",\" {of} }} [ \",\" ] ]"),
        "Sequence" => format!("{of} {{ \",\" {of} }}"),
        "Lines" => format!("{{ [ {of} ] \";\" }} [ {of} ]"),
        _ => panic!("the book does not know the list `{name}`"),
    }
}

fn text_until(rest: &mut Vec<char>, end: char) -> String {
    let mut text = String::new();
    while let Some(next) = rest.pop_if(|next| *next != end) {
        text.push(next);
    }
    rest.pop();
    text
}
