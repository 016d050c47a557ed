//! Which primitive a node is: NIR's own equations, users' equations, and any rewriting of them.

use neuro_model::recognise::{Entry, Law, Primitive, PrimitiveKind, Reset, certify, recognise, standard};
use neuro_model::{
    Act, BinaryFunction as B, Dynamics, Equation, Expr, Handler, Impulse, InPort, Let, Noise, OutPort, Parameter,
};
use neuro_model::{PortKind, State, Trigger, UnaryFunction, Unit};
use proptest::prelude::*;

const KINDS: [PrimitiveKind; 7] = [
    PrimitiveKind::I,
    PrimitiveKind::IF,
    PrimitiveKind::LI,
    PrimitiveKind::LIF,
    PrimitiveKind::CubaLI,
    PrimitiveKind::CubaLIF,
    PrimitiveKind::Threshold,
];

fn op(function: B, left: Expr, right: Expr) -> Expr {
    Expr::Binary(function, Box::new(left), Box::new(right))
}
fn add(left: Expr, right: Expr) -> Expr {
    op(B::Add, left, right)
}
fn sub(left: Expr, right: Expr) -> Expr {
    op(B::Subtract, left, right)
}
fn mul(left: Expr, right: Expr) -> Expr {
    op(B::Multiply, left, right)
}
fn div(left: Expr, right: Expr) -> Expr {
    op(B::Divide, left, right)
}
fn neg(operand: Expr) -> Expr {
    Expr::Unary(UnaryFunction::Negate, Box::new(operand))
}
fn num(value: f64) -> Expr {
    Expr::Number(value)
}

/// A node under construction: names are looked up, so that the tests read like programs.
#[derive(Default)]
struct Node(Dynamics);

impl Node {
    fn new(parameters: &[&str], states: &[&str]) -> Self {
        let parameter =
            |name: &&str| Parameter { name: (*name).to_owned(), shape: vec![], unit: Unit::one(), range: None };
        let state = |name: &&str| State {
            name: (*name).to_owned(),
            shape: vec![],
            unit: Unit::one(),
            range: None,
            origin: None,
        };
        Self(Dynamics {
            name: "N".to_owned(),
            parameters: parameters.iter().map(parameter).collect(),
            states: states.iter().map(state).collect(),
            ..Dynamics::default()
        })
    }

    fn input(mut self, name: &str, kind: PortKind) -> Self {
        self.0.inputs.push(InPort {
            name: name.to_owned(),
            kind,
            shape: vec![],
            unit: Unit::one(),
            default: None,
            origin: None,
        });
        self
    }

    fn flow_out(mut self, flow: Expr) -> Self {
        let (name, unit) = ("y".to_owned(), Unit::one());
        self.0.outputs.push(OutPort {
            name,
            kind: PortKind::Flow,
            shape: vec![],
            unit,
            flow: Some(flow),
            origin: None,
        });
        self
    }

    fn p(&self, name: &str) -> Expr {
        Expr::Parameter(self.0.parameters.iter().position(|parameter| parameter.name == name).expect("declared"))
    }

    fn s(&self, name: &str) -> Expr {
        Expr::State(self.0.state(name).expect("declared"))
    }

    fn equation(mut self, state: &str, value: Expr) -> Self {
        let state = self.0.state(state).expect("declared");
        self.0.equations.push(Equation { state, value, origin: None });
        self
    }

    fn impulse(mut self, state: &str, port: usize, gain: Expr) -> Self {
        let state = self.0.state(state).expect("declared");
        self.0.impulses.push(Impulse { state, port, gain, origin: None });
        self
    }

    fn fires(mut self, condition: Expr, resets: Vec<(&str, Expr)>) -> Self {
        let (name, unit) = ("z".to_owned(), Unit::one());
        self.0.outputs.push(OutPort { name, kind: PortKind::Event, shape: vec![], unit, flow: None, origin: None });
        let port = self.0.outputs.len() - 1;
        let mut body: Vec<Act> = resets
            .into_iter()
            .map(|(state, value)| Act::Assign { state: self.0.state(state).expect("declared"), value })
            .collect();
        body.push(Act::Emit { port, payload: None });
        self.0.handlers.push(Handler { trigger: Trigger::Condition(condition), body, origin: None });
        self
    }

    fn on_event(mut self, port: usize, body: Vec<Act>) -> Self {
        self.0.handlers.insert(0, Handler { trigger: Trigger::Event(port), body, origin: None });
        self
    }
}

