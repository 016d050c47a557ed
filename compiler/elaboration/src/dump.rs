//! The hybrid graph as text, for `neuro dump --stage graph` and for tests.
//!
//! Numbers are SI and shortest; long arrays show their ends.

use neuro_model as model;
use neuro_model::{
    Act, BinaryFunction, Connectivity, Delay, EdgeExpr, ElementKind, Expr, HybridGraph, MapKind, PortKind, Slice,
    SourceKind, Trigger, UnaryFunction, Values, Weight,
};
use petgraph::visit::EdgeRef;
use std::fmt::Write;
use std::sync::Arc;

/// The text of a graph.
pub fn dump(graph: &HybridGraph) -> String {
    let mut text = format!("graph {}\n", graph.name);
    let mut shown: Vec<*const model::Dynamics> = Vec::new();
    for node in graph.graph.node_indices() {
        element(&mut text, &graph.graph[node], &mut shown);
    }
    for edge in graph.graph.edge_references() {
        let (from, to) = (&graph.graph[edge.source()], &graph.graph[edge.target()]);
        wire(&mut text, graph, edge.weight(), from, to);
    }
    text
}

fn element(text: &mut String, element: &model::Element, shown: &mut Vec<*const model::Dynamics>) {
    match &element.kind {
        ElementKind::Population(population) => {
            let _ = writeln!(
                text,
                "population {}{} of {}",
                element.name,
                shape(&population.shape),
                population.dynamics.name
            );
            for (parameter, values) in population.dynamics.parameters.iter().zip(&population.parameters) {
                let _ = writeln!(text, "  {} = {}", parameter.name, values_text(values));
            }
            for (state, values) in population.dynamics.states.iter().zip(&population.initial) {
                let range = state.range.map(|(low, high)| format!(" in {low:?}..{high:?}")).unwrap_or_default();
                let _ = writeln!(text, "  {}(0) = {}{range}", state.name, values_text(values));
            }
            let pointer = Arc::as_ptr(&population.dynamics);
            if !shown.contains(&pointer) {
                shown.push(pointer);
                dynamics(text, &population.dynamics, "  ");
            }
        }
        ElementKind::Source(source) => {
            let _ = writeln!(text, "source {}{} = {}", element.name, shape(&source.shape), source_text(&source.kind));
        }
        ElementKind::Map(map) => {
            let kind = match &map.kind {
                MapKind::Affine { bias, .. } => if bias.is_some() { "affine" } else { "linear" }.to_owned(),
                MapKind::Scale(scale) => format!("scale {}", numbers(scale)),
                MapKind::Convolution { kernel, stride, padding, groups, .. } => {
                    format!("convolution kernel {kernel:?} stride {stride:?} padding {padding:?} groups {groups}")
                }
                MapKind::Pool { mean, kernel, stride, padding } => {
                    let name = if *mean { "mean" } else { "sum" };
                    format!("{name} pool {kernel:?} stride {stride:?} padding {padding:?}")
                }
                MapKind::Reshape => "reshape".to_owned(),
            };
            let _ = writeln!(text, "map {}{} -> {} = {kind}", element.name, shape(&map.input), shape(&map.output));
        }
        ElementKind::Input(border) => {
            let _ = writeln!(text, "input {}{}: {}", element.name, shape(&border.shape), kind_text(border.kind));
        }
        ElementKind::Output(border) => {
            let _ = writeln!(text, "output {}{}: {}", element.name, shape(&border.shape), kind_text(border.kind));
        }
    }
}

