//! Random networks against a naive simulation that follows the rules of the language word by word, member by member.
//!
//! The equations are integrated by Euler, whose formula is short. Sums of events may be rounded in another order.

use super::program;
use crate::testing::*;
use neuro_model::{
    Act, BinaryFunction, Connectivity, Delay, Dynamics, Expr, HybridGraph, PortKind, SourceKind, Trigger, Weight, Wire,
};
use neuro_program::{Interpreter, Observed, Run};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const DT: f64 = 1.0 / 64.0;
const STEPS: u64 = 40;

/// An expression's value for one member.
fn evaluate(expr: &Expr, states: &[f64], payload: f64, locals: &[f64]) -> f64 {
    let of = |expr: &Expr| evaluate(expr, states, payload, locals);
    let truth = |holds: bool| if holds { 1.0 } else { 0.0 };
    match expr {
        Expr::Number(value) => *value,
        Expr::State(index) => states[*index],
        Expr::Payload => payload,
        Expr::Local(index) => locals[*index],
        Expr::Binary(function, left, right) => {
            let (left, right) = (of(left), of(right));
            match function {
                BinaryFunction::Add => left + right,
                BinaryFunction::Subtract => left - right,
                BinaryFunction::Multiply => left * right,
                BinaryFunction::Greater => truth(left > right),
                BinaryFunction::LessEqual => truth(left <= right),
                BinaryFunction::Maximum => {
                    if left > right {
                        left
                    } else {
                        right
                    }
                }
                other => panic!("{other:?} is not used here"),
            }
        }
        other => panic!("{other:?} is not used here"),
    }
}

/// One population of the naive simulation.
struct Naive {
    dynamics: Arc<Dynamics>,
    members: usize,
    states: Vec<Vec<f64>>,
    /// (handler, what is held, steps left) of each member.
    rests: Vec<Vec<(usize, Vec<usize>, u64)>>,
}

/// What a body does to a member.
#[derive(Default)]
struct Done {
    assigned: BTreeMap<usize, f64>,
    sent: Vec<(usize, f64)>,
    rests: Vec<(f64, Vec<usize>)>,
}

fn run_body(body: &[Act], states: &[f64], payload: f64, locals: &mut Vec<f64>, done: &mut Done) {
    for act in body {
        match act {
            Act::Let { local, value, .. } => {
                locals.resize(locals.len().max(local + 1), 0.0);
                locals[*local] = evaluate(value, states, payload, locals);
            }
            Act::Assign { state, value } => {
                let value = evaluate(value, states, payload, locals);
                done.assigned.insert(*state, value);
            }
            Act::Emit { port, payload: size } => {
                let size = size.as_ref().map_or(1.0, |size| evaluate(size, states, payload, locals));
                done.sent.push((*port, size));
            }
            Act::Refractory { duration, held } => {
                done.rests.push((evaluate(duration, states, payload, locals), held.clone()));
            }
            Act::If { condition, then, otherwise } => {
                let holds = evaluate(condition, states, payload, locals) != 0.0;
                run_body(if holds { then } else { otherwise }, states, payload, locals, done);
            }
        }
    }
}

/// Arrivals by (step, population, port, member): sum and count.
type Arrivals = BTreeMap<(u64, usize, usize, usize), (f64, u32)>;
/// (step, population, port, member) to the size of what is sent.
type Sent = BTreeMap<(u64, usize, usize, usize), f64>;

