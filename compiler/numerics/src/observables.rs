//! What may be recorded, and under which names.

use crate::assembly::Assembly;
use crate::network::{Leaving, Network};
use crate::semantics::Reset;
use neuro_model::{ElementKind, HybridGraph, PortKind, SourceKind, Unit};
use neuro_program::{Observable, Observed};

/// Lists states, out-ports, sources, border ports and the tables of named wires.
pub(crate) fn list(graph: &HybridGraph, network: &Network, reset: Reset, assembly: &mut Assembly) {
    let counts = reset == Reset::Multi;
    let shaped = |outer: &[usize], inner: &[usize]| [outer, inner].concat();
    for members in network.populations.iter().filter(|members| members.listed) {
        let dynamics = &members.dynamics;
        let mut observe = |name: &str, inner: &[usize], what: Observed, unit: &Unit| {
            assembly.observe(Observable {
                name: format!("{}.{name}", members.name),
                population: members.name.clone(),
                shape: shaped(&members.shape, inner),
                what,
                unit: (unit.text.clone(), unit.scale),
                counts,
            });
        };
        for (state, buffer) in dynamics.states.iter().zip(&members.states) {
            observe(&state.name, &state.shape, Observed::Buffer(*buffer, 0), &state.unit);
        }
        for (index, output) in dynamics.outputs.iter().enumerate() {
            let what = match output.kind {
                PortKind::Event => members.lines[index].map(|line| Observed::Events(line, 0)),
                PortKind::Flow => members.outputs[index].map(|buffer| Observed::Buffer(buffer, 0)),
            };
            // A state and an out-port may share a name only if they are the same thing.
            if let Some(what) = what
                && !dynamics.states.iter().any(|state| state.name == output.name)
            {
                observe(&output.name, &output.shape, what, &output.unit);
            }
        }
    }
    for (node, leaving) in &network.outputs {
        let element = &graph.graph[*node];
        let ElementKind::Output(border) = &element.kind else { continue };
        let what = match leaving {
            Leaving::Events(line, first) => Observed::Events(*line, *first as u32),
            Leaving::Flow(flow) => Observed::Buffer(network.flows[flow.0].buffer, 0),
        };
        assembly.observe(Observable {
            name: element.name.clone(),
            population: element.name.clone(),
            shape: border.shape.clone(),
            what,
            unit: (border.unit.text.clone(), border.unit.scale),
            counts,
        });
    }
    for Speaker { name: node, line, shape, unit, is_poisson } in sources(graph, network) {
        assembly.observe(Observable {
            name: format!("{node}.z"),
            population: node,
            shape,
            what: Observed::Events(line, 0),
            unit: (unit.text.clone(), unit.scale),
            counts: is_poisson,
        });
    }
    for (name, table, buffer) in &network.edge_tables {
        let lanes = assembly.lanes(*buffer);
        assembly.observe(Observable {
            name: format!("{name}.{table}"),
            population: name.clone(),
            shape: vec![lanes],
            what: Observed::Buffer(*buffer, 0),
            unit: (String::new(), 1.0),
            counts: false,
        });
    }
}

/// A source of events.
struct Speaker {
    name: String,
    line: neuro_program::EventId,
    shape: Vec<usize>,
    unit: Unit,
    is_poisson: bool,
}

/// Sources of events, in the order of the graph.
fn sources(graph: &HybridGraph, network: &Network) -> Vec<Speaker> {
    let mut found = Vec::new();
    for element in graph.graph.node_weights() {
        let ElementKind::Source(source) = &element.kind else { continue };
        let line = network.source_lines.iter().find(|(name, _)| *name == element.name);
        if let Some((name, line)) = line {
            found.push(Speaker {
                name: name.clone(),
                line: *line,
                shape: source.shape.clone(),
                unit: source.unit.clone(),
                is_poisson: matches!(source.kind, SourceKind::Poisson(_)),
            });
        }
    }
    found
}
