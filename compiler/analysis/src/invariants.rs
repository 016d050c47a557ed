//! What is known of states for all times: a bound at which its start lies, from which the equation leads away and which no handler
//! passes, holds for ever (a forward-invariant half-line, Blanchini 1999).

use crate::builtins::Builtin;
use crate::check::Checker;
use crate::interval::Interval;
use crate::typed::{Act, ActKind, Expr, ExprKind, LocalId, Role, Statement, StatementKind, TypedNode};
use std::collections::BTreeMap;

/// What moves the states of a node.
#[derive(Default)]
struct Moves<'e> {
    equations: BTreeMap<LocalId, &'e Expr>,
    assignments: Vec<(LocalId, &'e Expr)>,
}

/// For each state without a declared range the bounds that its start already keeps for ever.
pub(crate) fn of_states(checker: &Checker<'_>, node: &TypedNode) -> Vec<(LocalId, Interval)> {
    let mut moves = Moves::default();
    moves.read(&node.body);
    let open = node.states.iter().filter(|state| state.range.is_none());
    let bounded = open.filter_map(|state| {
        let start = checker.interval(&state.initial);
        let above = Interval { low: start.low, high: f64::INFINITY };
        let below = Interval { low: f64::NEG_INFINITY, high: start.high };
        let low = start.low.is_finite() && moves.keep(checker, state.local, start.low, above);
        let high = start.high.is_finite() && moves.keep(checker, state.local, start.high, below);
        let known = Interval {
            low: if low { start.low } else { f64::NEG_INFINITY },
            high: if high { start.high } else { f64::INFINITY },
        };
        (!known.is_everything()).then_some((state.local, known))
    });
    bounded.collect()
}

impl<'e> Moves<'e> {
    fn read(&mut self, body: &'e [Statement]) {
        for statement in body {
            match &statement.kind {
                StatementKind::Equation { state, value } => {
                    self.equations.insert(*state, value);
                }
                StatementKind::On { body, .. } => self.read_acts(body),
                StatementKind::For { body, .. } => self.read(body),
                StatementKind::If { then, otherwise, .. } => {
                    self.read(then);
                    self.read(otherwise);
                }
                StatementKind::Let { .. } | StatementKind::Wire(_) => {}
            }
        }
    }

    fn read_acts(&mut self, body: &'e [Act]) {
        for act in body {
            match &act.kind {
                ActKind::Assign { state, value } => self.assignments.push((*state, value)),
                ActKind::If { then, otherwise, .. } => {
                    self.read_acts(then);
                    self.read_acts(otherwise);
                }
                ActKind::Emit { .. } | ActKind::Refractory { .. } | ActKind::Let { .. } => {}
            }
        }
    }

    /// Whether a state that is in `side` stays there, `side` being all that lies on one side of `bound`.
    fn keep(&self, checker: &Checker<'_>, state: LocalId, bound: f64, side: Interval) -> bool {
        let at = |value: Interval| move |id: LocalId| (id == state).then_some(value);
        let leads_back = self.equations.get(&state).is_none_or(|equation| {
            let change = evaluate(checker, equation, &at(Interval::point(bound)), Interval::EVERYTHING);
            if side.low == bound { change.low >= 0.0 } else { change.high <= 0.0 }
        });
        let mut own = self.assignments.iter().filter(|(assigned, _)| *assigned == state);
        leads_back
            && own.all(|(_, value)| {
                let after = evaluate(checker, value, &at(side), Interval::EVERYTHING);
                side.low <= after.low && after.high <= side.high
            })
    }
}

/// What an expression can be where `known` tells more of some names than the checker does; `impulse` is what impulses count for.
pub(crate) fn evaluate(
    checker: &Checker<'_>,
    expr: &Expr,
    known: &dyn Fn(LocalId) -> Option<Interval>,
    impulse: Interval,
) -> Interval {
    /// How deep `let`s are followed.
    const MOST_LETS: u32 = 16;
    within(checker, expr, known, impulse, MOST_LETS)
}

fn within(
    checker: &Checker<'_>,
    expr: &Expr,
    known: &dyn Fn(LocalId) -> Option<Interval>,
    impulse: Interval,
    lets: u32,
) -> Interval {
    let of_part = |part: &Expr| match &part.kind {
        ExprKind::Local(id) => known(*id).or_else(|| {
            let value = checker.let_value_of(*id).filter(|_| checker.local(*id).role == Role::Let)?;
            Some(if lets > 0 { within(checker, value, known, impulse, lets - 1) } else { Interval::EVERYTHING })
        }),
        ExprKind::Builtin { function: Builtin::Impulse, .. } => Some(impulse),
        _ => None,
    };
    checker.interval_where(expr, &of_part)
}
