//! A condition is a level: its handler fires at every instant at which it is true. So a handler must make its condition false, or rest.
//!
//! Decided with the values that parameters have: declared ranges, else defaults. What depends on what is not known before time
//! runs is left to the run.

mod linear;
mod rates;
mod report;

use crate::check::{Checker, Record};
use crate::environment::Rearmed;
use crate::interval::Interval;
use crate::spelling::{self, Spelling};
use crate::typed::{Act, ActKind, Expr, ExprKind, Kind, LocalId, Role, Statement, StatementKind, Trigger, TypedItem};
use linear::{Linear, Term, linear};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_syntax::tree::BinaryOperator;
pub use rates::E0507;
use rates::Equations;
use report::{report, report_subtraction, report_undecided};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

code!(E0504, "a reset does not disarm its condition");
code!(W0504, "whether a reset disarms its condition is not known");
code!(W0505, "a subtractive reset fires once a step");

/// The handlers of a node that can fire for ever at one instant, and what its instances must heed.
pub(crate) fn judge(checker: &Checker<'_>, typed: &TypedItem) -> (Vec<Diagnostic>, Vec<Rearmed>) {
    let (mut diagnostics, mut rearmed) = (Vec::new(), Vec::new());
    if let TypedItem::Node(node) = typed {
        let equations = rates::equations(&node.body);
        statements(checker, &equations, &node.body, &mut diagnostics, &mut rearmed);
    }
    (diagnostics, rearmed)
}

/// Whether the parameters of an instance make a handler of its node fire for ever.
pub(crate) fn judge_instance(
    record: &Record,
    resets: &[Rearmed],
    spelling: &dyn Fn(&str) -> Option<Spelling>,
) -> Option<Diagnostic> {
    let broken = resets.iter().find(|reset| {
        // What the node says of itself with its defaults is told there.
        let is_given = reset.terms.iter().any(|(name, _)| record.given.contains_key(name));
        let value = |name: &SmolStr| record.view.values.get(name).copied().unwrap_or(Interval::EVERYTHING);
        let sum = reset.terms.iter().fold(Interval::point(reset.constant), |sum, (name, factor)| {
            sum.plus(value(name).times(Interval::point(*factor)))
        });
        is_given && (sum.low > 0.0 || (!reset.strict && sum.low >= 0.0))
    })?;
    let shown = broken.terms.iter().filter_map(|(name, _)| {
        let value = record.view.values.get(name)?.single()?;
        Some(format!("{name} = {}", spelling::quantity(value, &spelling(name)?)))
    });
    let shown: Vec<String> = shown.collect();
    let message = format!("`on {}` of `{}` can fire for ever at one instant", broken.condition, record.name);
    let place = broken.terms.iter().find_map(|(name, _)| record.given.get(name)).copied().unwrap_or(record.place);
    let diagnostic =
        Diagnostic::new(&E0504, place, message).label(format!("still true after the reset: {}", shown.join(", ")));
    Some(diagnostic.help("give values with which the reset makes the condition false"))
}

fn statements(
    checker: &Checker<'_>,
    equations: &Equations<'_>,
    body: &[Statement],
    diagnostics: &mut Vec<Diagnostic>,
    rearmed: &mut Vec<Rearmed>,
) {
    for statement in body {
        match &statement.kind {
            StatementKind::On { trigger: Trigger::Condition(condition), body } => {
                diagnostics.extend(handler(checker, equations, condition, body, rearmed));
            }
            StatementKind::For { body, .. } => statements(checker, equations, body, diagnostics, rearmed),
            StatementKind::If { then, otherwise, .. } => {
                statements(checker, equations, then, diagnostics, rearmed);
                statements(checker, equations, otherwise, diagnostics, rearmed);
            }
            StatementKind::On { trigger: Trigger::Event { .. }, .. }
            | StatementKind::Let { .. }
            | StatementKind::Equation { .. }
            | StatementKind::Wire(_) => {}
        }
    }
}

/// One way through a handler.
#[derive(Clone, Default)]
struct Path<'e> {
    assigned: BTreeMap<LocalId, &'e Expr>,
    /// The durations of its rests.
    rests: Vec<&'e Expr>,
    emits: bool,
    /// The branch that it took last.
    branch: Option<Place>,
}

