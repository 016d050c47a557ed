//! What is said of a reset that does not disarm its condition.

use super::{After, E0504, Path, W0504, W0505, mentioned};
use crate::check::Checker;
use crate::names::listed;
use crate::spelling;
use crate::typed::{Act, ActKind, Expr, ExprKind, LocalId, Role};
use neuro_diagnostics::{Diagnostic, Place, Span};
use neuro_syntax::TokenKind;

pub(super) fn report(checker: &Checker<'_>, condition: &Expr, path: &Path<'_>, after: &After) -> Diagnostic {
    let source = checker.source(condition.place.span);
    let message = format!("`on {source}` can fire for ever at one instant");
    let diagnostic = Diagnostic::new(&E0504, condition.place, message);
    let diagnostic = match after {
        After::Same if path.assigned.is_empty() => {
            diagnostic.label("a condition is a level, and nothing makes it false again")
        }
        After::Same => diagnostic.label("what the handler assigns does not change this condition"),
        _ => diagnostic.label(values(checker, condition, path)),
    };
    let diagnostic = match path.branch {
        Some(branch) => diagnostic.also(branch, "on this path"),
        None => diagnostic,
    };
    let diagnostic = match path.rests.last() {
        Some(duration) => diagnostic.also(duration.place, "a rest of no time is none"),
        None => diagnostic,
    };
    let state = first_state(checker, condition);
    let diagnostic = match (after, &state) {
        (After::True, Some(state)) => diagnostic.help(format!("reset `{state}` to where the condition is false")),
        (_, Some(state)) => diagnostic.help(format!("make it false: {state} := … below the threshold")),
        (_, None) => diagnostic,
    };
    let rest = match &state {
        Some(state) => format!("refractory 1 ms {{ {state}' }}"),
        None => "refractory 1 ms".to_owned(),
    };
    resting(checker, diagnostic, condition, path.branch, &rest)
}

/// Offers to let the handler rest, at the end of its body or of the branch that is meant.
pub(super) fn resting(
    checker: &Checker<'_>,
    diagnostic: Diagnostic,
    condition: &Expr,
    branch: Option<Place>,
    rest: &str,
) -> Diagnostic {
    let title = format!("let the handler rest: {rest}");
    let from = branch.map_or(condition.place.span.end, |branch| branch.span.start);
    match end_of_block(checker.text, from) {
        Some((at, empty)) => {
            let separator = if empty { " " } else { "; " };
            diagnostic.fix(title, checker.place(Span::new(at, at)), format!("{separator}{rest}"))
        }
        None => diagnostic.help(title),
    }
}

/// Behind the last token of the block that is opened first from here on, and whether nothing stands in it.
fn end_of_block(text: &str, from: u32) -> Option<(u32, bool)> {
    let tokens = neuro_syntax::lex(text.get(from as usize..)?);
    let (mut depth, mut last) = (0_u32, None);
    for token in tokens.iter().filter(|token| !token.kind.is_trivia()) {
        match token.kind {
            TokenKind::BraceOpen => depth += 1,
            TokenKind::BraceClose if depth == 1 => {
                let (end, kind) = last?;
                return Some((from + end, kind == TokenKind::BraceOpen));
            }
            TokenKind::BraceClose => depth = depth.checked_sub(1)?,
            _ => {}
        }
        last = (depth > 0).then_some((token.span.end, token.kind));
    }
    None
}

fn first_state(checker: &Checker<'_>, condition: &Expr) -> Option<String> {
    let mut state = None;
    mentioned(checker, condition, &mut |id| {
        if state.is_none() && checker.local(id).role == Role::State {
            state = Some(checker.local(id).name.to_string());
        }
    });
    state
}

/// `v_r = -50 mV, and v_th = -52 mV`
fn values(checker: &Checker<'_>, condition: &Expr, path: &Path<'_>) -> String {
    let mut names: Vec<LocalId> = Vec::new();
    let mut note = |id: LocalId| {
        if checker.local(id).role == Role::Parameter && !names.contains(&id) {
            names.push(id);
        }
    };
    for value in path.assigned.values() {
        mentioned(checker, value, &mut note);
    }
    mentioned(checker, condition, &mut note);
    let shown: Vec<String> = names
        .iter()
        .filter_map(|id| {
            let value = checker.facts(*id).value?;
            let unit = checker.facts(*id).spelling.clone()?;
            let name = &checker.local(*id).name;
            Some(match value.single() {
                Some(value) => format!("{name} = {}", spelling::quantity(value, &unit)),
                None => format!(
                    "{name} in {}..{}",
                    spelling::quantity(value.low, &unit),
                    spelling::quantity(value.high, &unit)
                ),
            })
        })
        .collect();
    if shown.is_empty() {
        "still true after the reset".into()
    } else {
        format!("still true after the reset: {}", shown.join(", "))
    }
}

