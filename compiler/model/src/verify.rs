//! What every hybrid graph must hold, whoever made it: indices exist, numbers are as many as the shapes say.
//!
//! A graph that was elaborated and fails here is a mistake of the compiler: that is looked at in debug builds. A graph that came from a file is
//! always looked at, as what is wrong may be in the file.

use crate::dynamics::{Act, Dynamics, PortKind, Trigger, for_each_expr};
use crate::expr::Expr;
use crate::graph::{
    Connectivity, Delay, Element, ElementKind, HybridGraph, LinearMap, MapKind, Slice, Source, SourceKind, Values, Via,
    Weight, Wire,
};
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
        match &element.kind {
            ElementKind::Map(map) => wrong.extend(verify_map(map).map(|text| format!("{}: {text}", element.name))),
            ElementKind::Source(source) => {
                wrong.extend(verify_source(source).map(|text| format!("{}: {text}", element.name)));
            }
            ElementKind::Population(_) | ElementKind::Input(_) | ElementKind::Output(_) => {}
        }
    }
    for edge in graph.graph.edge_references() {
        let (from, to) = (&graph.graph[edge.source()], &graph.graph[edge.target()]);
        verify_wire(graph, edge.weight(), from, to, &mut wrong);
    }
    wrong
}

/// What is wrong with the numbers of a map.
fn verify_map(map: &LinearMap) -> Option<&'static str> {
    let (inputs, outputs): (usize, usize) = (map.input.iter().product(), map.output.iter().product());
    let biased = |bias: &Option<std::sync::Arc<[f64]>>| {
        bias.as_ref().is_none_or(|bias| !bias.is_empty() && outputs.is_multiple_of(bias.len()))
    };
    match &map.kind {
        MapKind::Reshape => {
            (inputs != outputs).then_some("a map that hands elements on has as many that leave as enter")
        }
        MapKind::Scale(scale) => (inputs != outputs || (scale.len() != 1 && scale.len() != inputs))
            .then_some("a scale is one number, or one an element"),
        MapKind::Affine { weight, bias } => {
            let last = |shape: &[usize]| shape.last().copied().unwrap_or(1);
            let (columns, rows) = (last(&map.input), last(&map.output));
            let blocks = inputs.checked_div(columns) == outputs.checked_div(rows);
            (weight.len() != rows.saturating_mul(columns) || !blocks || !biased(bias))
                .then_some("a matrix has a row for each element that leaves and a column for each that enters")
        }
        MapKind::Convolution { weight, kernel, bias, stride, groups, .. } => {
            let channels = |shape: &[usize]| if matches!(shape.len(), 2 | 3) { shape[0] } else { 1 };
            let taps = kernel.iter().fold(1, |product: usize, side| product.saturating_mul(*side));
            let each = channels(&map.input).checked_div(*groups).map(|inner| inner.saturating_mul(taps));
            let whole = each.and_then(|each| each.checked_mul(channels(&map.output)));
            (whole != Some(weight.len()) || stride.contains(&0) || !biased(bias))
                .then_some("a convolution has a window for each pair of channels of a group, and moves on")
        }
        MapKind::Pool { kernel, stride, .. } => {
            (kernel.contains(&0) || stride.contains(&0)).then_some("a window has elements, and moves on")
        }
    }
}

/// What is wrong with the numbers of a source.
fn verify_source(source: &Source) -> Option<&'static str> {
    let lanes: usize = source.shape.iter().product();
    match &source.kind {
        SourceKind::Constant(Values::Uniform(numbers) | Values::PerMember(numbers))
        | SourceKind::Poisson(Values::Uniform(numbers) | Values::PerMember(numbers)) => {
            (numbers.len() != 1 && numbers.len() != lanes).then_some("a source has one number, or one an element")
        }
        SourceKind::Samples { rows, period, .. } => {
            let whole = if lanes == 0 { rows.is_empty() } else { rows.len().is_multiple_of(lanes) };
            (!whole || period.is_nan() || *period <= 0.0).then_some("rows have a number an element, and a period")
        }
        SourceKind::SpikesAt(events) => events
            .iter()
            .any(|(time, element, _)| time.is_nan() || *element as usize >= lanes)
            .then_some("an event of no element, or at no time"),
        SourceKind::StepAt { at, .. } => at.is_nan().then_some("a step at no time"),
        SourceKind::Every(period) => (period.is_nan() || *period <= 0.0).then_some("ticks without a period"),
    }
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
        | Connectivity::Chance { .. }
        | Connectivity::FixedIn { .. }
        | Connectivity::FixedOut { .. }
        | Connectivity::Total { .. } => {}
    }
    if let Some(own) = &wire.own {
        let sound = own.iter().all(|target| *target == u32::MAX || (*target as usize) < rows);
        refuse(own.len() == columns && sound, "elements that are no elements of its ends");
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