/// More paths than this are not followed.
const MOST_PATHS: usize = 256;

fn paths<'e>(body: &'e [Act], before: Vec<Path<'e>>) -> Vec<Path<'e>> {
    let mut paths = before;
    for act in body {
        match &act.kind {
            ActKind::Assign { state, value } => {
                for path in &mut paths {
                    path.assigned.insert(*state, value);
                }
            }
            ActKind::Refractory { duration, .. } => paths.iter_mut().for_each(|path| path.rests.push(duration)),
            ActKind::If { then, otherwise, .. } => {
                if paths.len() > MOST_PATHS {
                    continue;
                }
                let enter = |acts: &'e [Act], paths: &[Path<'e>]| -> Vec<Path<'e>> {
                    let branch = acts.first().map(|act| act.place);
                    paths.iter().map(|path| Path { branch: branch.or(path.branch), ..path.clone() }).collect()
                };
                let mut all = self::paths(then, enter(then, &paths));
                all.extend(self::paths(otherwise, enter(otherwise, &paths)));
                paths = all;
            }
            ActKind::Emit { .. } => paths.iter_mut().for_each(|path| path.emits = true),
            ActKind::Let { .. } => {}
        }
    }
    paths
}

fn handler(
    checker: &Checker<'_>,
    equations: &Equations<'_>,
    condition: &Expr,
    body: &[Act],
    rearmed: &mut Vec<Rearmed>,
) -> Option<Diagnostic> {
    if condition.ty.is_unknown() || holds_a_mistake(condition) {
        return None;
    }
    let (mut subtracts, mut undecided) = (None, None);
    for path in paths(body, vec![Path::default()]) {
        let after = match (rest(checker, &path), after(checker, condition, &path.assigned)) {
            (Rest::Surely, after) => {
                if matches!(after, After::True | After::Same) {
                    rearmed.extend(path.rests.iter().find_map(|duration| of_rest(checker, condition, duration)));
                }
                continue;
            }
            (Rest::Perhaps, After::True | After::Same | After::AtThreshold) => After::Unknown,
            (Rest::Perhaps | Rest::Never, after) => after,
        };
        rearmed.extend(of_parameters(checker, condition, &path.assigned));
        match after {
            After::False | After::OfInstance => {}
            After::AtThreshold => {
                if path.emits
                    && let Some(state) = rates::crosses_again(checker, equations, condition, &path.assigned)
                {
                    return Some(rates::report(checker, condition, state));
                }
            }
            After::Unknown => undecided = undecided.or(Some(path)),
            After::Less(state) => subtracts = subtracts.or(Some(state)),
            after @ (After::True | After::Same) => return Some(report(checker, condition, &path, &after)),
        }
    }
    match subtracts {
        Some(state) => Some(report_subtraction(checker, condition, state, body)),
        None => undecided.map(|path| report_undecided(checker, condition, &path)),
    }
}

/// Whether a path ends with a rest.
enum Rest {
    /// By what is known here; an instance that says otherwise is told so.
    Surely,
    /// The run decides how long it is.
    Perhaps,
    /// There is none, or a declared range allows one of no time.
    Never,
}

/// A rest of no time is none.
fn rest(checker: &Checker<'_>, path: &Path<'_>) -> Rest {
    let mut found = Rest::Never;
    for duration in &path.rests {
        let length = checker.interval(duration);
        let is_of_instance = duration.ty.kind == Kind::Const && length.low == f64::NEG_INFINITY;
        if duration.ty.is_unknown() || length.low > 0.0 || (is_of_instance && length.high > 0.0) {
            return Rest::Surely;
        }
        if duration.ty.kind != Kind::Const && length.high > 0.0 {
            found = Rest::Perhaps;
        }
    }
    found
}

/// For which parameters a rest is none.
fn of_rest(checker: &Checker<'_>, condition: &Expr, duration: &Expr) -> Option<Rearmed> {
    let none = BTreeMap::new();
    let length = linear(checker, duration, &none)?;
    let zero = length.minus(&length);
    rearmed_if_positive(checker, condition, &zero.minus(&length), false)
}

