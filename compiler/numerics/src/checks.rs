//! What is refused or warned of before a step is written: steps too long for the equations, records that the equations leave no room for.

use crate::codes::{E0801, E0808, W0801, W0802, W0803};
use crate::connectivity;
use crate::exact;
use crate::exponential::{Matrix, spectral_radius};
use crate::linear::Coefficient;
use crate::members::Members;
use crate::methods::{self, Group, Part};
use crate::network::Network;
use crate::print::{duration, rounded};
use crate::running;
use crate::semantics::{Scale, Semantics, Spikes};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_model::{Act, Expr};
use neuro_program::Number;
use petgraph::graph::DiGraph;

/// Axes of the record that equations have no place for.
pub(crate) fn record(semantics: &Semantics, diagnostics: &mut Vec<Diagnostic>) {
    let mut refuse = |holds: bool, what: &str, help: &str| {
        if holds {
            let message = format!("`{what}` is not discretised for equations");
            diagnostics.push(Diagnostic::unplaced(&E0808, message).help(help));
        }
    };
    refuse(
        semantics.number == Number::I64,
        "number = fixed",
        "take `f32` or `f64`; the arithmetic of a chip comes with its simulator: `semantics = \"lava-fixed\"`",
    );
    refuse(
        semantics.spikes == Spikes::Interpolate,
        "spikes = interpolate",
        "take `spikes = grid`, or `spikes = exact_root`, which has no error of the step",
    );
    refuse(semantics.scale != Scale::DtOverTau, "scale", "leave `scale` out: a model's gains stand in its equations");
}

/// Steps that are too long, and times that are no whole number of steps.
pub(crate) fn numerics(network: &Network, groups: &[Vec<Group>], dt: f64, diagnostics: &mut Vec<Diagnostic>) {
    for (members, groups) in network.populations.iter().zip(groups) {
        let forms = methods::forms(members, &members.motion(Some(dt)));
        for group in groups {
            for part in &group.parts {
                match part {
                    Part::Relaxed { coefficient: Some(_), .. } | Part::Exact { .. } => {}
                    Part::Relaxed { state, coefficient: None } => {
                        explicit(members, &forms, &[*state], 1, dt, diagnostics);
                        changing(members, &forms, *state, 1, dt, diagnostics);
                    }
                    Part::RungeKutta { states } => {
                        for state in states {
                            explicit(members, &forms, &[*state], 4, dt, diagnostics);
                            changing(members, &forms, *state, 4, dt, diagnostics);
                        }
                        for states in loops(&forms, states) {
                            unstable(members, &forms, &states, 4, dt, diagnostics);
                        }
                    }
                }
            }
            coupled(members, &forms, group, dt, diagnostics);
        }
        for handler in &members.dynamics.handlers {
            durations(members, &handler.body, handler.origin, dt, diagnostics);
        }
    }
}

/// States that drive each other are stable together or not at all.
fn coupled(members: &Members, forms: &methods::Forms, group: &Group, dt: f64, diagnostics: &mut Vec<Diagnostic>) {
    let euler: Vec<usize> = group
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Relaxed { state, coefficient: None } => Some(*state),
            Part::Relaxed { coefficient: Some(_), .. } | Part::Exact { .. } | Part::RungeKutta { .. } => None,
        })
        .collect();
    for states in loops(forms, &euler) {
        unstable(members, forms, &states, 1, dt, diagnostics);
    }
}

/// Sets of more than one state that drive each other.
fn loops(forms: &methods::Forms, states: &[usize]) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<usize, ()> = DiGraph::new();
    let nodes: Vec<_> = states.iter().map(|state| graph.add_node(*state)).collect();
    for (state, node) in states.iter().zip(&nodes) {
        let Some(Ok(form)) = forms.get(state) else { continue };
        for (other, from) in states.iter().zip(&nodes).filter(|(other, _)| form.states.contains_key(other)) {
            if other != state {
                graph.add_edge(*from, *node, ());
            }
        }
    }
    let mut loops: Vec<Vec<usize>> = petgraph::algo::tarjan_scc(&graph)
        .into_iter()
        .filter(|component| component.len() > 1)
        .map(|component| {
            let mut states: Vec<usize> = component.into_iter().map(|node| graph[node]).collect();
            states.sort_unstable();
            states
        })
        .collect();
    loops.sort();
    loops
}

/// An explicit method of an order, on equations that are affine.
fn explicit(
    members: &Members,
    forms: &methods::Forms,
    states: &[usize],
    order: u32,
    dt: f64,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if unstable(members, forms, states, order, dt, diagnostics) || order > 1 {
        return;
    }
    for state in states {
        let equations = methods::equations(members, forms, &[*state]);
        let slowest = (0..exact::heterogeneous(&equations))
            .map(|member| exact::matrix(&equations, member))
            .filter(|matrix| matrix.size == 1);
        let rate = slowest.map(|matrix| matrix.get(0, 0)).fold(0.0, f64::min);
        let ratio = -rate * dt;
        let (code, says) = if ratio > 1.0 {
            (&W0801, "forward Euler changes the sign of what decays at every step")
        } else if ratio > 0.1 + 1e-9 {
            (&W0802, "forward Euler is off by more than 5 % in every time constant")
        } else {
            continue;
        };
        let name = &members.dynamics.states[*state].name;
        let message =
            format!("{says}: dt = {} and the time constant of `{name}` is {}", duration(dt), duration(-1.0 / rate));
        let place = members.place_of_equation(*state);
        diagnostics.push(
            Diagnostic::at(code, place, message)
                .help("`method = exact` has no such limit where equations are linear; or take a shorter dt"),
        );
    }
}

