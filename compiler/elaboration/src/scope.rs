//! Where names get their meaning: scopes of a node, a task, a turn of a loop, a call.
//!
//! A `let` is worked out when somebody first asks for it, because statements stand in any order. What differs from member to member
//! of a population is kept member by member.

use crate::algebra::Lowered;
use crate::instances::InstanceId;
use crate::ports::PortId;
use crate::random::{mix, mix_text};
use crate::value::{Array, Value};
use neuro_analysis::typed::{Expr, Local, LocalId};
use neuro_diagnostics::Place;
use neuro_model as model;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// What all scopes of one body share: which instance it is, and how many members it has.
#[derive(Debug)]
pub(crate) struct Frame<'p> {
    /// `net.columns`; empty in a task.
    pub(crate) path: String,
    /// Key of the random numbers of the instance; that of a task follows its seed.
    pub(crate) key: Cell<u64>,
    /// The calls of functions through which the body is reached: 0 for none.
    pub(crate) calls: u64,
    /// All axes of the population, those of the outer instances first.
    pub(crate) axes: Vec<usize>,
    /// Their product.
    pub(crate) members: usize,
    /// The names of the item.
    pub(crate) locals: &'p [Local],
    /// Which instance it is, if it is one.
    pub(crate) instance: Option<InstanceId>,
    /// Where the instance is made.
    pub(crate) place: Option<Place>,
}

impl<'p> Frame<'p> {
    /// Of what is in no instance: a constant, a task, a call.
    pub(crate) fn apart(key: u64, locals: &'p [Local], place: Option<Place>) -> Self {
        Self {
            path: String::new(),
            key: key.into(),
            calls: 0,
            axes: Vec::new(),
            members: 1,
            locals,
            instance: None,
            place,
        }
    }

    /// Of the body of a function that is written out where it is called.
    pub(crate) fn of_call(&self, calls: u64, locals: &'p [Local], place: Place) -> Self {
        Self {
            path: self.path.clone(),
            key: self.key.clone(),
            calls,
            axes: self.axes.clone(),
            members: self.members,
            locals,
            instance: self.instance,
            place: Some(place),
        }
    }
}

/// Names of one block.
#[derive(Debug)]
pub(crate) struct Scope<'p> {
    /// Whose body it is.
    pub(crate) frame: Rc<Frame<'p>>,
    parent: Option<Rc<Scope<'p>>>,
    slots: RefCell<BTreeMap<LocalId, Slot<'p>>>,
    /// Added to the names of the instances of a turn of a loop: `_2`.
    pub(crate) suffix: String,
}

/// What a scope knows of a name.
#[derive(Clone, Debug)]
pub(crate) enum Slot<'p> {
    /// A `let` that nobody has asked for yet.
    Pending(&'p Expr),
    /// A `let` that is being worked out.
    Working,
    /// Left to the run.
    AwaitsRun,
    /// Known.
    Done(Binding<'p>),
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Binding<'p> {
    /// The same for all members.
    Value(Value),
    /// Numbers that differ from member to member.
    Members(Members),
    /// An in- or out-port of the node itself.
    Port(PortId),
    /// A state of the node itself.
    State,
    /// An algebraic flow, in the scope in which it is written.
    Flow(&'p Expr, Rc<Scope<'p>>),
    /// An argument of a function, a payload or a local value of a handler: already lowered, and where it is written if it is constant.
    Lowered(Lowered, Option<(&'p Expr, Rc<Scope<'p>>)>),
    /// A value of an edge.
    Edge(model::EdgeExpr),
}

/// Numbers of the members of a population.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Members {
    /// Shape of one member's numbers.
    pub(crate) shape: Vec<usize>,
    /// One member after the other.
    pub(crate) values: Arc<[f64]>,
    /// Whether they are truths.
    pub(crate) truth: bool,
}

impl Members {
    /// How many numbers a member has.
    pub(crate) fn inner(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many members.
    pub(crate) fn count(&self) -> usize {
        self.values.len() / self.inner().max(1)
    }

    /// The numbers of the member that is `member` of `count`; `count` is a multiple of the members here.
    pub(crate) fn of(&self, member: usize, count: usize) -> Value {
        let own = member / (count / self.count().max(1)).max(1);
        let inner = self.inner();
        if self.shape.is_empty() {
            let number = self.values[own];
            return if self.truth { Value::Truth(number != 0.0) } else { Value::Number(number) };
        }
        let values: Arc<[f64]> = Arc::from(&self.values[own * inner..(own + 1) * inner]);
        Value::Array(Array { shape: self.shape.clone(), values, truth: self.truth })
    }
}

impl<'p> Scope<'p> {
    /// The outermost scope of a body.
    pub(crate) fn root(frame: Frame<'p>) -> Rc<Self> {
        Rc::new(Self { frame: Rc::new(frame), parent: None, slots: RefCell::default(), suffix: String::new() })
    }

    /// A block inside another.
    pub(crate) fn inside(parent: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self {
            frame: parent.frame.clone(),
            parent: Some(parent.clone()),
            slots: RefCell::default(),
            suffix: parent.suffix.clone(),
        })
    }

    /// A turn of a loop.
    pub(crate) fn turn(parent: &Rc<Self>, index: usize) -> Rc<Self> {
        Rc::new(Self {
            frame: parent.frame.clone(),
            parent: Some(parent.clone()),
            slots: RefCell::default(),
            suffix: format!("{}_{index}", parent.suffix),
        })
    }

    /// What tells apart the turns of loops and the calls in which one expression of a body stands; the same for all instances.
    pub(crate) fn turns_and_calls(&self) -> u64 {
        mix_text(self.frame.calls, &self.suffix)
    }

    /// The key within which expressions of this block draw.
    pub(crate) fn key(&self) -> u64 {
        mix(self.frame.key.get(), self.turns_and_calls())
    }

    /// Says what a name stands for.
    pub(crate) fn bind(&self, local: LocalId, binding: Binding<'p>) {
        self.slots.borrow_mut().insert(local, Slot::Done(binding));
    }

    /// Notes a `let` for later.
    pub(crate) fn postpone(&self, local: LocalId, value: &'p Expr) {
        self.slots.borrow_mut().insert(local, Slot::Pending(value));
    }

    /// Sets what is known of a name in this very scope.
    pub(crate) fn set(&self, local: LocalId, slot: Slot<'p>) {
        self.slots.borrow_mut().insert(local, slot);
    }

    /// Notes a name whose value only the run knows.
    pub(crate) fn await_run(&self, local: LocalId) {
        self.set(local, Slot::AwaitsRun);
    }

    /// The innermost scope that has the name, and what it knows of it.
    pub(crate) fn find(self: &Rc<Self>, local: LocalId) -> Option<(Rc<Self>, Slot<'p>)> {
        let mut scope = self;
        loop {
            if let Some(slot) = scope.slots.borrow().get(&local) {
                return Some((scope.clone(), slot.clone()));
            }
            scope = scope.parent.as_ref()?;
        }
    }

    /// What a name stands for, if that has been worked out.
    pub(crate) fn known(self: &Rc<Self>, local: LocalId) -> Option<Binding<'p>> {
        match self.find(local)?.1 {
            Slot::Done(binding) => Some(binding),
            Slot::Pending(_) | Slot::Working | Slot::AwaitsRun => None,
        }
    }

    /// The name of a local.
    pub(crate) fn name(&self, local: LocalId) -> &'p str {
        self.frame.locals.get(local.0 as usize).map_or("", |local| local.name.as_str())
    }
}
