//! Equations and handlers: what they read, hear and send.

use super::build::{Builder, plain};
use super::graph::{Mode, Spot, Vertex};
use crate::builtins::Builtin;
use crate::typed::{Act, ActKind, Expr, ExprKind, Kind, LocalId, Role, Trigger};
use neuro_diagnostics::Place;
use neuro_model::instant::{self, Deed, Sort};
use std::collections::BTreeSet;

/// What a handler does with states, and what it hears.
pub(super) struct Handler {
    /// The `let`s that have been met, and those of them that have not been looked behind.
    pub(super) lets: BTreeSet<u32>,
    pub(super) open: Vec<LocalId>,
    pub(super) sort: Sort,
    pub(super) order: usize,
    pub(super) reads: BTreeSet<u32>,
    pub(super) assigns: BTreeSet<u32>,
}

impl Deed for Handler {
    type State = u32;
    type Rank = (Sort, usize);

    fn rank(&self) -> (Sort, usize) {
        (self.sort, self.order)
    }

    fn reads(&self) -> &BTreeSet<u32> {
        &self.reads
    }

    fn assigns(&self) -> &BTreeSet<u32> {
        &self.assigns
    }
}

/// What an equation reads.
#[derive(Default)]
pub(super) struct Reads {
    /// The `let`s that have been met, and those of them that have not been looked behind.
    pub(super) lets: BTreeSet<u32>,
    pub(super) open: Vec<LocalId>,
    pub(super) impulses: Vec<Spot>,
    pub(super) flows: Vec<Spot>,
    pub(super) states: BTreeSet<u32>,
}

impl Builder<'_, '_> {
    pub(super) fn equation(&mut self, state: LocalId, value: &Expr) {
        let mut reads = Reads::default();
        self.reads_of_equation(value, &mut reads);
        while let Some(id) = reads.open.pop() {
            if let Some(value) = self.checker.let_value_of(id) {
                self.reads_of_equation(value, &mut reads);
            }
        }
        self.jumps.entry(state.0).or_default().extend(reads.impulses);
        self.drives.entry(state.0).or_default().extend(reads.flows);
        self.coupled.entry(state.0).or_default().extend(reads.states);
    }

    /// What an equation reads, `let`s written out.
    pub(super) fn reads_of_equation(&mut self, expr: &Expr, reads: &mut Reads) {
        match &expr.kind {
            ExprKind::Builtin { function: Builtin::Impulse, arguments } => {
                if let Some(Some(event)) = arguments.first()
                    && let Some(source) = self.vertex(event)
                {
                    reads.impulses.push((source, Mode::Plain));
                }
            }
            ExprKind::Builtin { function: Builtin::Box, arguments } => {
                let place = (Vertex::Box(expr.place.span.start, self.turns.clone()), Mode::Boxed);
                if let Some(Some(event)) = arguments.first()
                    && let Some(source) = self.vertex(event)
                {
                    self.graph.add((source, Mode::Plain), place.clone(), plain());
                }
                reads.flows.push(place);
            }
            ExprKind::Builtin { function: Builtin::Hold, .. } => {}
            ExprKind::Local(id) => match self.checker.local(*id).role {
                Role::State => {
                    reads.states.insert(id.0);
                }
                Role::Let if reads.lets.insert(id.0) => reads.open.push(*id),
                Role::In if expr.ty.kind == Kind::Flow => reads.flows.push((Vertex::Own(id.0), Mode::Boxed)),
                _ => {}
            },
            ExprKind::Port { .. } => {
                if expr.ty.kind == Kind::Flow
                    && let Some(source) = self.vertex(expr)
                {
                    reads.flows.push((source, Mode::Boxed));
                }
            }
            _ => {
                for child in expr.children() {
                    self.reads_of_equation(child, reads);
                }
            }
        }
    }

    /// Within a boxed step what an equation reads reaches its state, and all states that follow it. The states of one node
    /// are integrated together: that they follow each other is no loop.
    pub(super) fn integrate(&mut self) {
        for (state, sources) in &self.drives {
            let mut followers = BTreeSet::from([*state]);
            loop {
                let before = followers.len();
                let next = self.coupled.iter().filter(|(_, reads)| reads.intersection(&followers).next().is_some());
                let next: Vec<u32> = next.map(|(state, _)| *state).collect();
                followers.extend(next);
                if followers.len() == before {
                    break;
                }
            }
            for source in sources {
                for follower in &followers {
                    self.graph.add(source.clone(), (Vertex::Own(*follower), Mode::Boxed), plain());
                }
            }
        }
    }

