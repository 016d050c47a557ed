//! Laws of the front end, for texts that nobody wrote.

mod texts;

use neuro_diagnostics::{FileId, Place};
use neuro_syntax::{FileParse, ItemText, lex, parse_file, parse_item, split};
use proptest::prelude::*;
use proptest::sample::Index;
use texts::{PROGRAMS, any_text, damaged};

/// What holds of every parse.
fn check(text: &str) -> FileParse {
    let joined: String = lex(text).iter().map(|token| token.text(text)).collect();
    assert_eq!(joined, text);
    let parse = parse_file(FileId(7), text);
    let mut end = 0;
    for item in &parse.items {
        let ItemText { span, .. } = item.text;
        assert!(end <= span.start && span.start < span.end && span.end as usize <= text.len());
        assert!(item.item.span.end <= span.end - span.start);
        end = span.end;
    }
    for diagnostic in &parse.diagnostics {
        let labels = diagnostic.primary.iter().chain(&diagnostic.secondary).map(|label| label.place);
        let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.place);
        for Place { file, item, span } in labels.chain(edits) {
            assert_eq!(file, FileId(7));
            let own = item.map_or(
                ItemText { span: neuro_diagnostics::Span::new(0, end.max(text.len() as u32)), separated: true },
                |item| parse.items[item as usize].text,
            );
            let (start, end) = ((own.span.start + span.start) as usize, (own.span.start + span.end) as usize);
            assert!(span.start <= span.end && end <= own.span.end as usize, "{diagnostic:?}");
            assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{diagnostic:?}");
        }
        assert!(diagnostic.secondary.len() <= 2 && !diagnostic.message.is_empty());
    }
    parse
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    /// Lossless, without a panic, and with all places inside the text.
    #[test]
    fn any_text_is_read(text in any_text()) {
        check(&text);
    }

    /// Nothing but blanks, newlines, comments and `;` stands between items.
    #[test]
    fn items_cover_all_that_is_said(text in any_text()) {
        let items = split(&text);
        for token in lex(&text) {
            let inside = items.iter().any(|item| item.span.start <= token.span.start && token.span.end <= item.span.end);
            let silent = token.kind.is_trivia() || token.kind == neuro_syntax::TokenKind::Separator;
            prop_assert!(inside || silent, "{:?} of {:?}", token, text);
        }
    }

    /// An item's text is read alone as it is read in its file.
    #[test]
    fn an_item_depends_on_its_own_text(text in any_text()) {
        let tokens = lex(&text);
        let parse = parse_file(FileId(0), &text);
        for file_item in &parse.items {
            let span = file_item.text.span;
            let own = &text[span.start as usize..span.end as usize];
            let inside: Vec<_> = tokens.iter().filter(|token| span.start <= token.span.start && token.span.end <= span.end).collect();
            let alone: Vec<_> = lex(own).into_iter().map(|token| (token.kind, token.span.shifted(span.start))).collect();
            prop_assert_eq!(inside.iter().map(|token| (token.kind, token.span)).collect::<Vec<_>>(), alone);
            prop_assert_eq!(&parse_item(own).item, &file_item.item);
        }
    }

    /// Whatever happens to one item whose brackets pair, the others are read as before.
    #[test]
    fn an_edit_of_one_item_leaves_the_others(change in damaged(), which in any::<Index>(), program in any::<Index>()) {
        let program = program.get(&PROGRAMS);
        let before = parse_file(FileId(0), program);
        let which = which.index(before.items.len());
        let span = before.items[which].text.span;
        let edited = format!("{}node Edited {{\n{}\n}}{}", &program[..span.start as usize], quiet(&change), &program[span.end as usize..]);
        let after = parse_file(FileId(0), &edited);
        let others = |parse: &FileParse, skip: usize| -> Vec<_> {
            let kept = parse.items.iter().enumerate().filter(|(index, _)| *index != skip);
            kept.map(|(_, item)| item.item.clone()).collect()
        };
        prop_assert_eq!(others(&before, which), others(&after, which));
    }

    /// A forgotten closing brace spoils one item only.
    #[test]
    fn a_forgotten_brace_spoils_one_item(program in any::<Index>(), brace in any::<Index>()) {
        let program = program.get(&PROGRAMS);
        let before = parse_file(FileId(0), program);
        prop_assume!(before.diagnostics.is_empty());
        // Items must begin in the first column for a brace to be missed there.
        let starts: Vec<usize> = before.items.iter().map(|item| item.text.span.start as usize).collect();
        prop_assume!(starts.iter().all(|start| *start == 0 || program[..*start].ends_with('\n')));
        let braces: Vec<usize> = program.match_indices('}').map(|(at, _)| at).collect();
        prop_assume!(!braces.is_empty());
        let at = *brace.get(&braces);
        let mut edited = program.clone();
        edited.remove(at);
        let after = parse_file(FileId(0), &edited);
        prop_assert_eq!(before.items.len(), after.items.len());
        let which = starts.iter().rposition(|start| *start <= at).unwrap();
        for (index, (old, new)) in before.items.iter().zip(&after.items).enumerate() {
            prop_assert!(index == which || old.item == new.item);
        }
        // A brace in a comment is no brace.
        let errors: Vec<&str> = after.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect();
        prop_assert!(errors.is_empty() || errors == ["E0104"], "{:?}\n{}", errors, edited);
    }
}

/// Nothing that a text can say exhausts the stack.
#[test]
fn nesting_is_bounded() {
    let deep = 50_000;
    let many = |text: &str| text.repeat(deep);
    for text in [
        format!("const x = {}1", many("-")),
        format!("const x = {}1{}", many("("), many(")")),
        format!("const x = {}1{}", many("["), many("]")),
        format!("const x = 1{}", many(" + 1")),
        format!("const x = 1{}", many("^1")),
        format!("const x = f{}", many("()")),
        format!("const x = a{}", many(".b")),
        format!("const x = {}1", many("if a then b else ")),
        format!("const x = {}1", many("not ")),
        format!("node N {{ {} {} }}", many("if a { "), many("}")),
        format!("node N {{ on s {{ if a {{ }} {} }} }}", many("else if a { }")),
        format!("node N {{ {}", many("for k in x {")),
        many("}"),
        many("#["),
        many("x := 1\n"),
        many("node "),
        many("node N { let x = \n"),
    ] {
        check(&text);
    }
    // What people write is not deep.
    let sum = format!("const x = 1{}", " + 2 * f(3)[1]".repeat(30));
    assert!(check(&sum).diagnostics.is_empty());
    let list = format!("const x = [1{}]", ", f(2) * 3 + 1".repeat(10_000));
    assert!(check(&list).diagnostics.is_empty());
}

/// Without brackets, quotes and what begins an item in the first column.
fn quiet(text: &str) -> String {
    let text: String = text.chars().filter(|sign| !"(){}[]\"#".contains(*sign)).collect();
    text.lines().map(|line| format!(" {line}\n")).collect()
}