/// What the condition is after a path.
#[derive(Clone, Copy, PartialEq)]
enum After {
    False,
    True,
    /// False, but true again as soon as the state has grown at all.
    AtThreshold,
    /// The path does not change it.
    Same,
    /// Smaller than before by a positive amount, by this state.
    Less(LocalId),
    /// Parameters decide it that have no value here.
    OfInstance,
    /// Numbers decide it that only the run knows.
    Unknown,
}

fn after(checker: &Checker<'_>, condition: &Expr, assigned: &BTreeMap<LocalId, &Expr>) -> After {
    match &condition.kind {
        ExprKind::Binary(BinaryOperator::And, a, b) => both(after(checker, a, assigned), after(checker, b, assigned)),
        ExprKind::Binary(BinaryOperator::Or, a, b) => either(after(checker, a, assigned), after(checker, b, assigned)),
        ExprKind::Binary(BinaryOperator::Equal, a, b) => equal(checker, a, b, assigned),
        _ if let Some((above, below, strict)) = sides(condition) => {
            let compared = compared(checker, above, below, strict, assigned);
            compared.unwrap_or_else(|| as_mentioned(checker, condition, assigned))
        }
        // Truths of other make are followed as far as what they mention.
        _ => as_mentioned(checker, condition, assigned),
    }
}

/// Whether a part of an expression has been refused.
fn holds_a_mistake(expr: &Expr) -> bool {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if matches!(expr.kind, ExprKind::Error) {
            return true;
        }
        open.extend(expr.children());
    }
    false
}

/// What can be said of a condition by the names in it alone.
fn as_mentioned(checker: &Checker<'_>, condition: &Expr, assigned: &BTreeMap<LocalId, &Expr>) -> After {
    if changes(checker, condition, assigned) { After::Unknown } else { After::Same }
}

/// Whether a path assigns anything that the condition mentions.
fn changes(checker: &Checker<'_>, condition: &Expr, assigned: &BTreeMap<LocalId, &Expr>) -> bool {
    let mut changed = false;
    mentioned(checker, condition, &mut |id| changed |= assigned.contains_key(&id));
    changed
}

/// `a and b`: one that is false is enough.
fn both(a: After, b: After) -> After {
    match (a, b) {
        (After::False, _) | (_, After::False) => After::False,
        (After::AtThreshold, _) | (_, After::AtThreshold) => After::AtThreshold,
        (After::Same, other) | (other, After::Same) => other,
        (After::True, other) | (other, After::True) => other,
        (less @ After::Less(_), After::Less(_)) => less,
        (After::OfInstance, _) | (_, After::OfInstance) => After::OfInstance,
        (After::Unknown, After::Unknown | After::Less(_)) | (After::Less(_), After::Unknown) => After::Unknown,
    }
}

/// `a or b`: which of the two held is not known.
fn either(a: After, b: After) -> After {
    match (a, b) {
        (After::True, _) | (_, After::True) => After::True,
        (After::False | After::AtThreshold, After::False | After::AtThreshold) => After::False,
        (After::Same, After::Same) => After::Same,
        (After::OfInstance, _) | (_, After::OfInstance) => After::OfInstance,
        (After::Unknown | After::Less(_) | After::Same | After::False | After::AtThreshold, _) => After::Unknown,
    }
}

/// `a == b` behind the path.
fn equal(checker: &Checker<'_>, a: &Expr, b: &Expr, assigned: &BTreeMap<LocalId, &Expr>) -> After {
    if !changes(checker, a, assigned) && !changes(checker, b, assigned) {
        return After::Same;
    }
    let difference = linear(checker, a, assigned).zip(linear(checker, b, assigned)).map(|(a, b)| a.minus(&b));
    match difference.and_then(|difference| difference.value(checker)) {
        Some(value) if !value.contains(0.0) => After::False,
        Some(value) if value.single() == Some(0.0) => After::True,
        Some(value) if value.is_everything() => After::OfInstance,
        Some(_) | None => After::Unknown,
    }
}

/// The sides of a comparison by size, and whether it is strict.
fn sides(condition: &Expr) -> Option<(&Expr, &Expr, bool)> {
    let ExprKind::Binary(operator, a, b) = &condition.kind else { return None };
    match operator {
        BinaryOperator::Greater => Some((a, b, true)),
        BinaryOperator::GreaterEqual => Some((a, b, false)),
        BinaryOperator::Less => Some((b, a, true)),
        BinaryOperator::LessEqual => Some((b, a, false)),
        _ => None,
    }
}