fn dynamics(text: &mut String, dynamics: &model::Dynamics, indent: &str) {
    let names = Names { dynamics };
    for port in &dynamics.inputs {
        let default = port.default.as_ref().map_or(String::new(), |default| format!(" = {}", names.expr(default)));
        let _ =
            writeln!(text, "{indent}in {}{}: {}{default}", port.name, shape(&port.shape), kind_text(Some(port.kind)));
    }
    for port in &dynamics.outputs {
        let value = port.flow.as_ref().map_or(String::new(), |flow| format!(" = {}", names.expr(flow)));
        let _ =
            writeln!(text, "{indent}out {}{}: {}{value}", port.name, shape(&port.shape), kind_text(Some(port.kind)));
    }
    for state in &dynamics.states {
        let _ = writeln!(text, "{indent}state {}{}", state.name, shape(&state.shape));
    }
    for value in &dynamics.lets {
        let _ = writeln!(text, "{indent}let {}{} = {}", value.name, shape(&value.shape), names.expr(&value.value));
    }
    for equation in &dynamics.equations {
        let _ = writeln!(text, "{indent}{}' = {}", dynamics.states[equation.state].name, names.expr(&equation.value));
    }
    for impulse in &dynamics.impulses {
        let (state, port) = (&dynamics.states[impulse.state].name, &dynamics.inputs[impulse.port].name);
        let _ = writeln!(text, "{indent}{state} jumps at {port} by {} * size", names.expr(&impulse.gain));
    }
    for noise in &dynamics.noises {
        let state = &dynamics.states[noise.state].name;
        let _ = writeln!(text, "{indent}{state} diffuses by {}", names.expr(&noise.gain));
    }
    for handler in &dynamics.handlers {
        let trigger = match &handler.trigger {
            Trigger::Event(port) => dynamics.inputs[*port].name.clone(),
            Trigger::Condition(condition) => names.expr(condition),
            Trigger::Every { period, sample } => match sample {
                Some(sample) => format!("sample({}, {period})", names.expr(sample)),
                None => format!("every({period})"),
            },
            Trigger::Start => "start".to_owned(),
        };
        let _ = writeln!(text, "{indent}on {trigger} {{");
        acts(text, &names, &handler.body, &format!("{indent}  "));
        let _ = writeln!(text, "{indent}}}");
    }
}

fn acts(text: &mut String, names: &Names<'_>, body: &[Act], indent: &str) {
    for act in body {
        match act {
            Act::Assign { state, value } => {
                let _ = writeln!(text, "{indent}{} := {}", names.dynamics.states[*state].name, names.expr(value));
            }
            Act::Emit { port, payload } => {
                let payload = payload.as_ref().map_or(String::new(), |payload| format!("({})", names.expr(payload)));
                let _ = writeln!(text, "{indent}emit {}{payload}", names.dynamics.outputs[*port].name);
            }
            Act::Refractory { duration, held } => {
                let held: Vec<&str> = held.iter().map(|state| names.dynamics.states[*state].name.as_str()).collect();
                let _ = writeln!(text, "{indent}refractory {} {{ {} }}", names.expr(duration), held.join(", "));
            }
            Act::Let { local, shape: axes, value } => {
                let _ = writeln!(text, "{indent}let local_{local}{} = {}", shape(axes), names.expr(value));
            }
            Act::If { condition, then, otherwise } => {
                let _ = writeln!(text, "{indent}if {} {{", names.expr(condition));
                acts(text, names, then, &format!("{indent}  "));
                if !otherwise.is_empty() {
                    let _ = writeln!(text, "{indent}}} else {{");
                    acts(text, names, otherwise, &format!("{indent}  "));
                }
                let _ = writeln!(text, "{indent}}}");
            }
        }
    }
}

fn wire(text: &mut String, graph: &HybridGraph, wire: &model::Wire, from: &model::Element, to: &model::Element) {
    let _ = write!(
        text,
        "{}{} -> {}{}",
        port(from, wire.from, true),
        slice(&wire.source_slice),
        port(to, wire.to, false),
        slice(&wire.target_slice)
    );
    match &wire.connectivity {
        Connectivity::OneToOne => {}
        Connectivity::AllToAll { to_self } => {
            let _ = write!(text, " by all_to_all(self = {to_self})");
        }
        Connectivity::Random { probability, to_self } => {
            let _ = write!(text, " by random({probability}, self = {to_self})");
        }
        Connectivity::FixedIn { count, to_self, multiple } => {
            let _ = write!(text, " by fixed_in({count}, self = {to_self}, multiple = {multiple})");
        }
        Connectivity::FixedOut { count, to_self, multiple } => {
            let _ = write!(text, " by fixed_out({count}, self = {to_self}, multiple = {multiple})");
        }
        Connectivity::Chance { probability, to_self } => {
            let _ = write!(text, " by distance({}, self = {to_self})", edge(probability));
        }
        Connectivity::Total { count, to_self, multiple } => {
            let _ = write!(text, " by total({count}, self = {to_self}, multiple = {multiple})");
        }
        Connectivity::Edges(edges) => {
            let _ = write!(text, " by {} edges", edges.len());
        }
    }
    if let Some(via) = &wire.via {
        let _ = write!(text, " via {}(", via.dynamics.name);
        for (index, (parameter, value)) in via.dynamics.parameters.iter().zip(&via.parameters).enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let _ = write!(text, "{comma}{} = {}", parameter.name, edge(value));
        }
        let _ = write!(text, ")");
        for (input, node, output) in &via.fed {
            let source = graph.graph.node_weight(*node).map_or("?".to_owned(), |element| port(element, *output, true));
            let _ = write!(text, " {} from {source}", via.dynamics.inputs[*input].name);
        }
    }
    match &wire.weight {
        Weight::Uniform(value) if *value == 1.0 => {}
        Weight::Uniform(value) => {
            let _ = write!(text, " weight {value}");
        }
        Weight::Matrix(values) => {
            let _ = write!(text, " weight matrix {}", numbers(values));
        }
        Weight::PerElement(values) => {
            let _ = write!(text, " weight {}", numbers(values));
        }
        Weight::PerEdge(expr) => {
            let _ = write!(text, " weight {}", edge(expr));
        }
    }
    match &wire.delay {
        Delay::None => {}
        Delay::Uniform(seconds) => {
            let _ = write!(text, " delay {seconds}");
        }
        Delay::Steps(steps) => {
            let _ = write!(text, " delay {steps} step");
        }
        Delay::PerElement(values) => {
            let _ = write!(text, " delay {}", numbers(values));
        }
        Delay::Matrix(values) => {
            let _ = write!(text, " delay matrix {}", numbers(values));
        }
        Delay::PerEdge(expr) => {
            let _ = write!(text, " delay {}", edge(expr));
        }
    }
    if let Some(name) = &wire.name {
        let _ = write!(text, " as {name}");
    }
    text.push('\n');
}