impl Naive {
    /// One step of one member; what it sends from which port.
    fn step(&mut self, member: usize, arrived: impl Fn(usize) -> Option<f64>) -> Vec<(usize, f64)> {
        let dynamics = Arc::clone(&self.dynamics);
        let resting = self.rests[member].clone();
        let held = |state: usize| resting.iter().any(|(_, held, left)| *left > 0 && held.contains(&state));
        let rests = |handler: usize| resting.iter().any(|(of, _, left)| *of == handler && *left > 0);
        self.rests[member].iter_mut().for_each(|(_, _, left)| *left = left.saturating_sub(1));
        let old = self.states[member].clone();
        for equation in dynamics.equations.iter().filter(|equation| !held(equation.state)) {
            let slope = evaluate(&equation.value, &old, 0.0, &[]);
            self.states[member][equation.state] = old[equation.state] + DT * slope;
        }
        let mut ports: Vec<usize> = Vec::new();
        dynamics.impulses.iter().for_each(|impulse| {
            if !ports.contains(&impulse.port) {
                ports.push(impulse.port)
            }
        });
        for port in ports {
            let Some(size) = arrived(port) else { continue };
            let before = self.states[member].clone();
            for impulse in dynamics.impulses.iter().filter(|impulse| impulse.port == port && !held(impulse.state)) {
                let gain = evaluate(&impulse.gain, &before, 0.0, &[]);
                self.states[member][impulse.state] += gain * size;
            }
        }
        let mut sent = Vec::new();
        let events =
            dynamics.handlers.iter().enumerate().filter(|(_, handler)| matches!(handler.trigger, Trigger::Event(_)));
        let conditions = dynamics
            .handlers
            .iter()
            .enumerate()
            .filter(|(_, handler)| matches!(handler.trigger, Trigger::Condition(_)));
        for (index, handler) in events.chain(conditions) {
            let states = self.states[member].clone();
            let payload = match &handler.trigger {
                Trigger::Event(port) => arrived(*port),
                Trigger::Condition(condition) => (evaluate(condition, &states, 0.0, &[]) != 0.0).then_some(1.0),
                Trigger::Every { .. } | Trigger::Start => None,
            };
            let (Some(payload), false) = (payload, rests(index)) else { continue };
            let mut done = Done::default();
            run_body(&handler.body, &states, payload, &mut Vec::new(), &mut done);
            for (state, value) in done.assigned {
                if !held(state) {
                    self.states[member][state] = value;
                }
            }
            for (duration, held) in done.rests {
                let steps = (duration / DT).round().max(if duration > 0.0 { 1.0 } else { 0.0 }) as u64;
                match self.rests[member].iter_mut().find(|(of, list, _)| *of == index && *list == held) {
                    Some(rest) => rest.2 = steps,
                    None => self.rests[member].push((index, held, steps)),
                }
            }
            sent.extend(done.sent);
        }
        sent
    }
}

/// A wire of the random network, in numbers.
#[derive(Clone, Debug)]
struct Link {
    from: usize,
    to: (usize, usize),
    /// (source member, target member, weight in 64ths, delay in steps).
    edges: Vec<(usize, usize, i32, u32)>,
}

/// A random network.
#[derive(Clone, Debug)]
struct Net {
    kinds: Vec<(usize, usize, u8)>,
    links: Vec<Link>,
    drive: Vec<(u64, usize, i32)>,
}