/// What the condition is behind a path, if that depends on parameters alone.
fn of_parameters(checker: &Checker<'_>, condition: &Expr, assigned: &BTreeMap<LocalId, &Expr>) -> Option<Rearmed> {
    let (above, below, strict) = sides(condition)?;
    let difference = linear(checker, above, assigned)?.minus(&linear(checker, below, assigned)?);
    rearmed_if_positive(checker, condition, &difference, strict)
}

/// A condition that stays true where a sum of parameters is positive, or zero unless `strict`.
fn rearmed_if_positive(checker: &Checker<'_>, condition: &Expr, sum: &Linear, strict: bool) -> Option<Rearmed> {
    let term = |(term, factor): (&Term, &f64)| match term {
        Term::Name(id) if checker.local(*id).role == Role::Parameter => {
            Some((checker.local(*id).name.clone(), *factor))
        }
        Term::Name(_) | Term::Known(..) | Term::Bounded(..) => None,
    };
    let terms: Option<Vec<(SmolStr, f64)>> = sum.terms.iter().map(term).collect();
    let terms = terms.filter(|terms| !terms.is_empty())?;
    let condition = checker.source(condition.place.span).into();
    Some(Rearmed { terms, constant: sum.constant, strict, condition })
}

/// The names in an expression and behind its `let`s, each once.
fn mentioned(checker: &Checker<'_>, expr: &Expr, visit: &mut dyn FnMut(LocalId)) {
    let mut seen = BTreeSet::new();
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if let ExprKind::Local(id) = expr.kind
            && seen.insert(id)
        {
            visit(id);
            if checker.local(id).role == Role::Let {
                open.extend(checker.let_value_of(id));
            }
        }
        open.extend(expr.children().into_iter().rev());
    }
}

/// `above > below` behind the path: by the difference of the two, in which what stands on both sides cancels.
/// Nothing if the sides are no linear forms behind the path.
fn compared(
    checker: &Checker<'_>,
    above: &Expr,
    below: &Expr,
    strict: bool,
    assigned: &BTreeMap<LocalId, &Expr>,
) -> Option<After> {
    let none = BTreeMap::new();
    let now = linear(checker, above, assigned)?.minus(&linear(checker, below, assigned)?);
    let before = linear(checker, above, &none).zip(linear(checker, below, &none));
    let before = before.map(|(above, below)| above.minus(&below));
    let changed = || changes(checker, above, assigned) || changes(checker, below, assigned);
    // What is only known by its bounds may have moved within them.
    if before.as_ref() == Some(&now) && (now.is_exact() || !changed()) {
        return Some(After::Same);
    }
    if let Some(value) = now.value(checker) {
        return Some(decided(checker, &now, value, strict));
    }
    Some(match now.minus(&before?).value(checker) {
        Some(change) if change.low >= 0.0 => After::True,
        Some(change) if change.high < 0.0 || (change.high <= 0.0 && change.low < 0.0) => {
            assigned.keys().next().map_or(After::Unknown, |state| After::Less(*state))
        }
        _ => After::Unknown,
    })
}

/// A comparison of which the difference of the sides is known to lie in `value`.
fn decided(checker: &Checker<'_>, difference: &Linear, value: Interval, strict: bool) -> After {
    if strict && value.single() == Some(0.0) {
        return After::AtThreshold;
    }
    if value.high < 0.0 || (strict && value.high <= 0.0) {
        return After::False;
    }
    if value.low > 0.0 || (!strict && value.low >= 0.0) {
        return After::True;
    }
    let is_of_parameters = difference.terms.keys().all(|term| match term {
        Term::Name(id) => checker.local(*id).role == Role::Parameter,
        Term::Known(..) => true,
        Term::Bounded(..) => false,
    });
    match (is_of_parameters, value.low.is_finite() && value.high.is_finite()) {
        // Declared ranges that overlap allow it; where nothing is known the instance decides.
        (true, true) => After::True,
        (true, false) => After::OfInstance,
        (false, _) => After::Unknown,
    }
}