fn port(element: &model::Element, index: usize, output: bool) -> String {
    match &element.kind {
        ElementKind::Population(population) => {
            let name = if output {
                population.dynamics.outputs.get(index).map(|port| &port.name)
            } else {
                population.dynamics.inputs.get(index).map(|port| &port.name)
            };
            format!("{}.{}", element.name, name.map_or("?", String::as_str))
        }
        ElementKind::Source(_) | ElementKind::Map(_) | ElementKind::Input(_) | ElementKind::Output(_) => {
            element.name.clone()
        }
    }
}

fn slice(slice: &Option<Slice>) -> String {
    match slice {
        None => String::new(),
        Some(Slice::Range(range)) => format!("[{}..{}]", range.start, range.end),
        Some(Slice::Indices(indices)) if indices.len() <= 8 => format!("{indices:?}"),
        Some(Slice::Indices(indices)) => {
            format!("[{}, {}, … {} indices]", indices[0], indices[1], indices.len())
        }
    }
}

fn shape(shape: &[usize]) -> String {
    if shape.is_empty() { String::new() } else { crate::array::shape_text(shape) }
}

fn kind_text(kind: Option<PortKind>) -> &'static str {
    match kind {
        Some(PortKind::Flow) => "flow",
        Some(PortKind::Event) => "event",
        None => "as wired",
    }
}

fn source_text(kind: &SourceKind) -> String {
    match kind {
        SourceKind::Constant(values) => format!("constant {}", values_text(values)),
        SourceKind::StepAt { at, before, after } => format!("{before}, from {at} on {after}"),
        SourceKind::Samples { kind, period, rows } => {
            let what = match kind {
                PortKind::Flow => "rows",
                PortKind::Event => "ticks",
            };
            format!("{what} every {period}: {}", numbers(rows))
        }
        SourceKind::SpikesAt(events) => {
            let shown: Vec<String> = events.iter().take(4).map(|(t, e, p)| format!("{t}@{e}({p})")).collect();
            let rest = if events.len() > 4 { format!(" … {} events", events.len()) } else { String::new() };
            format!("spikes {}{rest}", shown.join(" "))
        }
        SourceKind::Poisson(values) => format!("poisson {}", values_text(values)),
        SourceKind::Every(period) => format!("every {period}"),
    }
}

fn values_text(values: &Values) -> String {
    match values {
        Values::Uniform(values) if values.len() == 1 => values[0].to_string(),
        Values::Uniform(values) => numbers(values),
        Values::PerMember(values) => format!("each {}", numbers(values)),
    }
}

fn numbers(values: &[f64]) -> String {
    let text = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    if values.len() <= 9 {
        return format!("[{}]", text(values));
    }
    format!("[{}, … {} numbers, Σ {}]", text(&values[..3]), values.len(), values.iter().sum::<f64>())
}

