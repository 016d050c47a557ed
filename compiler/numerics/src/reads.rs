//! What an expression reads, through the `let`s of its node.

use neuro_model::{Act, Dynamics, Expr, for_each_expr};
use std::collections::BTreeSet;

/// What expressions read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// States.
    pub(crate) states: BTreeSet<usize>,
    /// Flow in-ports.
    pub(crate) flows: BTreeSet<usize>,
    /// Event in-ports that are held over the step.
    pub(crate) boxed: BTreeSet<usize>,
    /// Whether the time is read.
    pub(crate) time: bool,
    /// `let`s that were looked into.
    lets: BTreeSet<usize>,
}

impl Reads {
    /// What one expression reads.
    pub(crate) fn of(dynamics: &Dynamics, expr: &Expr) -> Self {
        let mut reads = Self::default();
        reads.add(dynamics, expr);
        reads
    }

    /// What a handler's body reads.
    pub(crate) fn of_body(dynamics: &Dynamics, body: &[Act]) -> Self {
        let mut reads = Self::default();
        for_each_expr(body, &mut |expr| reads.add(dynamics, expr));
        reads
    }

    /// Adds what another expression reads.
    pub(crate) fn add(&mut self, dynamics: &Dynamics, expr: &Expr) {
        let mut lets = Vec::new();
        expr.visit(&mut |part| match part {
            Expr::State(index) => drop(self.states.insert(*index)),
            Expr::Flow(index) => drop(self.flows.insert(*index)),
            Expr::Boxed(index) => drop(self.boxed.insert(*index)),
            Expr::Time => self.time = true,
            Expr::Let(index) => lets.push(*index),
            Expr::Number(_)
            | Expr::Array { .. }
            | Expr::Parameter(_)
            | Expr::Payload
            | Expr::Local(_)
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
            | Expr::Reshape(..) => {}
        });
        for index in lets {
            if self.lets.insert(index)
                && let Some(found) = dynamics.lets.get(index)
            {
                self.add(dynamics, &found.value);
            }
        }
    }
}
