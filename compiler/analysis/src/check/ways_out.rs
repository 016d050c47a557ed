//! Ways out that do not depend on the single case: what to do about a code if nothing closer is known, and the attribute that says that a warning
//! is known and meant.

use crate::typed::ItemId;
use neuro_diagnostics::{Diagnostic, Place, Severity, Span};
use neuro_syntax::tree::{Item, ItemKind};

/// The diagnostic of an item with a way out in any case.
pub(crate) fn complete(diagnostic: Diagnostic, item: &Item, id: ItemId) -> Diagnostic {
    let diagnostic = diagnostic.or_help(usual);
    let is_own = diagnostic.primary.as_ref().is_some_and(|label| {
        (label.place.file, label.place.item) == (id.file, Some(id.index)) && item.span.start <= label.place.span.start
    });
    let holds_attributes = matches!(item.kind, ItemKind::Node(_) | ItemKind::Task(_));
    if diagnostic.code.severity() == Severity::Warning && is_own && holds_attributes {
        let front = Span::new(item.span.start, item.span.start);
        let place = Place { file: id.file, item: Some(id.index), span: front };
        let attribute = format!("#[allow({})]", diagnostic.code.id);
        return diagnostic.fix(format!("if it is meant, say so: `{attribute}`"), place, format!("{attribute}\n"));
    }
    diagnostic
}

/// What usually helps against a mistake of this code.
fn usual(diagnostic: &Diagnostic) -> String {
    let text = match diagnostic.code.id {
        "E0201" => "declare it in its block (`let`, `state`, a parameter), or bring it in with `use`",
        "E0202" => "take one of the two away",
        "E0203" => "wires reach what a node declares with `in` and `out`",
        "E0204" => "leave it out, or give it to what has it",
        "E0206" => "declare a state for what a handler changes: state x: … = …",
        "E0212" => "give it a name with `let`, and read one of its ports",
        "E0301" | "E0302" | "E0304" | "E0307" => "bring both to one unit",
        "E0401" => "say when it happens: at ticks, `sample(x, 1 ms)`, or by a handler that emits",
        "E0402" => "name what it carries in a handler, `on s as a { … }`, or keep its last value: `hold(s, 0)`",
        "E0403" => "hold one of them, `hold(u, 0)`, or take it at the other's ticks: `sample(x, 1 ms)`",
        "E0408" => "use a parameter, a `const` or a number",
        "E0701" => "a single value goes with any shape, and equal shapes go element by element",
        "E0703" => "make it a parameter: `n: int`",
        "E0704" => "members count from 0, and the bound behind `..` is not included",
        id => return format!("`neuro explain {id}` has a wrong program and a right one"),
    };
    text.to_owned()
}
