//! What every hybrid graph must hold, whoever made it: indices exist, numbers are as many as the shapes say.
//!
//! For debug builds and tests; a graph that fails here is a mistake of the compiler, not of the user.

use crate::dynamics::{Act, Dynamics, PortKind, Trigger, for_each_expr};
use crate::expr::Expr;
use crate::graph::{Connectivity, Delay, Element, ElementKind, HybridGraph, Slice, Values, Via, Weight, Wire};
use petgraph::visit::EdgeRef;

/// What is wrong with a graph; nothing if it is sound.
pub fn verify(graph: &HybridGraph) -> Vec<String> {
    let mut wrong = Vec::new();
    for element in graph.graph.node_weights() {
        if let ElementKind::Population(population) = &element.kind {
            let dynamics = &population.dynamics;
            let members = population.size();
            let mut count = |what: &str, values: &[Values], shapes: Vec<&[usize]>| {
                if values.len() != shapes.len() {
                    wrong.push(format!("{}: {} {what}, {} declared", element.name, values.len(), shapes.len()));
                }
                for (index, (values, shape)) in values.iter().zip(shapes).enumerate() {
                    let inner = shape.iter().product::<usize>();
                    let sound = match values {
                        Values::Uniform(values) => values.len() == inner,
                        Values::PerMember(values) => values.len() == inner * members,
                    };
                    if !sound {
                        wrong.push(format!("{}: {what} {index} has not the numbers of its shape", element.name));
                    }
                }
            };
            count("parameters", &population.parameters, dynamics.parameters.iter().map(|p| &p.shape[..]).collect());
            count("starts", &population.initial, dynamics.states.iter().map(|s| &s.shape[..]).collect());
            verify_dynamics(dynamics, &element.name, &mut wrong);
        }
    }
    for edge in graph.graph.edge_references() {
        let (from, to) = (&graph.graph[edge.source()], &graph.graph[edge.target()]);
        verify_wire(graph, edge.weight(), from, to, &mut wrong);
    }
    wrong
}

fn verify_dynamics(dynamics: &Dynamics, name: &str, wrong: &mut Vec<String>) {
    let mut refuse = |text: String| wrong.push(format!("{name}: {text}"));
    let mut exprs: Vec<&Expr> = Vec::new();
    exprs.extend(dynamics.lets.iter().map(|value| &value.value));
    exprs.extend(dynamics.equations.iter().map(|equation| &equation.value));
    exprs.extend(dynamics.impulses.iter().map(|impulse| &impulse.gain));
    exprs.extend(dynamics.noises.iter().map(|noise| &noise.gain));
    exprs.extend(dynamics.inputs.iter().filter_map(|port| port.default.as_ref()));
    exprs.extend(dynamics.outputs.iter().filter_map(|port| port.flow.as_ref()));
    let mut states: Vec<usize> = dynamics.equations.iter().map(|equation| equation.state).collect();
    states.sort_unstable();
    if states.windows(2).any(|pair| pair[0] == pair[1]) {
        refuse("a state has two equations".to_owned());
    }
    for port in &dynamics.outputs {
        if port.flow.is_some() != (port.kind == PortKind::Flow) {
            refuse(format!("the out-port {} has a value and is an event, or has none and is a flow", port.name));
        }
    }
    let jumps = dynamics.impulses.iter().map(|impulse| (impulse.state, Some(impulse.port)));
    for (state, port) in jumps.chain(dynamics.noises.iter().map(|noise| (noise.state, None))) {
        let sound = state < dynamics.states.len()
            && port.is_none_or(|port| dynamics.inputs.get(port).is_some_and(|port| port.kind == PortKind::Event));
        if !sound {
            refuse("an impulse or noise of a state or port that is not there".to_owned());
        }
    }
    for handler in &dynamics.handlers {
        match &handler.trigger {
            Trigger::Event(port) if *port >= dynamics.inputs.len() => refuse("a handler of no port".to_owned()),
            Trigger::Event(_) | Trigger::Start | Trigger::Every { .. } | Trigger::Condition(_) => {}
        }
        verify_acts(dynamics, &handler.body, &mut refuse);
        let mut of_body = Vec::new();
        for_each_expr(&handler.body, &mut |expr| of_body.push(expr.clone()));
        of_body.iter().for_each(|expr| verify_expr(dynamics, expr, &mut refuse));
        if let Trigger::Condition(expr) | Trigger::Every { sample: Some(expr), .. } = &handler.trigger {
            verify_expr(dynamics, expr, &mut refuse);
        }
    }
    exprs.into_iter().for_each(|expr| verify_expr(dynamics, expr, &mut refuse));
}

fn verify_acts(dynamics: &Dynamics, body: &[Act], refuse: &mut impl FnMut(String)) {
    for act in body {
        match act {
            Act::Assign { state, .. } if *state >= dynamics.states.len() => refuse("an assignment to no state".into()),
            Act::Emit { port, .. } if dynamics.outputs.get(*port).is_none_or(|port| port.kind != PortKind::Event) => {
                refuse("an emission to no event port".into());
            }
            Act::Refractory { held, .. } if held.iter().any(|state| *state >= dynamics.states.len()) => {
                refuse("a state that is held is not there".into());
            }
            Act::If { then, otherwise, .. } => {
                verify_acts(dynamics, then, refuse);
                verify_acts(dynamics, otherwise, refuse);
            }
            Act::Assign { .. } | Act::Emit { .. } | Act::Refractory { .. } | Act::Let { .. } => {}
        }
    }
}

