//! A condition is a level: its handler fires at every instant at which it is true. So a handler must make its condition false, or rest.
//!
//! Decided with the values that parameters have: declared ranges, else defaults. What depends on what is not known before time
//! runs is left to the run.

use crate::check::{Checker, Record};
use crate::environment::Rearmed;
use crate::interval::Interval;
use crate::spelling::{self, Spelling};
use crate::typed::{Act, ActKind, Expr, ExprKind, Kind, LocalId, Role, Statement, StatementKind, Trigger, TypedItem};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_syntax::tree::{BinaryOperator, UnaryOperator};
use smol_str::SmolStr;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

code!(E0504, "a reset does not disarm its condition");
code!(W0505, "a subtractive reset fires once a step");

/// The handlers of a node that can fire for ever at one instant, and what its instances must heed.
pub(crate) fn judge(checker: &Checker<'_>, typed: &TypedItem) -> (Vec<Diagnostic>, Vec<Rearmed>) {
    let (mut diagnostics, mut rearmed) = (Vec::new(), Vec::new());
    if let TypedItem::Node(node) = typed {
        statements(checker, &node.body, &mut diagnostics, &mut rearmed);
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
    body: &[Statement],
    diagnostics: &mut Vec<Diagnostic>,
    rearmed: &mut Vec<Rearmed>,
) {
    for statement in body {
        match &statement.kind {
            StatementKind::On { trigger: Trigger::Condition(condition), body } => {
                diagnostics.extend(handler(checker, condition, body, rearmed));
            }
            StatementKind::For { body, .. } => statements(checker, body, diagnostics, rearmed),
            StatementKind::If { then, otherwise, .. } => {
                statements(checker, then, diagnostics, rearmed);
                statements(checker, otherwise, diagnostics, rearmed);
            }
            _ => {}
        }
    }
}

/// One way through a handler.
#[derive(Clone, Default)]
struct Path<'e> {
    assigned: BTreeMap<LocalId, &'e Expr>,
    rests: bool,
    /// The branch that it took last.
    branch: Option<Place>,
}

/// More paths than this are not followed.
const MOST_PATHS: usize = 256;

fn paths<'e>(checker: &Checker<'_>, body: &'e [Act], before: Vec<Path<'e>>) -> Vec<Path<'e>> {
    let mut paths = before;
    for act in body {
        match &act.kind {
            ActKind::Assign { state, value } => {
                for path in &mut paths {
                    path.assigned.insert(*state, value);
                }
            }
            ActKind::Refractory { duration, .. } => {
                // A rest of no time is none.
                if checker.interval(duration).high > 0.0 {
                    paths.iter_mut().for_each(|path| path.rests = true);
                }
            }
            ActKind::If { then, otherwise, .. } => {
                if paths.len() > MOST_PATHS {
                    continue;
                }
                let enter = |acts: &'e [Act], paths: &[Path<'e>]| -> Vec<Path<'e>> {
                    let branch = acts.first().map(|act| act.place);
                    paths.iter().map(|path| Path { branch: branch.or(path.branch), ..path.clone() }).collect()
                };
                let mut all = self::paths(checker, then, enter(then, &paths));
                all.extend(self::paths(checker, otherwise, enter(otherwise, &paths)));
                paths = all;
            }
            ActKind::Emit { .. } | ActKind::Let { .. } => {}
        }
    }
    paths
}

fn handler(checker: &Checker<'_>, condition: &Expr, body: &[Act], rearmed: &mut Vec<Rearmed>) -> Option<Diagnostic> {
    if condition.ty.is_unknown() {
        return None;
    }
    let mut subtracts = None;
    for path in paths(checker, body, vec![Path::default()]) {
        if path.rests {
            continue;
        }
        rearmed.extend(of_parameters(checker, condition, &path.assigned));
        match after(checker, condition, &path.assigned) {
            After::False | After::Unknown => {}
            After::Less(state) => subtracts = subtracts.or(Some(state)),
            after @ (After::True | After::Same) => return Some(report(checker, condition, &path, &after)),
        }
    }
    subtracts.map(|state| {
        let name = &checker.local(state).name;
        let message =
            format!("`{name}` may still be above its threshold after this, and a handler runs once an instant");
        Diagnostic::new(&W0505, condition.place, message)
            .label("fires once, however far above")
            .note("on a grid that is one spike a step; the exact run ends only when the rest has decayed")
            .help("to send all spikes of a step at once: emit z(floor(v / v_th))")
            .help(format!("or set it to a value: {name} := …"))
    })
}