/// Whether the method diverges where the equations do not.
fn unstable(
    members: &Members,
    forms: &methods::Forms,
    states: &[usize],
    order: u32,
    dt: f64,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let equations = methods::equations(members, forms, states);
    if equations.len() < states.len() || equations.is_empty() {
        return false;
    }
    let worst = (0..exact::heterogeneous(&equations))
        .map(|member| exact::matrix(&equations, member))
        .find(|matrix| diverges(matrix, order, dt));
    let Some(matrix) = worst else { return false };
    let tau = match matrix.entries[..] {
        [rate] => format!(" but its time constant is {}", duration(-1.0 / rate)),
        _ => String::new(),
    };
    refuse_unstable(members, states, &matrix, &tau, (order, dt), diagnostics);
    true
}

/// The same for a state whose rate changes during the run: forward Euler or Runge–Kutta is judged where the rate is known.
fn changing(
    members: &Members,
    forms: &methods::Forms,
    state: usize,
    order: u32,
    dt: f64,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let is_judged = forms
        .get(&state)
        .and_then(|form| form.as_ref().ok())
        .is_some_and(|form| !matches!(form.states.get(&state), Some(Coefficient::Running(_))));
    let Some(fastest) = (!is_judged).then(|| running::fastest(members, state, dt)).flatten() else { return };
    let matrix = Matrix { size: 1, entries: vec![fastest.rate] };
    let tau = duration(-1.0 / fastest.rate);
    let when = if fastest.at_start { "at the start" } else { "at an end of a declared range" };
    if diverges(&matrix, order, dt) {
        let tau = match fastest.at_start {
            true => format!(" but its time constant is {tau} {when}"),
            false => format!(" but its time constant may be {tau}, {when}"),
        };
        refuse_unstable(members, &[state], &matrix, &tau, (order, dt), diagnostics);
    } else if order == 1 && -fastest.rate * dt > 1.0 {
        let name = &members.dynamics.states[state].name;
        let message = format!(
            "forward Euler changes the sign of what decays at every step: dt = {} and the time constant of `{name}` is {tau} {when}",
            duration(dt)
        );
        diagnostics.push(
            Diagnostic::at(&W0801, members.place_of_equation(state), message)
                .help("`method = expeuler` has no such limit; or take a shorter dt"),
        );
    }
}

fn refuse_unstable(
    members: &Members,
    states: &[usize],
    matrix: &Matrix,
    tau: &str,
    (order, dt): (u32, f64),
    diagnostics: &mut Vec<Diagnostic>,
) {
    // The greatest stable step, by halving.
    let (mut low, mut high) = (0.0, dt);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if diverges(matrix, order, middle) { high = middle } else { low = middle }
    }
    let names: Vec<String> = states.iter().map(|state| format!("`{}`", members.dynamics.states[*state].name)).collect();
    let method = if order == 1 { "forward Euler" } else { "the Runge–Kutta method" };
    let message = format!(
        "{method} is unstable for {} here: dt = {}{tau}; it needs dt < {}",
        names.join(" and "),
        duration(dt),
        duration(low)
    );
    let place = states.iter().find_map(|state| members.place_of_equation(*state));
    diagnostics.push(
        Diagnostic::at(&E0801, place, message)
            .help("`method = exact` has no limit for equations that are linear, and `method = expeuler` none for rates that change"),
    );
}

/// Whether a method of an order grows what the equations let decay.
fn diverges(matrix: &Matrix, order: u32, dt: f64) -> bool {
    // 1 + z + … + z^order/order!
    let step = matrix.scaled(dt);
    let unit = Matrix::unit(matrix.size);
    let mut amplification = unit.clone();
    for term in (1..=order).rev() {
        amplification = unit.plus(&step.times(&amplification).scaled(1.0 / f64::from(term)));
    }
    let (state, _) = crate::exponential::propagator(matrix, dt);
    // What keeps its size for ever, an oscillation or an integral, no explicit method keeps exactly.
    spectral_radius(&amplification) > 1.0 + 1e-9 && spectral_radius(&state) < 1.0 - 1e-9
}

/// Durations of `refractory` that are no whole number of steps.
fn durations(members: &Members, body: &[Act], origin: Option<Place>, dt: f64, diagnostics: &mut Vec<Diagnostic>) {
    for act in body {
        match act {
            Act::Refractory { duration: length, .. } => {
                let known = members.facts(Some(dt)).known(length);
                let off = known.and_then(|known| {
                    known.numbers().iter().copied().find(|seconds| connectivity::whole(*seconds, dt).1.is_some())
                });
                if let (Some(seconds), false) = (off, reads_step(length)) {
                    let message = format!(
                        "a rest of {} is {} steps of {}: it is rounded to the nearest step",
                        duration(seconds),
                        rounded(seconds / dt),
                        duration(dt)
                    );
                    diagnostics.push(
                        Diagnostic::at(&W0803, origin.or(members.origin), message)
                            .help("write a multiple of the step, or take a step that divides it"),
                    );
                }
            }
            Act::If { then, otherwise, .. } => {
                durations(members, then, origin, dt, diagnostics);
                durations(members, otherwise, origin, dt, diagnostics);
            }
            Act::Assign { .. } | Act::Emit { .. } | Act::Let { .. } => {}
        }
    }
}

fn reads_step(expr: &Expr) -> bool {
    let mut reads = false;
    expr.visit(&mut |part| reads |= matches!(part, Expr::Step));
    reads
}