/// A primitive as a line.
fn line(dynamics: &Dynamics) -> String {
    match recognise(dynamics) {
        Ok(primitive) => {
            let numbers: Vec<String> = primitive
                .kind
                .parameters()
                .iter()
                .zip(&primitive.parameters)
                .map(|(name, formula)| format!("{name} = {}", formula.text(dynamics)))
                .collect();
            let drive = primitive.drive.map_or("nothing".to_owned(), |drive| {
                format!("{} as {:?}", dynamics.inputs[drive.port].name, drive.law)
            });
            let cmp = if primitive.at_threshold { ">=" } else { ">" };
            format!(
                "{}({}), driven by {drive}, {cmp}, reset {:?}",
                primitive.kind.name(),
                numbers.join(", "),
                primitive.reset
            )
        }
        Err(reason) => format!("none, because {}", reason.text),
    }
}

#[test]
fn the_standard_dynamics_are_what_they_are_called() {
    for kind in KINDS {
        for entry in [Entry::Flow, Entry::Box, Entry::Impulse] {
            if kind == PrimitiveKind::Threshold && entry != Entry::Flow {
                continue;
            }
            let dynamics = standard(kind, entry);
            let primitive = recognise(&dynamics).unwrap_or_else(|reason| panic!("{kind:?} {entry:?}: {}", reason.text));
            assert_eq!(primitive.kind, kind);
            // Every number is the parameter itself, so that what is written again is bit for bit what was read.
            let found: Vec<Option<usize>> = primitive.parameters.iter().map(|formula| formula.as_parameter()).collect();
            let expected: Vec<Option<usize>> = (0..kind.parameters().len()).map(Some).collect();
            assert_eq!(found, expected, "{kind:?} {entry:?}");
            let law = primitive.drive.expect("driven").law;
            assert_eq!(law, [Law::Flow, Law::Box, Law::StepImpulse][entry as usize]);
        }
    }
}

#[test]
fn a_flow_that_is_1_above_a_level_is_a_threshold() {
    let node = |then: f64| {
        let n = Node::new(&["th"], &[]).input("x", PortKind::Flow);
        let above = op(B::Greater, mul(num(2.0), Expr::Flow(0)), n.p("th"));
        n.flow_out(Expr::If(Box::new(above), Box::new(num(then)), Box::new(num(0.0))))
    };
    assert_eq!(line(&node(1.0).0), "Threshold(threshold = 0.5*th), driven by x as Flow, >, reset None");
    assert_eq!(line(&node(3.0).0), "none, because it has no state");
}

fn lif() -> Node {
    let n = Node::new(&["v_leak", "r", "tau", "v_th"], &["v"]).input("i", PortKind::Flow);
    let value = div(add(sub(n.p("v_leak"), n.s("v")), mul(n.p("r"), Expr::Flow(0))), n.p("tau"));
    let condition = op(B::Greater, n.s("v"), n.p("v_th"));
    n.equation("v", value).fires(condition, vec![("v", num(0.0))])
}

