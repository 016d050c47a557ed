//! Axes of the record that are changes of the graph, made before the equations are discretised: how thresholds are compared, and when the biases of
//! recurrent maps act.
//!
//! Simulators' own forms do this in their own way ([`crate::conventions`]).

use super::{Compare, RecBias, Reset, Semantics};
use crate::conventions::{W0824, recurrent_maps};
use crate::rewrite::rewrite;
use neuro_diagnostics::Diagnostic;
use neuro_model::{
    Act, BinaryFunction, Dynamics, Element, ElementKind, Expr, HybridGraph, LinearMap, MapKind, Source, SourceKind,
    Trigger, Unit, Wire,
};
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::borrow::Cow;
use std::sync::Arc;

/// The graph as the record has it. `dt`, seconds.
pub(crate) fn apply<'g>(
    graph: &'g HybridGraph,
    semantics: &Semantics,
    dt: f64,
    diagnostics: &mut Vec<Diagnostic>,
) -> Cow<'g, HybridGraph> {
    let mut graph = Cow::Borrowed(graph);
    if semantics.reset == Reset::Value {
        diagnostics.extend(graph.graph.node_weights().filter_map(|element| relative_reset(semantics, element)));
    }
    if semantics.cmp != Compare::Model {
        for element in graph.to_mut().graph.node_weights_mut() {
            if let ElementKind::Population(population) = &mut element.kind {
                population.dynamics = Arc::new(compared(&population.dynamics, semantics.cmp));
            }
        }
    }
    if semantics.rec_bias != RecBias::FirstStep {
        for map in recurrent_maps(&graph) {
            without_bias(graph.to_mut(), map, semantics.rec_bias, dt);
        }
    }
    graph
}

/// The comparisons of conditions, strict or not.
fn compared(dynamics: &Dynamics, cmp: Compare) -> Dynamics {
    use BinaryFunction::{Greater, GreaterEqual, Less, LessEqual};
    let mut changed = dynamics.clone();
    for handler in &mut changed.handlers {
        let Trigger::Condition(condition) = &mut handler.trigger else { continue };
        *condition = rewrite(condition, &mut |expr| match (expr, cmp) {
            (Expr::Binary(GreaterEqual, left, right), Compare::Greater) => {
                Some(Expr::Binary(Greater, left.clone(), right.clone()))
            }
            (Expr::Binary(LessEqual, left, right), Compare::Greater) => {
                Some(Expr::Binary(Less, left.clone(), right.clone()))
            }
            (Expr::Binary(Greater, left, right), Compare::GreaterEqual) => {
                Some(Expr::Binary(GreaterEqual, left.clone(), right.clone()))
            }
            (Expr::Binary(Less, left, right), Compare::GreaterEqual) => {
                Some(Expr::Binary(LessEqual, left.clone(), right.clone()))
            }
            _ => None,
        });
    }
    changed
}

/// Takes a map's bias away; with [`RecBias::Delayed`] what it gave comes from the second step on.
fn without_bias(graph: &mut HybridGraph, node: NodeIndex, rec_bias: RecBias, dt: f64) {
    let Element { name, stream: _, kind: ElementKind::Map(map), origin } = &mut graph.graph[node] else { return };
    let output = map.output.clone();
    let rows: usize = output.iter().product();
    let (MapKind::Affine { bias, .. } | MapKind::Convolution { bias, .. }) = &mut map.kind else { return };
    let Some(bias) = bias.take() else { return };
    let RecBias::Delayed = rec_bias else { return };
    let (name, origin) = (format!("{name} bias"), *origin);
    // A bias is one number a channel (or row), each for as many elements as the channel has.
    let per_channel = rows / bias.len().max(1);
    let is_affine = matches!(map.kind, MapKind::Affine { .. });
    let spread: Arc<[f64]> =
        (0..rows).map(|row| bias[if is_affine { row % bias.len() } else { row / per_channel.max(1) }]).collect();
    let step =
        Source { shape: vec![1], unit: Unit::one(), kind: SourceKind::StepAt { at: dt, before: 0.0, after: 1.0 } };
    let step = Element { name: format!("{name} step"), stream: 0, kind: ElementKind::Source(step), origin };
    let affine = LinearMap { input: vec![1], output, kind: MapKind::Affine { weight: spread, bias: None } };
    let affine = Element { name, stream: 0, kind: ElementKind::Map(affine), origin };
    let (step, affine) = (graph.graph.add_node(step), graph.graph.add_node(affine));
    graph.graph.add_edge(step, affine, Wire::plain(0, 0));
    let readers: Vec<(NodeIndex, Wire)> =
        graph.graph.edges(node).map(|edge| (edge.target(), edge.weight().clone())).collect();
    for (reader, wire) in readers {
        graph.graph.add_edge(affine, reader, wire);
    }
}

/// A reset that takes something away from what is there, where the record says that resets go to a value.
fn relative_reset(semantics: &Semantics, element: &Element) -> Option<Diagnostic> {
    let ElementKind::Population(population) = &element.kind else { return None };
    let conditions =
        population.dynamics.handlers.iter().filter(|handler| matches!(handler.trigger, Trigger::Condition(_)));
    let relative = |act: &Act| match act {
        Act::Assign { state, value } => {
            let mut reads = false;
            value.visit(&mut |part| reads |= *part == Expr::State(*state));
            reads
        }
        Act::Emit { .. } | Act::Refractory { .. } | Act::Let { .. } | Act::If { .. } => false,
    };
    let handler = conditions.into_iter().find(|handler| handler.body.iter().any(relative))?;
    let message =
        format!("`reset = value` leaves the reset of `{}` as it is: it depends on what is reset", element.name);
    let diagnostic = Diagnostic::at(&W0824, handler.origin.or(element.origin), message);
    Some(diagnostic.note(format!("the semantics is `{semantics}`")))
}