fn verify_expr(dynamics: &Dynamics, expr: &Expr, refuse: &mut impl FnMut(String)) {
    expr.visit(&mut |part| {
        let sound = match part {
            Expr::Parameter(index) => *index < dynamics.parameters.len(),
            Expr::State(index) => *index < dynamics.states.len(),
            Expr::Flow(index) => dynamics.inputs.get(*index).is_some_and(|port| port.kind == PortKind::Flow),
            Expr::Boxed(index) => dynamics.inputs.get(*index).is_some_and(|port| port.kind == PortKind::Event),
            Expr::Let(index) => *index < dynamics.lets.len(),
            Expr::Array { shape, values } => values.len() == shape.iter().product::<usize>(),
            Expr::Number(_)
            | Expr::Payload
            | Expr::Local(_)
            | Expr::Time
            | Expr::Step
            | Expr::Draw { .. }
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::If(..)
            | Expr::MatrixProduct(..)
            | Expr::Outer(..)
            | Expr::Diagonal(_)
            | Expr::Reduce(..)
            | Expr::Element { .. }
            | Expr::Reshape(..) => true,
        };
        if !sound {
            refuse(format!("{part:?} names nothing"));
        }
    });
}

/// How many elements a port has, all members together.
fn port_size(element: &Element, port: usize, output: bool) -> Option<usize> {
    match &element.kind {
        ElementKind::Population(population) => {
            let shape = if output {
                &population.dynamics.outputs.get(port)?.shape
            } else {
                &population.dynamics.inputs.get(port)?.shape
            };
            Some(population.size() * shape.iter().product::<usize>())
        }
        ElementKind::Source(source) => (output && port == 0).then(|| source.shape.iter().product()),
        ElementKind::Map(map) => (port == 0).then(|| if output { &map.output } else { &map.input }.iter().product()),
        ElementKind::Input(border) => (output && port == 0).then(|| border.shape.iter().product()),
        ElementKind::Output(border) => (!output && port == 0).then(|| border.shape.iter().product()),
    }
}

fn verify_wire(graph: &HybridGraph, wire: &Wire, from: &Element, to: &Element, wrong: &mut Vec<String>) {
    let name = format!("{} -> {}", from.name, to.name);
    let (Some(sources), Some(targets)) = (port_size(from, wire.from, true), port_size(to, wire.to, false)) else {
        wrong.push(format!("{name}: no such port"));
        return;
    };
    let sliced = |slice: &Option<Slice>, size: usize| match slice {
        None => Some(size),
        Some(Slice::Range(range)) => (range.start <= range.end && range.end <= size).then(|| range.len()),
        Some(Slice::Indices(indices)) => indices.iter().all(|index| (*index as usize) < size).then(|| indices.len()),
    };
    let (Some(columns), Some(rows)) = (sliced(&wire.source_slice, sources), sliced(&wire.target_slice, targets)) else {
        wrong.push(format!("{name}: a slice is out of bounds"));
        return;
    };
    let mut refuse = |sound: bool, text: &str| {
        if !sound {
            wrong.push(format!("{name}: {text} ({columns} to {rows})"));
        }
    };
    match &wire.connectivity {
        Connectivity::OneToOne => refuse(columns == rows || columns == 1, "one to one of different sizes"),
        Connectivity::Edges(edges) => refuse(
            edges.iter().all(|(source, target)| (*source as usize) < columns && (*target as usize) < rows),
            "an edge of no element",
        ),
        Connectivity::AllToAll { .. }
        | Connectivity::Random { .. }
        | Connectivity::FixedIn { .. }
        | Connectivity::FixedOut { .. } => {}
    }
    match &wire.weight {
        Weight::Matrix(values) => refuse(values.len() == rows * columns, "a matrix of weights of another size"),
        Weight::PerElement(values) => refuse(values.len() == rows, "weights of another size"),
        Weight::Uniform(_) | Weight::PerEdge(_) => {}
    }
    match &wire.delay {
        Delay::Matrix(values) => refuse(values.len() == rows * columns, "a matrix of delays of another size"),
        Delay::PerElement(values) => refuse(values.len() == rows, "delays of another size"),
        Delay::None | Delay::Uniform(_) | Delay::Steps(_) | Delay::PerEdge(_) => {}
    }
    if let Some(via) = &wire.via {
        verify_via(graph, via, &name, wrong);
    }
}

fn verify_via(graph: &HybridGraph, via: &Via, name: &str, wrong: &mut Vec<String>) {
    let dynamics = &via.dynamics;
    let sound = via.parameters.len() == dynamics.parameters.len()
        && via.initial.len() == dynamics.states.len()
        && dynamics.inputs.get(via.pre).is_some_and(|port| port.kind == PortKind::Event)
        && via.out < dynamics.outputs.len();
    if !sound {
        wrong.push(format!("{name}: the edge node `{}` lacks values or ports", dynamics.name));
    }
    for (input, node, output) in &via.fed {
        let fed = graph.graph.node_weight(*node).and_then(|element| port_size(element, *output, true));
        if *input >= dynamics.inputs.len() || fed.is_none() {
            wrong.push(format!("{name}: what feeds the edge node `{}` is not there", dynamics.name));
        }
    }
    verify_dynamics(dynamics, &format!("{name} via {}", dynamics.name), wrong);
}