#[test]
fn what_users_write() {
    let mut out = Vec::new();
    let mut say = |what: &str, node: Node| out.push(format!("{what}: {}", line(&node.0)));
    say("v' = (v_leak - v + r*i)/tau", lif());

    let n = Node::new(&["g", "e", "c", "th"], &["v"]).input("i", PortKind::Flow);
    let leak = div(mul(neg(n.p("g")), sub(n.s("v"), n.p("e"))), n.p("c"));
    let value = add(leak, div(Expr::Flow(0), n.p("c")));
    let condition = op(B::GreaterEqual, mul(num(2.0), n.s("v")), mul(num(2.0), n.p("th")));
    let reset = sub(n.s("v"), n.p("th"));
    say(
        "v' = -g*(v - e)/c + i/c, on 2*v >= 2*th { v := v - th }",
        n.equation("v", value).fires(condition, vec![("v", reset)]),
    );

    let n = Node::new(&["tau_s", "tau_m", "w", "th"], &["x", "v"]).input("s", PortKind::Event);
    let (x, v) = (div(neg(n.s("x")), n.p("tau_s")), div(sub(n.s("x"), n.s("v")), n.p("tau_m")));
    let condition = op(B::Less, n.p("th"), n.s("v"));
    let gain = n.p("w");
    let node = n.equation("x", x).equation("v", v).impulse("x", 0, gain).fires(condition, vec![("v", num(-0.07))]);
    say("x' = -x/tau_s + w*impulse(s), v' = (x - v)/tau_m, on th < v", node);

    let n = Node::new(&["tau", "w", "th"], &["v"]).input("s", PortKind::Event);
    let value = div(neg(n.s("v")), n.p("tau"));
    let jump = add(n.s("v"), mul(n.p("w"), Expr::Payload));
    let condition = op(B::Greater, n.s("v"), n.p("th"));
    let node = n
        .equation("v", value)
        .fires(condition, vec![("v", num(0.0))])
        .on_event(0, vec![Act::Assign { state: 0, value: jump }]);
    say("v' = -v/tau, on s as a { v += w*a }", node);

    let n = Node::new(&["c", "th"], &["v"]).input("i", PortKind::Flow);
    let value = div(Expr::Flow(0), n.p("c"));
    let condition = op(B::Greater, sub(n.s("v"), n.p("th")), num(0.0));
    say("v' = i/c, on v - th > 0", n.equation("v", value).fires(condition, vec![("v", num(0.0))]));

    let n = Node::new(&["a", "b"], &["v"]).input("s", PortKind::Event);
    let rate = add(div(num(1.0), n.p("a")), div(num(1.0), n.p("b")));
    let value = sub(Expr::Boxed(0), mul(rate, n.s("v")));
    let v = n.s("v");
    say("v' = box(s) - (1/a + 1/b)*v, out v", n.equation("v", value).flow_out(v));

    let n = Node::new(&["tau"], &["v"]).input("i", PortKind::Flow);
    let decay = Expr::Unary(UnaryFunction::Exp, Box::new(n.p("tau")));
    let value = mul(decay, sub(Expr::Flow(0), n.s("v")));
    let v = n.s("v");
    say("v' = exp(tau)*(i - v), out v", n.equation("v", value).flow_out(v));
    insta::assert_snapshot!(out.join("\n"));
}