    pub(super) fn handler(&mut self, trigger: &Trigger, body: &[Act], place: Place) {
        let number = self.handler_places.len();
        self.handler_places.push(place);
        let own = (Vertex::Handler(number), Mode::Plain);
        let mut handler = Handler {
            lets: BTreeSet::new(),
            open: Vec::new(),
            sort: Sort::Event,
            order: number,
            reads: BTreeSet::new(),
            assigns: BTreeSet::new(),
        };
        match trigger {
            Trigger::Event { event, .. } => {
                if let Some(source) = self.vertex(event) {
                    self.graph.add((source, Mode::Plain), own.clone(), plain());
                } else {
                    // `sample(x, p)` reads what was before the instant.
                    self.hears(event, &own);
                }
            }
            Trigger::Condition(condition) => {
                handler.sort = Sort::Condition;
                self.read_by(condition, &own, &mut handler);
            }
        }
        self.acts(body, &own, &mut handler);
        while let Some(id) = handler.open.pop() {
            if let Some(value) = self.checker.let_value_of(id) {
                self.read_by(value, &own, &mut handler);
            }
        }
        self.handlers.push(handler);
    }

    /// A `hold` inside an expression of a handler hears its event.
    pub(super) fn hears(&mut self, expr: &Expr, own: &Spot) {
        if let ExprKind::Builtin { function: Builtin::Hold, arguments } = &expr.kind
            && let Some(Some(event)) = arguments.first()
            && let Some(source) = self.vertex(event)
        {
            self.graph.add((source, Mode::Plain), own.clone(), plain());
        }
        for child in expr.children() {
            self.hears(child, own);
        }
    }

    /// What a handler reads: states, to be ordered by; flows, which reach it within a boxed step; held events.
    pub(super) fn read_by(&mut self, expr: &Expr, own: &Spot, handler: &mut Handler) {
        match &expr.kind {
            ExprKind::Local(id) => match self.checker.local(*id).role {
                Role::State => {
                    handler.reads.insert(id.0);
                    self.graph.add((Vertex::Own(id.0), Mode::Boxed), own.clone(), plain());
                }
                Role::In if expr.ty.kind == Kind::Flow => {
                    self.graph.add((Vertex::Own(id.0), Mode::Boxed), own.clone(), plain());
                }
                Role::Let => {
                    self.graph.add((Vertex::Own(id.0), Mode::Boxed), own.clone(), plain());
                    // The states behind a `let` are touched too.
                    if handler.lets.insert(id.0) {
                        handler.open.push(*id);
                    }
                }
                _ => {}
            },
            ExprKind::Port { .. } => {
                if let Some(source) = self.vertex(expr) {
                    self.graph.add((source, Mode::Boxed), own.clone(), plain());
                }
            }
            ExprKind::Builtin { function: Builtin::Hold, .. } => self.hears(expr, own),
            _ => {
                for child in expr.children() {
                    self.read_by(child, own, handler);
                }
            }
        }
    }

    pub(super) fn acts(&mut self, body: &[Act], own: &Spot, handler: &mut Handler) {
        for act in body {
            match &act.kind {
                ActKind::Assign { state, value } => {
                    handler.assigns.insert(state.0);
                    self.read_by(value, own, handler);
                }
                ActKind::Emit { port, payload } => {
                    if let Some(payload) = payload {
                        self.read_by(payload, own, handler);
                    }
                    self.graph.add(own.clone(), (Vertex::Own(port.0), Mode::Plain), plain());
                }
                ActKind::Refractory { duration, held } => {
                    handler.assigns.extend(held.iter().map(|state| state.0));
                    self.read_by(duration, own, handler);
                }
                ActKind::Let { value, .. } => self.read_by(value, own, handler),
                ActKind::If { condition, then, otherwise } => {
                    self.read_by(condition, own, handler);
                    self.acts(then, own, handler);
                    self.acts(otherwise, own, handler);
                }
            }
        }
    }

    /// Rules (b) and (c) of an instant. Of impulses their events stand for them: what they do is add, and nobody hears of it but by handlers.
    pub(super) fn order_handlers(&mut self) {
        for handler in &self.handlers {
            let own = (Vertex::Handler(handler.order), Mode::Plain);
            for state in handler.reads.union(&handler.assigns) {
                for event in self.jumps.get(state).into_iter().flatten() {
                    self.graph.add(event.clone(), own.clone(), plain());
                }
            }
        }
        let spot = |handler: &Handler| (Vertex::Handler(handler.order), Mode::Plain);
        for (before, after) in instant::order(&self.handlers) {
            self.graph.add(spot(&self.handlers[before]), spot(&self.handlers[after]), plain());
        }
    }
}
