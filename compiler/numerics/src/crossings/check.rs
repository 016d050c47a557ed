//! What has no meaning without a grid, and what exact times cannot be computed for yet.

use crate::codes::{E0807, E0808, W0809};
use crate::members::Members;
use crate::network::{Maker, Network};
use crate::phases::Phases;
use crate::semantics::{Method, Semantics};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_model::{Act, Delay, Dynamics, Expr, HybridGraph, Trigger, Wire, for_each_expr};
use neuro_program::Number;

/// Refuses what needs a grid.
pub(super) fn network(
    graph: &HybridGraph,
    network: &Network,
    semantics: &Semantics,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if semantics.number != Number::F64 {
        diagnostics.push(
            Diagnostic::unplaced(
                &E0808,
                "`spikes = exact_root` is computed in f64: times are compared to the last digits",
            )
            .help("leave `number` out"),
        );
    }
    if let Some(method @ (Method::Euler | Method::ExpEuler | Method::Rk4)) = semantics.method {
        let message = format!(
            "`spikes = exact_root` follows the closed form of the equations, which `method = {}` is not",
            method.name()
        );
        diagnostics.push(Diagnostic::unplaced(&E0808, message).help("leave `method` out, or take `spikes = grid`"));
    }
    for members in &network.populations {
        population(members, diagnostics);
    }
    for flow in network.flows.iter().filter(|flow| matches!(flow.maker, Maker::Events(_))) {
        let message = format!(
            "events become a flow over a step at `{}`, but with `spikes = exact_root` there are no steps",
            flow.name
        );
        diagnostics
            .push(Diagnostic::at(&E0807, flow.origin, message).help("take `input = impulse`, or `spikes = grid`"));
    }
    diagnostics.extend(graph.graph.edge_weights().filter_map(delay_in_steps));
}

/// E0807 for a delay in steps: exact times have none.
pub(crate) fn delay_in_steps(wire: &Wire) -> Option<Diagnostic> {
    let Delay::Steps(steps) = wire.delay else { return None };
    let message =
        format!("`delay {steps} step` is as long as the steps, but with `spikes = exact_root` there are none");
    Some(Diagnostic::at(&E0807, wire.origin, message).help("say the delay in a unit of time, or take `spikes = grid`"))
}

fn population(members: &Members, diagnostics: &mut Vec<Diagnostic>) {
    let dynamics = &members.dynamics;
    if members.has_arrays() {
        let message = format!("arrays inside `{}` cannot be carried to exact times yet", members.name);
        diagnostics.push(
            Diagnostic::at(&E0808, members.origin, message)
                .help("make the array a population, or take `spikes = grid`"),
        );
    }
    if let Some(noise) = dynamics.noises.first() {
        let origin = members.place_of_equation(noise.state);
        let message = "noise has no closed form between two instants".to_owned();
        diagnostics.push(Diagnostic::at(&E0808, origin, message).help("take `spikes = grid`"));
    }
    let mut said = false;
    each_expr(dynamics, &mut |expr, origin| {
        let mut found = None;
        expr.visit(&mut |part| match part {
            Expr::Boxed(_) => found = Some("box"),
            Expr::Step => found = Some("step"),
            _ => {}
        });
        if let (Some(what), false) = (found, said) {
            said = true;
            let message = format!("`{what}` is about a step, but with `spikes = exact_root` there are no steps");
            let help = if what == "box" {
                "make the event an `impulse`, or take `spikes = grid`"
            } else {
                "take `spikes = grid`"
            };
            diagnostics.push(Diagnostic::at(&E0807, origin.or(members.origin), message).help(help));
        }
    });
}

/// Warns of flows between populations, which are held over a step.
pub(super) fn held_flows(network: &Network, phases: &Phases, diagnostics: &mut Vec<Diagnostic>) {
    for ((population, port), flow) in &phases.contents {
        if !phases.end.contains(flow) {
            continue;
        }
        let members = &network.populations[*population];
        let name = format!("{}.{}", members.name, members.dynamics.inputs[*port].name);
        let message =
            format!("`{name}` follows another population, which is held over each step: only spikes have exact times");
        let help = "put what drives each other into one node, or take a shorter dt";
        diagnostics.push(Diagnostic::at(&W0809, network.flows[flow.0].origin.or(members.origin), message).help(help));
    }
}

/// Calls `visit` for every expression of a node.
fn each_expr(dynamics: &Dynamics, visit: &mut dyn FnMut(&Expr, Option<Place>)) {
    dynamics.equations.iter().for_each(|equation| visit(&equation.value, equation.origin));
    dynamics.lets.iter().for_each(|this| visit(&this.value, None));
    dynamics.impulses.iter().for_each(|impulse| visit(&impulse.gain, impulse.origin));
    dynamics.outputs.iter().for_each(|output| output.flow.iter().for_each(|flow| visit(flow, output.origin)));
    for handler in &dynamics.handlers {
        if let Trigger::Condition(expr) | Trigger::Every { sample: Some(expr), .. } = &handler.trigger {
            visit(expr, handler.origin);
        }
        let body: &[Act] = &handler.body;
        for_each_expr(body, &mut |expr| visit(expr, handler.origin));
    }
}