#[test]
fn what_nir_has_no_node_for() {
    let mut out = Vec::new();
    let mut say = |what: &str, node: Node| out.push(format!("{what}: {}", line(&node.0)));

    let n =
        Node::new(&["te", "ti", "tm"], &["e", "i", "v"]).input("exc", PortKind::Event).input("inh", PortKind::Event);
    let (e, i) = (div(neg(n.s("e")), n.p("te")), div(neg(n.s("i")), n.p("ti")));
    let v = div(sub(add(n.s("e"), n.s("i")), n.s("v")), n.p("tm"));
    let condition = op(B::Greater, n.s("v"), num(1.0));
    let node = n.equation("e", e).equation("i", i).equation("v", v).impulse("e", 0, num(1.0)).impulse("i", 1, num(1.0));
    say("two synaptic currents", node.fires(condition, vec![("v", num(0.0))]));

    let n = Node::new(&["a", "b"], &["v", "u"]).input("i", PortKind::Flow);
    let v = sub(add(mul(num(0.04), mul(n.s("v"), n.s("v"))), Expr::Flow(0)), n.s("u"));
    let u = mul(n.p("a"), sub(mul(n.p("b"), n.s("v")), n.s("u")));
    let condition = op(B::Greater, n.s("v"), num(30.0));
    say("Izhikevich", n.equation("v", v).equation("u", u).fires(condition, vec![("v", num(-65.0))]));

    let n = Node::new(&["tm", "ta", "k"], &["v", "a"]).input("i", PortKind::Flow);
    let v = div(sub(Expr::Flow(0), n.s("v")), n.p("tm"));
    let a = div(neg(n.s("a")), n.p("ta"));
    let condition = op(B::Greater, n.s("v"), add(num(1.0), n.s("a")));
    let raised = add(n.s("a"), n.p("k"));
    let node = n.equation("v", v).equation("a", a).fires(condition, vec![("v", num(0.0)), ("a", raised)]);
    say("adaptive threshold", node);

    let n = Node::new(&["tg", "tm"], &["g", "v"]).input("s", PortKind::Event);
    let g = div(neg(n.s("g")), n.p("tg"));
    let v = div(sub(mul(n.s("g"), sub(num(0.0), n.s("v"))), n.s("v")), n.p("tm"));
    let condition = op(B::Greater, n.s("v"), num(-0.05));
    let node = n.equation("g", g).equation("v", v).impulse("g", 0, num(1.0)).fires(condition, vec![("v", num(-0.07))]);
    say("conductance", node);

    let mut node = lif();
    node.0.handlers[0].body.push(Act::Refractory { duration: num(0.002), held: vec![0] });
    say("refractory", node);

    let mut node = lif();
    node.0.noises.push(Noise { state: 0, gain: num(1.0), stream: 0, origin: None });
    say("noise", node);

    let mut node = lif();
    node.0.handlers[0].body[0] = Act::Assign { state: 0, value: mul(num(0.5), Expr::State(0)) };
    say("half reset", node);

    let mut node = lif();
    node.0.handlers[0].body.remove(0);
    say("no reset", node);

    let mut node = lif();
    node.0.handlers[0].body[1] = Act::Emit { port: 0, payload: Some(num(2.0)) };
    say("large spikes", node);

    let mut node = lif();
    node.0.equations[0].value = neg(node.0.equations[0].value.clone());
    node.0.parameters[2].range = Some((0.001, 0.1));
    say("a sign lost (only the numbers can tell)", node);

    let n = Node::new(&[], &["v"]).input("i", PortKind::Flow);
    let value = add(div(n.s("v"), num(0.01)), Expr::Flow(0));
    let condition = op(B::Greater, n.s("v"), num(1.0));
    say("growth", n.equation("v", value).fires(condition, vec![("v", num(0.0))]));

    let mut node = lif();
    node.0.handlers[0].trigger = Trigger::Condition(op(B::Less, Expr::State(0), Expr::Parameter(3)));
    say("fires below", node);

    let n = Node::new(&["c"], &["v"]).input("i", PortKind::Flow);
    let value = add(Expr::Flow(0), n.p("c"));
    let condition = op(B::Greater, n.s("v"), num(1.0));
    say("constant drive", n.equation("v", value).fires(condition, vec![("v", num(0.0))]));

    let n = Node::new(&["tau"], &["v"]).input("i", PortKind::Flow).input("j", PortKind::Flow);
    let value = div(sub(add(Expr::Flow(0), mul(num(2.0), Expr::Flow(1))), n.s("v")), n.p("tau"));
    let v = n.s("v");
    say("two inputs", n.equation("v", value).flow_out(v));

    let n = Node::new(&["tau"], &["v"]).input("i", PortKind::Flow);
    let value = div(sub(Expr::Unary(UnaryFunction::Tanh, Box::new(Expr::Flow(0))), n.s("v")), n.p("tau"));
    let v = n.s("v");
    say("tanh", n.equation("v", value).flow_out(v));

    let mut node = lif();
    node.0.equations[0].value = add(node.0.equations[0].value.clone(), Expr::Time);
    say("time", node);
    insta::assert_snapshot!(out.join("\n"));
}

/// Choices for rewriting, taken from the front; 0 when used up.
struct Choices(Vec<u8>, usize);

impl Choices {
    fn next(&mut self, of: u8) -> u8 {
        let choice = self.0.get(self.1).copied().unwrap_or(0);
        self.1 += 1;
        choice % of
    }
}

/// An equal expression.
fn rewritten(expr: &Expr, choices: &mut Choices) -> Expr {
    let inner = match expr {
        Expr::Unary(UnaryFunction::Negate, operand) => {
            let operand = rewritten(operand, choices);
            match choices.next(3) {
                0 => neg(operand),
                1 => mul(num(-1.0), operand),
                _ => sub(num(0.0), operand),
            }
        }
        Expr::Binary(function, left, right) => {
            let (a, b) = (rewritten(left, choices), rewritten(right, choices));
            rewritten_binary(*function, a, b, choices)
        }
        other => other.clone(),
    };
    match choices.next(8) {
        1 => add(num(0.0), inner),
        2 => mul(inner, num(1.0)),
        3 => div(mul(num(4.0), inner), num(4.0)),
        4 => neg(neg(inner)),
        _ => inner,
    }
}

fn rewritten_binary(function: B, a: Expr, b: Expr, choices: &mut Choices) -> Expr {
    match (function, choices.next(4)) {
        (B::Add, 0) => add(b, a),
        (B::Add, 1) => sub(a, neg(b)),
        (B::Subtract, 0) => add(neg(b), a),
        (B::Subtract, 1) => neg(sub(b, a)),
        (B::Multiply, 0) => mul(b, a),
        (B::Multiply | B::Divide, 1) => distributed(function, a, b),
        (B::Divide, 0) => mul(div(num(1.0), b), a),
        (B::Divide, 2) => div(a, mul(num(1.0), b)),
        _ => op(function, a, b),
    }
}