/// What the condition is after a path.
#[derive(Clone, Copy, PartialEq)]
enum After {
    False,
    True,
    /// The path does not change it.
    Same,
    /// Smaller than before by a positive amount, by this state.
    Less(LocalId),
    Unknown,
}

fn after(checker: &Checker<'_>, condition: &Expr, assigned: &BTreeMap<LocalId, &Expr>) -> After {
    match &condition.kind {
        ExprKind::Binary(BinaryOperator::And, a, b) => match (after(checker, a, assigned), after(checker, b, assigned))
        {
            (After::False, _) | (_, After::False) => After::False,
            (After::Same, other) | (other, After::Same) => other,
            (After::True, other) | (other, After::True) => other,
            (less @ After::Less(_), After::Less(_)) => less,
            (After::Unknown, _) | (_, After::Unknown) => After::Unknown,
        },
        ExprKind::Binary(BinaryOperator::Or, a, b) => {
            match (after(checker, a, assigned), after(checker, b, assigned)) {
                (After::True, _) | (_, After::True) => After::True,
                (After::False, After::False) => After::False,
                (After::Same, After::Same) => After::Same,
                // Which of the two held is not known.
                _ => After::Unknown,
            }
        }
        _ if let Some((above, below, strict)) = sides(condition) => compared(checker, above, below, strict, assigned),
        _ => {
            let mut changed = false;
            mentioned(checker, condition, &mut |id| changed |= assigned.contains_key(&id));
            if changed { After::Unknown } else { After::Same }
        }
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
    let term = |(term, factor): (&Term, &f64)| match term {
        Term::Name(id) if checker.local(*id).role == Role::Parameter => {
            Some((checker.local(*id).name.clone(), *factor))
        }
        Term::Name(_) | Term::Known(..) => None,
    };
    let terms: Option<Vec<(SmolStr, f64)>> = difference.terms.iter().map(term).collect();
    let terms = terms.filter(|terms| !terms.is_empty())?;
    let condition = checker.source(condition.place.span).into();
    Some(Rearmed { terms, constant: difference.constant, strict, condition })
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
fn compared(
    checker: &Checker<'_>,
    above: &Expr,
    below: &Expr,
    strict: bool,
    assigned: &BTreeMap<LocalId, &Expr>,
) -> After {
    let none = BTreeMap::new();
    let (Some(a), Some(b)) = (linear(checker, above, &none), linear(checker, below, &none)) else {
        return After::Unknown;
    };
    let before = a.minus(&b);
    let (Some(a), Some(b)) = (linear(checker, above, assigned), linear(checker, below, assigned)) else {
        return After::Unknown;
    };
    let now = a.minus(&b);
    if now == before {
        return After::Same;
    }
    if let Some(value) = now.value(checker) {
        if value.high < 0.0 || (strict && value.high <= 0.0) {
            return After::False;
        }
        if value.low > 0.0 || (!strict && value.low >= 0.0) {
            return After::True;
        }
        // Declared ranges that overlap allow it; where nothing is known the instance decides.
        return if value.low.is_finite() && value.high.is_finite() { After::True } else { After::Unknown };
    }
    match now.minus(&before).value(checker) {
        Some(change) if change.low >= 0.0 => After::True,
        Some(change) if change.high < 0.0 || (change.high <= 0.0 && change.low < 0.0) => {
            assigned.keys().next().map_or(After::Unknown, |state| After::Less(*state))
        }
        _ => After::Unknown,
    }
}

/// A sum of multiples of names, and of things that are no names by their text.
#[derive(Clone, PartialEq)]
struct Linear {
    constant: f64,
    terms: BTreeMap<Term, f64>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    /// A parameter, state or port.
    Name(LocalId),
    /// Something constant of which an interval is known, as its bits.
    Known(u64, u64, u32),
}

impl Linear {
    fn constant(value: f64) -> Self {
        Self { constant: value, terms: BTreeMap::new() }
    }

    fn scaled(&self, factor: f64) -> Self {
        let terms = self.terms.iter().map(|(term, value)| (term.clone(), value * factor));
        Self { constant: self.constant * factor, terms: terms.filter(|(_, value)| *value != 0.0).collect() }
    }

    fn plus(&self, other: &Self) -> Self {
        let mut sum = Self { constant: self.constant + other.constant, terms: self.terms.clone() };
        for (term, value) in &other.terms {
            let total = sum.terms.get(term).copied().unwrap_or(0.0) + value;
            if total == 0.0 {
                sum.terms.remove(term);
            } else {
                sum.terms.insert(term.clone(), total);
            }
        }
        sum
    }

    fn minus(&self, other: &Self) -> Self {
        self.plus(&other.scaled(-1.0))
    }

    /// What is known of it, if it holds constants only.
    fn value(&self, checker: &Checker<'_>) -> Option<Interval> {
        let mut sum = Interval::point(self.constant);
        for (term, factor) in &self.terms {
            let known = match term {
                Term::Name(id) if checker.local(*id).role == Role::Parameter => {
                    checker.facts(*id).value.unwrap_or(Interval::EVERYTHING)
                }
                Term::Name(_) => return None,
                Term::Known(low, high, _) => Interval::new(f64::from_bits(*low), f64::from_bits(*high)),
            };
            sum = sum.plus(known.times(Interval::point(*factor)));
        }
        Some(sum)
    }
}

/// An expression as a linear form, with what the path has assigned put in. Right sides of a path read the values before it.
fn linear(checker: &Checker<'_>, expr: &Expr, assigned: &BTreeMap<LocalId, &Expr>) -> Option<Linear> {
    /// A form that takes more is not followed: `let`s of `let`s can grow without end.
    const MOST_PARTS: u32 = 400;
    let left = Cell::new(MOST_PARTS);
    linear_within(checker, expr, assigned, &left)
}

fn linear_within(
    checker: &Checker<'_>,
    expr: &Expr,
    assigned: &BTreeMap<LocalId, &Expr>,
    left: &Cell<u32>,
) -> Option<Linear> {
    left.set(left.get().checked_sub(1)?);
    let none = BTreeMap::new();
    let go = |expr: &Expr| linear_within(checker, expr, assigned, left);
    match &expr.kind {
        ExprKind::Number(value) => Some(Linear::constant(*value)),
        ExprKind::Local(id) => {
            if let Some(value) = assigned.get(id) {
                return linear_within(checker, value, &none, left);
            }
            let local = checker.local(*id);
            if local.role == Role::Let
                && let Some(value) = checker.let_value_of(*id)
            {
                return go(value);
            }
            Some(Linear { constant: 0.0, terms: BTreeMap::from([(Term::Name(*id), 1.0)]) })
        }
        ExprKind::Unary(UnaryOperator::Negate, operand) => Some(go(operand)?.scaled(-1.0)),
        ExprKind::Unary(UnaryOperator::Plus, operand) => go(operand),
        ExprKind::Binary(BinaryOperator::Add, a, b) => Some(go(a)?.plus(&go(b)?)),
        ExprKind::Binary(BinaryOperator::Subtract, a, b) => Some(go(a)?.minus(&go(b)?)),
        ExprKind::Binary(BinaryOperator::Multiply, a, b) => {
            let (a, b) = (go(a)?, go(b)?);
            match (a.terms.is_empty(), b.terms.is_empty()) {
                (true, _) => Some(b.scaled(a.constant)),
                (_, true) => Some(a.scaled(b.constant)),
                _ => known(checker, expr),
            }
        }
        ExprKind::Binary(BinaryOperator::Divide, a, b) => {
            let (a, b) = (go(a)?, go(b)?);
            if b.terms.is_empty() && b.constant != 0.0 {
                Some(a.scaled(1.0 / b.constant))
            } else {
                known(checker, expr)
            }
        }
        _ => known(checker, expr),
    }
}

/// A constant of which only an interval is known.
fn known(checker: &Checker<'_>, expr: &Expr) -> Option<Linear> {
    if expr.ty.kind != Kind::Const {
        return None;
    }
    let interval = checker.interval(expr);
    let term = Term::Known(interval.low.to_bits(), interval.high.to_bits(), expr.place.span.start);
    Some(Linear { constant: 0.0, terms: BTreeMap::from([(term, 1.0)]) })
}

fn report(checker: &Checker<'_>, condition: &Expr, path: &Path<'_>, after: &After) -> Diagnostic {
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
    diagnostic.help(format!("or let the handler rest: {rest}"))
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