fn edge(expr: &EdgeExpr) -> String {
    match expr {
        EdgeExpr::Number(number) => number.to_string(),
        EdgeExpr::Source => "src".to_owned(),
        EdgeExpr::Target => "dst".to_owned(),
        EdgeExpr::Element(table, index) => format!("[{}][{}]", numbers(table), edge(index)),
        EdgeExpr::Column(column) => format!("column of {} edges", column.len()),
        EdgeExpr::Draw { distribution, .. } => format!("{distribution:?}").to_lowercase(),
        EdgeExpr::Unary(function, operand) => unary(*function, edge(operand)),
        EdgeExpr::Binary(function, left, right) => binary(*function, &edge(left), &edge(right)),
        EdgeExpr::If(condition, then, otherwise) => {
            format!("(if {} then {} else {})", edge(condition), edge(then), edge(otherwise))
        }
    }
}

struct Names<'a> {
    dynamics: &'a model::Dynamics,
}

impl Names<'_> {
    /// Which of the draws of the handlers has a stream, counted from 0.
    fn number_of(&self, stream: u64) -> usize {
        let mut streams: Vec<u64> = self.dynamics.draws().into_iter().map(|(_, stream)| stream).collect();
        let mut seen = std::collections::BTreeSet::new();
        streams.retain(|stream| seen.insert(*stream));
        streams.iter().position(|known| *known == stream).unwrap_or(streams.len())
    }

    fn expr(&self, expr: &Expr) -> String {
        let dynamics = self.dynamics;
        match expr {
            Expr::Number(number) => number.to_string(),
            Expr::Array { values, .. } => numbers(values),
            Expr::Parameter(index) => dynamics.parameters[*index].name.clone(),
            Expr::State(index) => dynamics.states[*index].name.clone(),
            Expr::Flow(index) => dynamics.inputs[*index].name.clone(),
            Expr::Boxed(index) => format!("box({})", dynamics.inputs[*index].name),
            Expr::Let(index) => dynamics.lets[*index].name.clone(),
            Expr::Payload => "payload".to_owned(),
            Expr::Local(index) => format!("local_{index}"),
            Expr::Time => "t".to_owned(),
            Expr::Step => "step".to_owned(),
            Expr::Draw { distribution, stream } => {
                format!("{distribution:?}({})", self.number_of(*stream)).to_lowercase()
            }
            Expr::Unary(function, operand) => unary(*function, self.expr(operand)),
            Expr::Binary(function, left, right) => binary(*function, &self.expr(left), &self.expr(right)),
            Expr::If(condition, then, otherwise) => {
                format!("(if {} then {} else {})", self.expr(condition), self.expr(then), self.expr(otherwise))
            }
            Expr::MatrixProduct(left, right) => format!("({} @ {})", self.expr(left), self.expr(right)),
            Expr::Outer(left, right) => format!("outer({}, {})", self.expr(left), self.expr(right)),
            Expr::Diagonal(operand) => format!("diag({})", self.expr(operand)),
            Expr::Reduce(reduction, operand) => {
                format!("{}({})", format!("{reduction:?}").to_lowercase(), self.expr(operand))
            }
            Expr::Element { array, start, shape: axes } => format!("{}[{start}..]{}", self.expr(array), shape(axes)),
            Expr::Reshape(operand, axes) => format!("reshape({}, {})", self.expr(operand), shape(axes)),
        }
    }
}

fn unary(function: UnaryFunction, operand: String) -> String {
    match function {
        UnaryFunction::Negate => format!("-{operand}"),
        UnaryFunction::Not => format!("not {operand}"),
        _ => format!("{}({operand})", format!("{function:?}").to_lowercase()),
    }
}

fn binary(function: BinaryFunction, left: &str, right: &str) -> String {
    let sign = match function {
        BinaryFunction::Add => "+",
        BinaryFunction::Subtract => "-",
        BinaryFunction::Multiply => "*",
        BinaryFunction::Divide => "/",
        BinaryFunction::Power => "^",
        BinaryFunction::Modulo => "mod",
        BinaryFunction::Minimum => return format!("min({left}, {right})"),
        BinaryFunction::Maximum => return format!("max({left}, {right})"),
        BinaryFunction::Equal => "==",
        BinaryFunction::NotEqual => "!=",
        BinaryFunction::Less => "<",
        BinaryFunction::LessEqual => "<=",
        BinaryFunction::Greater => ">",
        BinaryFunction::GreaterEqual => ">=",
        BinaryFunction::And => "and",
        BinaryFunction::Or => "or",
    };
    format!("({left} {sign} {right})")
}