/// `(x ± y)·b = x·b ± y·b`, and the same for `/`.
fn distributed(function: B, a: Expr, b: Expr) -> Expr {
    match a {
        Expr::Binary(inner @ (B::Add | B::Subtract), x, y) => {
            op(inner, op(function, *x, b.clone()), op(function, *y, b))
        }
        a => op(function, a, b),
    }
}

/// The same node, written differently: equations, gains, conditions scaled on both sides, values put into `let`s.
fn rewritten_node(node: &Dynamics, choices: &mut Choices) -> Dynamics {
    let mut node = node.clone();
    for equation in &mut node.equations {
        equation.value = rewritten(&equation.value, choices);
        if choices.next(3) == 1 {
            let value = std::mem::replace(&mut equation.value, Expr::Let(node.lets.len()));
            node.lets.push(Let { name: format!("l{}", node.lets.len()), shape: vec![], value });
        }
    }
    for impulse in &mut node.impulses {
        impulse.gain = rewritten(&impulse.gain, choices);
    }
    for handler in &mut node.handlers {
        let Trigger::Condition(Expr::Binary(function, left, right)) = &handler.trigger else { continue };
        let (a, b) = (rewritten(left, choices), rewritten(right, choices));
        let (a, b) = match choices.next(4) {
            1 => (mul(num(3.0), a), mul(num(3.0), b)),
            2 => (sub(a, b), num(0.0)),
            3 => (add(a, Expr::Parameter(0)), add(Expr::Parameter(0), b)),
            _ => (a, b),
        };
        let condition = match (function, choices.next(2)) {
            (B::Greater, 1) => op(B::Less, b, a),
            (function, _) => op(*function, a, b),
        };
        handler.trigger = Trigger::Condition(condition);
        for act in &mut handler.body {
            if let Act::Assign { value, .. } = act {
                *value = rewritten(value, choices);
            }
        }
        if choices.next(2) == 1 {
            handler.body.reverse();
        }
    }
    node
}

fn same(a: &Primitive, b: &Primitive, parameters: &[f64]) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0);
    a.kind == b.kind
        && a.reset == b.reset
        && a.at_threshold == b.at_threshold
        && a.drive == b.drive
        && a.parameters.iter().zip(&b.parameters).all(|(a, b)| {
            close(
                a.evaluate(parameters).expect("parameters are given"),
                b.evaluate(parameters).expect("parameters are given"),
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// However the equations of a primitive are written, it is found, with the same numbers.
    #[test]
    fn any_rewriting_is_recognised(which in 0..KINDS.len(), entry in 0..3_usize, choices in proptest::collection::vec(any::<u8>(), 0..160)) {
        let kind = KINDS[which];
        let entry = if kind == PrimitiveKind::Threshold { Entry::Flow } else { [Entry::Flow, Entry::Box, Entry::Impulse][entry] };
        let original = standard(kind, entry);
        let expected = recognise(&original).expect("standard");
        let node = rewritten_node(&original, &mut Choices(choices, 0));
        let found = match recognise(&node) {
            Ok(found) => found,
            Err(reason) => return Err(TestCaseError::fail(format!("{}: {node:#?}", reason.text))),
        };
        let parameters: Vec<f64> = (0..node.parameters.len()).map(|index| 0.3 + 0.17 * index as f64).collect();
        prop_assert!(same(&found, &expected, &parameters), "{:?}", found);
    }

    /// The certificate refuses a primitive with one number put wrong.
    #[test]
    fn a_wrong_number_is_noticed(which in 0..KINDS.len(), number in 0..7_usize) {
        let dynamics = standard(KINDS[which], Entry::Flow);
        let mut primitive = recognise(&dynamics).expect("standard");
        let number = number % primitive.parameters.len();
        let other = (number + 1) % primitive.parameters.len();
        if number != other {
            primitive.parameters[number] = primitive.parameters[other].clone();
            prop_assert!(!certify(&dynamics, &primitive));
        }
    }
}

#[test]
fn subtraction_is_told_from_a_value() {
    let mut node = lif();
    node.0.handlers[0].body[0] = Act::Assign { state: 0, value: sub(Expr::State(0), Expr::Parameter(3)) };
    let primitive = recognise(&node.0).expect("a LIF");
    assert_eq!(primitive.reset, Reset::Subtract);
}