/// W0505: the state may still be above its threshold.
pub(super) fn report_subtraction(checker: &Checker<'_>, condition: &Expr, state: LocalId, body: &[Act]) -> Diagnostic {
    let name = &checker.local(state).name;
    let port = emitted(body).map_or("z", |port| checker.local(port).name.as_str());
    let threshold = threshold(checker, condition, state).unwrap_or_else(|| "v_th".into());
    let message = format!("`{name}` may still be above its threshold after this, and a handler runs once an instant");
    Diagnostic::new(&W0505, condition.place, message)
        .label("fires once, however far above")
        .note("on a grid that is one spike a step; the exact run ends only when the rest has decayed")
        .help(format!("to send all spikes of a step at once: emit {port}(floor({name} / {threshold}))"))
        .help(format!("or set it to a value: {name} := …"))
}

/// The port by which a handler sends, if it does.
fn emitted(body: &[Act]) -> Option<LocalId> {
    body.iter().find_map(|act| match &act.kind {
        ActKind::Emit { port, .. } => Some(*port),
        ActKind::If { then, otherwise, .. } => emitted(then).or_else(|| emitted(otherwise)),
        _ => None,
    })
}

/// What a state is compared with, as it is written.
fn threshold(checker: &Checker<'_>, condition: &Expr, state: LocalId) -> Option<String> {
    let ExprKind::Binary(_, left, right) = &condition.kind else { return None };
    let is_state = |side: &Expr| matches!(side.kind, ExprKind::Local(id) if id == state);
    let other = match (is_state(left), is_state(right)) {
        (true, false) => right,
        (false, true) => left,
        _ => return None,
    };
    let source = checker.source(other.place.span);
    Some(match other.kind {
        ExprKind::Binary(..) => format!("({source})"),
        _ => source.to_owned(),
    })
}

/// W0504: numbers decide that only the run knows.
pub(super) fn report_undecided(checker: &Checker<'_>, condition: &Expr, path: &Path<'_>) -> Diagnostic {
    let source = checker.source(condition.place.span);
    let message = format!("whether this handler makes `{source}` false depends on numbers that only the run knows");
    let mut open: Vec<LocalId> = Vec::new();
    mentioned(checker, condition, &mut |id| {
        let moves = matches!(checker.local(id).role, Role::State | Role::In | Role::Payload);
        if moves && checker.facts(id).value.is_none() && !path.assigned.contains_key(&id) {
            open.push(id);
        }
    });
    let diagnostic = Diagnostic::new(&W0504, condition.place, message);
    let names: Vec<&str> = open.iter().map(|id| checker.local(*id).name.as_str()).collect();
    let diagnostic = match names.as_slice() {
        [] if !path.rests.is_empty() => diagnostic.label("true still, unless this handler rests"),
        [] => diagnostic.label("perhaps still true after the reset"),
        names => diagnostic.label(format!("nothing is known here of {}", listed(names))),
    };
    let diagnostic = match path.branch {
        Some(branch) => diagnostic.also(branch, "on this path"),
        None => diagnostic,
    };
    let diagnostic = match open.iter().find(|id| checker.local(**id).role == Role::State) {
        Some(state) => {
            let name = &checker.local(*state).name;
            diagnostic.help(format!("say between what bounds it stays: state {name}: … = … in lowest..highest"))
        }
        None => diagnostic,
    };
    let diagnostic =
        diagnostic.note("the exact run ends with E1107 where it stays true; on a grid it fires once a step");
    let rest = match first_state(checker, condition) {
        Some(state) => format!("refractory 1 ms {{ {state}' }}"),
        None => "refractory 1 ms".to_owned(),
    };
    resting(checker, diagnostic, condition, path.branch, &rest)
}
