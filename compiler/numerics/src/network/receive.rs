//! Events that enter flow in-ports, as NIR graphs have them: the semantics says whether they are boxes or impulses.

use super::Reader;
use crate::codes::E0808;
use crate::print;
use crate::reads::Reads;
use crate::rewrite::{rewrite, rewrite_all, slope};
use crate::semantics::Input;
use neuro_model::{BinaryFunction, Dynamics, ElementKind, Expr, Impulse, InPort, PortKind, Trigger};
use petgraph::graph::NodeIndex;
use std::sync::Arc;

impl Reader<'_, '_> {
    /// Whether a wire brings events to a flow port: those of a map are a flow already where events are boxes.
    pub(super) fn brings_events(&mut self, from: (NodeIndex, usize)) -> bool {
        let boxed_before =
            self.semantics.input == Input::Box && matches!(self.graph.graph[from.0].kind, ElementKind::Map(_));
        self.kind(from) == PortKind::Event && !boxed_before
    }

    /// Whether beside events something leaves a map that is there all the time: its bias, or what flows into it.
    pub(super) fn has_smooth_part(&mut self, from: (NodeIndex, usize)) -> bool {
        let mut under_way = vec![from.0];
        let mut next = 0;
        while let Some(node) = under_way.get(next).copied() {
            next += 1;
            let ElementKind::Map(map) = &self.graph.graph[node].kind else { continue };
            if crate::maps::bias(map).is_some() {
                return true;
            }
            for (from, _) in self.entering(node) {
                if self.kind(from) == PortKind::Flow {
                    return true;
                }
                if !under_way.contains(&from.0) {
                    under_way.push(from.0);
                }
            }
        }
        false
    }

    /// The dynamics with an event in-port beside each flow in-port that events enter: (flow, event).
    pub(super) fn receive_events(
        &mut self,
        node: NodeIndex,
        dynamics: &Arc<Dynamics>,
    ) -> (Arc<Dynamics>, Vec<(usize, usize)>) {
        let mut changed = (**dynamics).clone();
        let mut ports = Vec::new();
        for (port, declared) in dynamics.inputs.iter().enumerate().filter(|(_, port)| port.kind == PortKind::Flow) {
            let wires: Vec<_> =
                self.entering(node).into_iter().filter(|(_, edge)| self.graph.graph[*edge].to == port).collect();
            if !wires.iter().any(|(from, _)| self.brings_events(*from)) {
                continue;
            }
            // Whether nothing but events enters.
            let alone = wires.iter().all(|(from, _)| self.brings_events(*from) && !self.has_smooth_part(*from));
            let name = if alone { declared.name.clone() } else { format!("{} events", declared.name) };
            changed.inputs.push(InPort { name, kind: PortKind::Event, default: None, ..declared.clone() });
            let event = changed.inputs.len() - 1;
            let rest = if alone { Expr::Number(0.0) } else { Expr::Flow(port) };
            match self.semantics.input {
                Input::Box => {
                    let value = if alone {
                        Expr::Boxed(event)
                    } else {
                        Expr::Binary(BinaryFunction::Add, Box::new(rest), Box::new(Expr::Boxed(event)))
                    };
                    rewrite_all(&mut changed, &mut |expr| (*expr == Expr::Flow(port)).then(|| value.clone()));
                }
                Input::Impulse => self.become_impulses(node, &mut changed, (port, event), &rest),
            }
            ports.push((port, event));
        }
        if ports.is_empty() { (Arc::clone(dynamics), ports) } else { (Arc::new(changed), ports) }
    }

    /// Splits `x' = f + g·i` into the equation f and the impulse g.
    fn become_impulses(
        &mut self,
        node: NodeIndex,
        dynamics: &mut Dynamics,
        (port, event): (usize, usize),
        rest: &Expr,
    ) {
        let origin = self.graph.graph[node].origin;
        let name = self.graph.graph[node].name.clone();
        let reads_port = |expr: &Expr| Reads::of(dynamics, expr).flows.contains(&port);
        let elsewhere = dynamics.handlers.iter().any(|handler| {
            Reads::of_body(dynamics, &handler.body).flows.contains(&port)
                || matches!(&handler.trigger, Trigger::Condition(condition) if reads_port(condition))
        }) || dynamics.outputs.iter().filter_map(|output| output.flow.as_ref()).any(reads_port);
        if elsewhere {
            let message = format!(
                "an impulse has no value, but `{name}` reads `{}` outside of its equations",
                dynamics.inputs[port].name
            );
            self.report(&E0808, origin, message)
                .helps
                .push("take `input = box`, in which an event stands for a step".to_owned());
            return;
        }
        let mut impulses = Vec::new();
        for equation in &dynamics.equations {
            match slope(dynamics, &equation.value, port) {
                Ok(None) => {}
                Ok(Some(gain)) => {
                    impulses.push(Impulse { state: equation.state, port: event, gain, origin: equation.origin })
                }
                Err(_) => {
                    let text = print::text(dynamics, &equation.value);
                    let message =
                        format!("`{}` enters `{text}` in a way that an impulse cannot", dynamics.inputs[port].name);
                    self.report(&E0808, equation.origin.or(origin), message)
                        .helps
                        .push("take `input = box`, in which an event stands for a step".to_owned());
                    return;
                }
            }
        }
        dynamics.impulses.extend(impulses);
        let mut value = |expr: &Expr| (*expr == Expr::Flow(port)).then(|| rest.clone());
        for this in &mut dynamics.lets {
            this.value = rewrite(&this.value, &mut value);
        }
        for equation in &mut dynamics.equations {
            equation.value = rewrite(&equation.value, &mut value);
        }
    }
}
