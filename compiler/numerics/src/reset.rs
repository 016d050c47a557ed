//! `reset = subtract` and `reset = multi`: a change of the graph before its equations are discretised.
//!
//! Step simulators differ in what a spike does to the membrane: set it to a value, take the threshold away, or take it away as often as
//! it goes into it and send as many spikes (sinabs, rockpool). It knows handlers of the form `on v > θ { emit z; v := … }`.

use crate::codes::E0808;
use crate::reads::Reads;
use crate::semantics::{Reset, Semantics};
use neuro_diagnostics::Diagnostic;
use neuro_model::{Act, BinaryFunction, Dynamics, ElementKind, Expr, HybridGraph, Trigger, UnaryFunction};
use std::borrow::Cow;
use std::sync::Arc;

/// The graph with the resets that the record asks for.
pub(crate) fn apply<'g>(
    graph: Cow<'g, HybridGraph>,
    semantics: &Semantics,
    diagnostics: &mut Vec<Diagnostic>,
) -> Cow<'g, HybridGraph> {
    let multi = match semantics.reset {
        Reset::Model | Reset::Value => return graph,
        Reset::Subtract => false,
        Reset::Multi => true,
    };
    let mut graph = graph;
    for element in graph.to_mut().graph.node_weights_mut() {
        let ElementKind::Population(population) = &mut element.kind else { continue };
        let mut dynamics = (*population.dynamics).clone();
        for index in 0..dynamics.handlers.len() {
            let Trigger::Condition(condition) = dynamics.handlers[index].trigger.clone() else { continue };
            let origin = dynamics.handlers[index].origin.or(element.origin);
            let found = threshold(&dynamics, &condition);
            match found.filter(|(state, _)| assigns(&dynamics.handlers[index].body, *state)) {
                Some((state, threshold)) => {
                    let reset = Taken { state, threshold, multi };
                    reset.rewrite(&mut dynamics.handlers[index].body);
                }
                None => {
                    let message = format!(
                        "`reset = {}` is for handlers of the form `on v > v_th {{ emit z; v := … }}`, and this one of `{}` is none",
                        semantics.reset.name(),
                        element.name
                    );
                    let diagnostic = Diagnostic::at(&E0808, origin, message);
                    diagnostics.push(diagnostic.help("leave `reset` out: then the handler does what it says"));
                }
            }
        }
        population.dynamics = Arc::new(dynamics);
    }
    graph
}

/// The state and the threshold of a condition `v > θ`.
fn threshold(dynamics: &Dynamics, condition: &Expr) -> Option<(usize, Expr)> {
    let (high, low) = match condition {
        Expr::Binary(BinaryFunction::Greater | BinaryFunction::GreaterEqual, left, right) => (left, right),
        Expr::Binary(BinaryFunction::Less | BinaryFunction::LessEqual, left, right) => (right, left),
        _ => return None,
    };
    let Expr::State(state) = **high else { return None };
    (!Reads::of(dynamics, low).states.contains(&state)).then(|| (state, (**low).clone()))
}

fn assigns(body: &[Act], state: usize) -> bool {
    let mut assigned = Vec::new();
    crate::members::assigned(body, &mut assigned);
    assigned.contains(&state)
}

/// What is taken from a state at a spike.
struct Taken {
    state: usize,
    threshold: Expr,
    /// As often as it goes into it.
    multi: bool,
}

impl Taken {
    fn rewrite(&self, body: &mut [Act]) {
        for act in body {
            match act {
                Act::Assign { state, value } if *state == self.state => *value = self.rest(),
                Act::Emit { payload, .. } if self.multi => {
                    let each = payload.take();
                    *payload = Some(match each {
                        None => self.times(),
                        Some(each) => binary(BinaryFunction::Multiply, self.times(), each),
                    });
                }
                Act::If { then, otherwise, .. } => {
                    self.rewrite(then);
                    self.rewrite(otherwise);
                }
                Act::Assign { .. } | Act::Emit { .. } | Act::Refractory { .. } | Act::Let { .. } => {}
            }
        }
    }

    /// ⌊v/θ⌋
    fn times(&self) -> Expr {
        let ratio = binary(BinaryFunction::Divide, Expr::State(self.state), self.threshold.clone());
        Expr::Unary(UnaryFunction::Floor, Box::new(ratio))
    }

    fn rest(&self) -> Expr {
        let taken = if self.multi {
            binary(BinaryFunction::Multiply, self.times(), self.threshold.clone())
        } else {
            self.threshold.clone()
        };
        binary(BinaryFunction::Subtract, Expr::State(self.state), taken)
    }
}

fn binary(function: BinaryFunction, left: Expr, right: Expr) -> Expr {
    Expr::Binary(function, Box::new(left), Box::new(right))
}
