//! How often things happen: a condition that is true again as soon as time goes on, and a clock without a period, speak without end in
//! no time.

use super::report::resting;
use super::sides;
use crate::check::Checker;
use crate::interval::Interval;
use crate::invariants::evaluate;
use crate::typed::{Expr, ExprKind, LocalId, Statement, StatementKind};
use neuro_diagnostics::Diagnostic;
use std::collections::BTreeMap;

code!(E0507, "events without end in no time");

/// The right sides of a node's equations.
pub(super) type Equations<'e> = BTreeMap<LocalId, &'e Expr>;

/// The equations of a body.
pub(super) fn equations(body: &[Statement]) -> Equations<'_> {
    let mut found = Equations::new();
    for statement in body {
        match &statement.kind {
            StatementKind::Equation { state, value } => {
                found.insert(*state, value);
            }
            StatementKind::For { body, .. } => found.extend(equations(body)),
            StatementKind::If { then, otherwise, .. } => {
                found.extend(equations(then));
                found.extend(equations(otherwise));
            }
            StatementKind::Let { .. } | StatementKind::On { .. } | StatementKind::Wire(_) => {}
        }
    }
    found
}

/// The state that, put on the threshold, may cross it again at once: its equation is not known to lead away from it.
pub(super) fn crosses_again(
    checker: &Checker<'_>,
    equations: &Equations<'_>,
    condition: &Expr,
    assigned: &BTreeMap<LocalId, &Expr>,
) -> Option<LocalId> {
    let (above, below, _) = sides(condition)?;
    let is = |expr: &Expr, id: LocalId| matches!(expr.kind, ExprKind::Local(local) if local == id);
    let behind = |id: LocalId| assigned.get(&id).map(|value| checker.interval(value));
    assigned.keys().find_map(|state| {
        let equation = equations.get(state)?;
        // Between events there are no impulses.
        let change = evaluate(checker, equation, &behind, Interval::point(0.0));
        let leads_away = if is(above, *state) {
            change.high <= 0.0
        } else if is(below, *state) {
            change.low >= 0.0
        } else {
            // Of other forms nothing is claimed.
            true
        };
        (!leads_away).then_some(*state)
    })
}

/// E0507 for a state that its reset puts on the very threshold.
pub(super) fn report(checker: &Checker<'_>, condition: &Expr, state: LocalId) -> Diagnostic {
    let name = &checker.local(state).name;
    let message =
        format!("this sets `{name}` to the very threshold, which it crosses again at once: it emits without end");
    let diagnostic = Diagnostic::new(&E0507, condition.place, message)
        .label("true again as soon as time goes on")
        .help(format!("reset `{name}` to where the condition is false for a while"));
    resting(checker, diagnostic, condition, None, &format!("refractory 1 ms {{ {name}' }}"))
}