/// A node of one of a few kinds; `flavour` chooses details.
fn node(kind: usize, flavour: u8) -> Node {
    let mut node = Node::new("Random");
    let a = node.input("a", PortKind::Event, None);
    let b = node.input("b", PortKind::Event, None);
    let z = node.event_output("z");
    let (v, w) = (node.state("v", 0.25), node.state("w", -0.5));
    let bit = |index: u8| flavour >> index & 1 == 1;
    let rest = |held: Vec<usize>| refractory(DT * f64::from(flavour % 5), held);
    let leak = product(constant(-0.5), state(v));
    node.equation(v, if bit(0) { sum(leak, state(w)) } else { sum(leak, product(state(v), state(w))) });
    if bit(1) {
        node.equation(w, difference(constant(0.125), state(w)));
    }
    let over = Trigger::Condition(greater(state(v), constant(1.0)));
    match kind {
        // Delta synapses: both ports push v; the second does so by how far it is.
        0 => {
            node.impulse(v, a, constant(1.0));
            node.impulse(v, b, if bit(2) { difference(constant(2.0), state(v)) } else { constant(0.5) });
            node.on(over, vec![emit(z), assign(v, constant(0.0)), rest(if bit(3) { vec![v] } else { vec![v, w] })]);
        }
        // A conductance and a spike-triggered state.
        1 => {
            node.impulse(w, a, constant(1.0));
            node.impulse(w, b, product(state(v), constant(0.5)));
            let adapt = assign(w, sum(state(w), constant(-0.25)));
            node.on(
                over,
                vec![
                    Act::Emit { port: z, payload: Some(sum(state(w), constant(1.0))) },
                    assign(v, state(w)),
                    adapt,
                    rest(vec![v]),
                ],
            );
        }
        // Handlers of events that read each other's states; one of them has two ways.
        2 => {
            node.on(
                Trigger::Event(a),
                vec![
                    assign(v, sum(state(w), Expr::Payload)),
                    assign(w, state(v)),
                    Act::Emit { port: z, payload: Some(Expr::Payload) },
                ],
            );
            let way = Act::If {
                condition: greater(state(v), constant(0.0)),
                then: vec![assign(w, Expr::Local(0)), rest(vec![w])],
                otherwise: vec![emit(z), assign(v, constant(1.5))],
            };
            node.on(
                Trigger::Event(b),
                vec![Act::Let { local: 0, shape: vec![], value: product(Expr::Payload, state(v)) }, way],
            );
            node.on(
                over,
                vec![
                    emit(z),
                    assign(v, difference(state(v), constant(1.0))),
                    rest(if bit(4) { vec![w] } else { vec![] }),
                ],
            );
        }
        // A relay without equations that matter.
        _ => {
            node.on(Trigger::Event(a), vec![Act::Emit { port: z, payload: Some(Expr::Payload) }]);
            node.on(Trigger::Event(b), vec![assign(w, Expr::Payload)]);
        }
    }
    node
}

fn nets() -> impl Strategy<Value = Net> {
    let kinds = prop::collection::vec((0usize..4, 1usize..4, any::<u8>()), 1..5);
    kinds.prop_flat_map(|kinds| {
        let count = kinds.len();
        let sizes: Vec<usize> = kinds.iter().map(|(_, size, _)| *size).collect();
        let link =
            (0..count, 0..count, 0usize..2, prop::collection::vec((0usize..4, 0usize..4, -96i32..160, 0u32..4), 1..6));
        let links = prop::collection::vec(link, 0..6).prop_map(move |links| {
            let links = links.into_iter().map(|(from, to, port, edges)| {
                // Against the order of populations a spike takes a step at least.
                let least = u32::from(from >= to);
                let edges = edges.into_iter().map(|(source, target, weight, delay)| {
                    (source % sizes[from], target % sizes[to], weight, delay.max(least))
                });
                Link { from, to: (to, port), edges: edges.collect() }
            });
            links.collect::<Vec<_>>()
        });
        let drive = prop::collection::vec((0..STEPS, 0usize..4, -64i32..192), 5..30);
        (Just(kinds), links, drive).prop_map(|(kinds, links, drive)| Net { kinds, links, drive })
    })
}

fn graph(net: &Net) -> HybridGraph {
    let mut graph = HybridGraph::default();
    let populations: Vec<_> = net
        .kinds
        .iter()
        .enumerate()
        .map(|(index, (kind, size, flavour))| {
            population(&mut graph, &format!("p{index}"), vec![*size], node(*kind, *flavour))
        })
        .collect();
    let first = net.kinds[0].1;
    let mut events: Vec<(f64, u32, f64)> = net
        .drive
        .iter()
        .map(|(step, member, size)| ((*step + 1) as f64 * DT, (member % first) as u32, f64::from(*size) / 64.0))
        .collect();
    events.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    let drive = source(&mut graph, "drive", vec![first], SourceKind::SpikesAt(events.into()));
    wire(&mut graph, (drive, 0), (populations[0], 0), 1.0, Delay::None);
    for (index, link) in net.links.iter().enumerate() {
        // One wire an edge: weights and delays of one wire, in the order of edges, are tested elsewhere.
        for (source, target, weight, delay) in &link.edges {
            let wire = Wire {
                connectivity: Connectivity::Edges(Arc::new([(*source as u32, *target as u32)])),
                weight: Weight::Uniform(f64::from(*weight) / 64.0),
                delay: Delay::Steps(*delay),
                stream: index as u64,
                ..Wire::plain(0, link.to.1)
            };
            graph.graph.add_edge(populations[link.from], populations[link.to.0], wire);
        }
    }
    graph
}

fn simulate(net: &Net) -> (Vec<Vec<Vec<f64>>>, Sent) {
    let mut naive: Vec<Naive> = net
        .kinds
        .iter()
        .map(|(kind, size, flavour)| {
            let dynamics = Arc::new(node(*kind, *flavour).dynamics);
            Naive { dynamics, members: *size, states: vec![vec![0.25, -0.5]; *size], rests: vec![Vec::new(); *size] }
        })
        .collect();
    let mut arrivals: Arrivals = BTreeMap::new();
    for (step, member, size) in &net.drive {
        let found = arrivals.entry((*step, 0, 0, member % net.kinds[0].1)).or_default();
        *found = (found.0 + f64::from(*size) / 64.0, found.1 + 1);
    }
    let (mut rows, mut sent) = (Vec::new(), Sent::new());
    for step in 0..STEPS {
        for (population, naive) in naive.iter_mut().enumerate() {
            for member in 0..naive.members {
                let arrived = |port: usize| arrivals.get(&(step, population, port, member)).map(|(sum, _)| *sum);
                let mut sizes: BTreeMap<usize, f64> = BTreeMap::new();
                for (port, size) in naive.step(member, arrived) {
                    *sizes.entry(port).or_default() += size;
                }
                for (port, size) in sizes {
                    sent.insert((step, population, port, member), size);
                    for link in net.links.iter().filter(|link| link.from == population) {
                        for (_, target, weight, delay) in link.edges.iter().filter(|(source, ..)| *source == member) {
                            let key = (step + u64::from(*delay), link.to.0, link.to.1, *target);
                            let found = arrivals.entry(key).or_default();
                            *found = (found.0 + f64::from(*weight) / 64.0 * size, found.1 + 1);
                        }
                    }
                }
            }
        }
        rows.push(naive.iter().flat_map(|naive| naive.states.clone()).collect());
    }
    (rows, sent)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// States and events of every step are those of the rules.
    #[test]
    fn random_networks_follow_the_rules(net in nets()) {
        let (program, _) = program(&graph(&net), "standard,method=euler", DT);
        let (rows, sent) = simulate(&net);
        let mut run = Run::new(Arc::new(program), Interpreter::default());
        for (step, row) in rows.iter().enumerate() {
            run.step().expect("no endless instant");
            let program = Arc::clone(run.program());
            let mut found: Vec<Vec<f64>> = Vec::new();
            for (population, (_, size, _)) in net.kinds.iter().enumerate() {
                let part = |name: &str| program.observables.iter().find(|observable| observable.name == format!("p{population}.{name}")).map(|observable| observable.what);
                for member in 0..*size {
                    let number = |name: &str| match part(name) {
                        Some(Observed::Buffer(buffer, _)) => run.memory().get(buffer, member),
                        Some(Observed::Events(..)) | None => f64::NAN,
                    };
                    found.push(vec![number("v"), number("w")]);
                    if let Some(Observed::Events(line, _)) = part("z") {
                        let payload = program.events[line.0 as usize].payload;
                        let size = run.memory().line(line).has(member).then(|| payload.map_or(1.0, |buffer| run.memory().get(buffer, member)));
                        let expected = sent.get(&(step as u64, population, 0, member)).copied();
                        let same = match (size, expected) {
                            (Some(size), Some(expected)) => near(size, expected),
                            (found, expected) => found.is_none() && expected.is_none(),
                        };
                        prop_assert!(same, "z of p{} at step {}: {:?} is not {:?}", population, step, size, expected);
                    }
                }
            }
            let same = found.iter().flatten().zip(row.iter().flatten()).all(|(found, expected)| near(*found, *expected));
            prop_assert!(same, "step {}: {:?} is not {:?}", step, found, row);
            // Squares may run away; then digits are lost.
            if row.iter().flatten().any(|number| number.is_nan() || number.abs() > 1e3) {
                break;
            }
        }
    }
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * right.abs().max(1.0)
}
