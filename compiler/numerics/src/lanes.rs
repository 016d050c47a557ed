//! Writes code over the members of one population: values in, operations of the step out.
//!
//! A value of shape `[n]` in a population of M members has M·n lanes. Everything of one shape goes into one kernel; where a value is needed in
//! another shape, its kernel ends there and a map carries it over ([`crate::arrays`]). So a population of scalars is one kernel.
//! Stores happen at the end, so all reads see what was there before. It knows neither equations nor handlers.

use crate::assembly::Assembly;
use crate::evaluate;
use crate::known::Known;
use neuro_model::{BinaryFunction, BinaryKind, UnaryFunction};
use neuro_program::{
    Arithmetic, BufferId, Builder, Comparison, EventId, Initial, KernelId, Mask, Operation, Role, Value,
};
use std::collections::{BTreeMap, HashMap};

/// A value in a population's code.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// Known before the run.
    Known(Known),
    /// Computed while it runs.
    Running(Running),
}

/// A value computed while the program runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    /// Shape within a member.
    pub(crate) shape: Vec<usize>,
    pub(crate) temporary: usize,
}

impl Operand {
    /// A number.
    pub(crate) fn number(value: f64) -> Self {
        Self::Known(Known::number(value))
    }

    /// Shape within a member.
    pub(crate) fn shape(&self) -> &[usize] {
        match self {
            Self::Known(known) => &known.shape,
            Self::Running(running) => &running.shape,
        }
    }

    /// How many numbers a member has.
    pub(crate) fn elements(&self) -> usize {
        self.shape().iter().product()
    }

    /// The one number that it is in every lane, if it is known.
    pub(crate) fn uniform(&self) -> Option<f64> {
        match self {
            Self::Known(known) => known.uniform(),
            Self::Running(_) => None,
        }
    }
}

/// What a kernel under construction has for a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held {
    /// A number.
    Number(Value),
    /// A truth.
    Truth(Mask),
    /// Nothing: it is in a buffer only.
    Stored,
}

#[derive(Debug)]
pub(crate) struct Temporary {
    pub(crate) elements: usize,
    /// The draft that computes it.
    kernel: usize,
    held: Held,
    /// Where it is stored for other kernels.
    buffer: Option<BufferId>,
    /// The same scalar over so many elements.
    spread: Vec<(usize, usize)>,
}

#[derive(Debug)]
struct Draft {
    builder: Builder,
    /// How many elements of a member it is about.
    elements: usize,
}

#[derive(Debug)]
enum Item {
    Kernel(usize),
    Operation(Operation),
}

/// Code under construction.
pub(crate) struct Code<'a> {
    pub(crate) assembly: &'a mut Assembly,
    pub(crate) name: String,
    pub(crate) members: usize,
    fused: bool,
    /// Whether to divide by what is known may be to multiply by its reciprocal: within half a unit of the last digit the same.
    pub(crate) reciprocals: bool,
    drafts: Vec<Draft>,
    /// The draft that is open for a count of elements.
    open: BTreeMap<usize, usize>,
    sequence: Vec<Item>,
    pub(crate) temporaries: Vec<Temporary>,
    /// What will be stored. Looked up, never iterated.
    current: HashMap<BufferId, Operand>,
    /// The buffers of `current`, in the order of their first store.
    changed: Vec<BufferId>,
}

impl<'a> Code<'a> {
    /// No code yet. With `fused` a product and a sum are rounded once.
    pub(crate) fn new(assembly: &'a mut Assembly, name: impl Into<String>, members: usize, fused: bool) -> Self {
        Self {
            assembly,
            name: name.into(),
            members,
            fused,
            reciprocals: false,
            drafts: Vec::new(),
            open: BTreeMap::new(),
            sequence: Vec::new(),
            temporaries: Vec::new(),
            current: HashMap::new(),
            changed: Vec::new(),
        }
    }

    /// A buffer's numbers: what was stored last, or what was there before.
    pub(crate) fn load(&mut self, buffer: BufferId, shape: &[usize]) -> Operand {
        if let Some(operand) = self.current.get(&buffer) {
            return operand.clone();
        }
        let elements = shape.iter().product();
        let draft = self.draft(elements);
        let value = self.drafts[draft].builder.load(buffer);
        self.keep(shape.to_vec(), draft, Held::Number(value))
    }

    /// A buffer's first number, for all lanes.
    pub(crate) fn load_uniform(&mut self, buffer: BufferId) -> Operand {
        let draft = self.draft(1);
        let value = self.drafts[draft].builder.load_uniform(buffer);
        self.keep(Vec::new(), draft, Held::Number(value))
    }

    /// The number of the step.
    pub(crate) fn step(&mut self) -> Operand {
        let draft = self.draft(1);
        let value = self.drafts[draft].builder.step();
        self.keep(Vec::new(), draft, Held::Number(value))
    }

    /// Sets a buffer, when the code ends.
    pub(crate) fn store(&mut self, buffer: BufferId, value: Operand) {
        if self.current.insert(buffer, value).is_none() {
            self.changed.push(buffer);
        }
    }

    /// A function of one number, element by element.
    pub(crate) fn unary(&mut self, function: UnaryFunction, x: &Operand) -> Operand {
        match x {
            Operand::Known(known) => Operand::Known(known.unary(function)),
            Operand::Running(running) if function == UnaryFunction::Not => {
                let (shape, draft) = self.ready(&running.shape);
                let mask = self.place_truth(x, draft);
                let mask = self.drafts[draft].builder.not(mask);
                self.keep(shape, draft, Held::Truth(mask))
            }
            Operand::Running(running) => {
                let (shape, draft) = self.ready(&running.shape);
                let value = self.place(x, draft);
                let value = function.formula(&mut self.drafts[draft].builder, value);
                self.keep(shape, draft, Held::Number(value))
            }
        }
    }

    /// A function of two numbers, element by element; a scalar goes with anything.
    pub(crate) fn binary(&mut self, function: BinaryFunction, left: &Operand, right: &Operand) -> Operand {
        if let (Operand::Known(left), Operand::Known(right)) = (left, right) {
            return Operand::Known(left.binary(function, right));
        }
        if let (true, BinaryFunction::Divide, Operand::Known(divisor)) = (self.reciprocals, function, right) {
            let reciprocal = Operand::Known(Known::number(1.0).binary(BinaryFunction::Divide, divisor));
            return self.binary(BinaryFunction::Multiply, left, &reciprocal);
        }
        let (shape, draft) = self.meet(&[left, right]);
        let held = match function.kind() {
            BinaryKind::Number => {
                let (x, y) = (self.place(left, draft), self.place(right, draft));
                Held::Number(function.formula(&mut self.drafts[draft].builder, x, y))
            }
            BinaryKind::Comparison(comparison) => {
                let (x, y) = (self.place(left, draft), self.place(right, draft));
                Held::Truth(self.drafts[draft].builder.compare(comparison, x, y))
            }
            BinaryKind::Both => {
                let (x, y) = (self.place_truth(left, draft), self.place_truth(right, draft));
                Held::Truth(self.drafts[draft].builder.and(x, y))
            }
            BinaryKind::Either => {
                let (x, y) = (self.place_truth(left, draft), self.place_truth(right, draft));
                Held::Truth(self.drafts[draft].builder.or(x, y))
            }
        };
        self.keep(shape, draft, held)
    }

    /// `if condition then a else b`, element by element.
    pub(crate) fn select(&mut self, condition: &Operand, then: &Operand, otherwise: &Operand) -> Operand {
        match (condition, then, otherwise) {
            (Operand::Known(condition), Operand::Known(then), Operand::Known(otherwise)) => {
                return Operand::Known(evaluate::choose(condition, then, otherwise));
            }
            _ => match condition.uniform() {
                Some(0.0) => return otherwise.clone(),
                Some(_) => return then.clone(),
                None => {}
            },
        }
        let (shape, draft) = self.meet(&[condition, then, otherwise]);
        let mask = self.place_truth(condition, draft);
        let (then, otherwise) = (self.place(then, draft), self.place(otherwise, draft));
        let value = self.drafts[draft].builder.select(mask, then, otherwise);
        self.keep(shape, draft, Held::Number(value))
    }

    /// `left * right + addend`.
    pub(crate) fn multiply_add(&mut self, left: &Operand, right: &Operand, addend: &Operand) -> Operand {
        if !self.fused {
            let product = self.multiply(left, right);
            return self.add(addend, &product);
        }
        let (shape, draft) = self.meet(&[left, right, addend]);
        let [left, right, addend] = [left, right, addend].map(|operand| self.place(operand, draft));
        let value = self.drafts[draft].builder.fused_multiply_add(left, right, addend);
        self.keep(shape, draft, Held::Number(value))
    }

    /// left + right
    pub(crate) fn add(&mut self, left: &Operand, right: &Operand) -> Operand {
        self.binary(BinaryFunction::Add, left, right)
    }

    /// left · right
    pub(crate) fn multiply(&mut self, left: &Operand, right: &Operand) -> Operand {
        self.binary(BinaryFunction::Multiply, left, right)
    }

    /// Truth: both.
    pub(crate) fn both(&mut self, left: &Operand, right: &Operand) -> Operand {
        match (left.uniform(), right.uniform()) {
            (Some(0.0), _) | (_, Some(0.0)) => Operand::number(0.0),
            (Some(_), _) => right.clone(),
            (_, Some(_)) => left.clone(),
            (None, None) => self.binary(BinaryFunction::And, left, right),
        }
    }

    /// Truth: one or both.
    pub(crate) fn either(&mut self, left: &Operand, right: &Operand) -> Operand {
        match (left.uniform(), right.uniform()) {
            (Some(0.0), _) => right.clone(),
            (_, Some(0.0)) => left.clone(),
            (Some(_), _) | (_, Some(_)) => Operand::number(1.0),
            (None, None) => self.binary(BinaryFunction::Or, left, right),
        }
    }

    /// Truth: not.
    pub(crate) fn not(&mut self, operand: &Operand) -> Operand {
        self.unary(UnaryFunction::Not, operand)
    }

    /// Sends an event of a shape where the truth holds. The line's lanes are the elements of that shape.
    pub(crate) fn emit(
        &mut self,
        line: EventId,
        shape: &[usize],
        truth: &Operand,
        payload: Option<&Operand>,
        first: bool,
    ) {
        let (_, draft) = self.ready(shape);
        let mask = self.place_truth(truth, draft);
        let payload = payload.map(|payload| self.place(payload, draft));
        self.drafts[draft].builder.emit(line, mask, payload, first);
    }

    /// The operations, in order; the code's kernels are in the assembly then.
    pub(crate) fn finish(self) -> Vec<Operation> {
        self.end().1
    }

    fn end(mut self) -> (&'a mut Assembly, Vec<Operation>) {
        for buffer in std::mem::take(&mut self.changed) {
            let Some(operand) = self.current.remove(&buffer) else { continue };
            let elements = (self.assembly.lanes(buffer) / self.members.max(1)).max(1);
            let draft = self.draft(elements);
            let value = self.place(&operand, draft);
            self.drafts[draft].builder.store(buffer, value);
        }
        for draft in std::mem::take(&mut self.open).into_values() {
            self.sequence.push(Item::Kernel(draft));
        }
        let mut drafts: Vec<_> = self.drafts.into_iter().map(|draft| Some(draft.builder)).collect();
        let mut operations = Vec::new();
        for item in self.sequence {
            match item {
                Item::Operation(operation) => operations.push(operation),
                Item::Kernel(draft) => {
                    let Some(builder) = drafts[draft].take() else { continue };
                    if builder.has_effects() {
                        operations.push(Operation::Kernel(self.assembly.kernel(builder)));
                    }
                }
            }
        }
        (self.assembly, operations)
    }

    /// The one kernel of code over scalars, even if it does nothing.
    pub(crate) fn finish_kernel(self) -> KernelId {
        let (name, lanes) = (self.name.clone(), self.members);
        let number = self.assembly.program.number;
        let kernels_before = self.assembly.program.kernels.len();
        let (assembly, _) = self.end();
        if assembly.program.kernels.len() == kernels_before {
            return assembly.kernel(Builder::new(name, lanes, number));
        }
        KernelId(kernels_before as u32)
    }

    /// The open kernel for a count of elements.
    pub(crate) fn draft(&mut self, elements: usize) -> usize {
        if let Some(draft) = self.open.get(&elements) {
            return *draft;
        }
        let builder = Builder::new(self.name.clone(), self.members * elements, self.assembly.program.number);
        self.drafts.push(Draft { builder, elements });
        self.open.insert(elements, self.drafts.len() - 1);
        self.drafts.len() - 1
    }

    /// An operation between the kernels. The kernels that it reads from are closed before ([`Code::stored`]).
    pub(crate) fn operation(&mut self, operation: Operation) {
        self.sequence.push(Item::Operation(operation));
    }

    /// A value that is in a buffer.
    pub(crate) fn in_buffer(&mut self, shape: Vec<usize>, buffer: BufferId) -> Operand {
        let elements = shape.iter().product();
        self.temporaries.push(Temporary {
            elements,
            kernel: 0,
            held: Held::Stored,
            buffer: Some(buffer),
            spread: Vec::new(),
        });
        Operand::Running(Running { shape, temporary: self.temporaries.len() - 1 })
    }

    /// A new buffer for a value of this code.
    pub(crate) fn scratch(&mut self, elements: usize) -> BufferId {
        let name = format!("{} value {}", self.name, self.temporaries.len());
        self.assembly.buffer(name, Role::Scratch, self.members * elements, Initial::Uniform(0.0))
    }

    /// Where a value is for other kernels and maps: the kernel that computes it ends here.
    pub(crate) fn stored(&mut self, temporary: usize) -> BufferId {
        if let Some(buffer) = self.temporaries[temporary].buffer {
            return buffer;
        }
        let buffer = self.scratch(self.temporaries[temporary].elements);
        let kernel = self.temporaries[temporary].kernel;
        let builder = &mut self.drafts[kernel].builder;
        let value = match self.temporaries[temporary].held {
            Held::Number(value) => Some(value),
            Held::Truth(mask) => Some(builder.as_number(mask)),
            Held::Stored => None,
        };
        if let Some(value) = value {
            builder.store(buffer, value);
        }
        self.temporaries[temporary].buffer = Some(buffer);
        let elements = self.temporaries[temporary].elements;
        if self.open.get(&elements) == Some(&kernel) {
            self.open.remove(&elements);
            self.sequence.push(Item::Kernel(kernel));
        }
        buffer
    }

    /// A shape and the open kernel for it.
    fn ready(&mut self, shape: &[usize]) -> (Vec<usize>, usize) {
        let draft = self.draft(shape.iter().product());
        (shape.to_vec(), draft)
    }

    /// The common shape of operands, whatever they need from other kernels, and then the open kernel for it.
    fn meet(&mut self, operands: &[&Operand]) -> (Vec<usize>, usize) {
        let shape =
            operands.iter().map(|operand| operand.shape()).find(|shape| !shape.is_empty()).unwrap_or(&[]).to_vec();
        let elements = shape.iter().product();
        // Placing may close kernels and open others, so everything is brought here before the kernel is chosen.
        for operand in operands {
            self.bring(operand, elements);
        }
        let draft = self.draft(elements);
        (shape, draft)
    }

    /// Makes a value available to the open kernel for a count of elements without closing that kernel.
    fn bring(&mut self, operand: &Operand, elements: usize) {
        if let Operand::Running(running) = operand {
            let temporary = running.temporary;
            if self.temporaries[temporary].elements != elements {
                self.spread(temporary, elements);
            }
        }
    }

    /// The number of an operand in an open kernel.
    pub(crate) fn place(&mut self, operand: &Operand, draft: usize) -> Value {
        let elements = self.drafts[draft].elements;
        match operand {
            Operand::Known(known) => self.place_known(known, elements, draft),
            Operand::Running(running) => {
                let temporary = self.spread(running.temporary, elements);
                let found = &self.temporaries[temporary];
                match found.held {
                    Held::Number(value) if found.kernel == draft => value,
                    Held::Truth(mask) if found.kernel == draft => self.drafts[draft].builder.as_number(mask),
                    Held::Number(_) | Held::Truth(_) | Held::Stored => {
                        let buffer = self.stored(temporary);
                        let uniform = self.assembly.lanes(buffer) == 1 && elements > 1;
                        let builder = &mut self.drafts[draft].builder;
                        if uniform { builder.load_uniform(buffer) } else { builder.load(buffer) }
                    }
                }
            }
        }
    }

    fn place_known(&mut self, known: &Known, elements: usize, draft: usize) -> Value {
        if let Some(number) = known.uniform() {
            return self.drafts[draft].builder.coefficient(number, known.origin.as_ref());
        }
        let wide;
        let known = if known.elements() == elements {
            known
        } else {
            wide = known.widened(elements);
            &wide
        };
        let table = self.assembly.table(&self.name, known, self.members);
        self.drafts[draft].builder.load(table)
    }

    /// The truth of an operand in an open kernel.
    fn place_truth(&mut self, operand: &Operand, draft: usize) -> Mask {
        if let Some(number) = operand.uniform() {
            return self.drafts[draft].builder.truth(number != 0.0);
        }
        if let Operand::Running(running) = operand {
            let found = &self.temporaries[running.temporary];
            if let (Held::Truth(mask), true) = (found.held, found.kernel == draft) {
                return mask;
            }
        }
        let value = self.place(operand, draft);
        let builder = &mut self.drafts[draft].builder;
        let zero = builder.constant(0.0);
        builder.compare(Comparison::NotEqual, value, zero)
    }

    fn keep(&mut self, shape: Vec<usize>, kernel: usize, held: Held) -> Operand {
        let elements = shape.iter().product();
        self.temporaries.push(Temporary { elements, kernel, held, buffer: None, spread: Vec::new() });
        Operand::Running(Running { shape, temporary: self.temporaries.len() - 1 })
    }

    /// A scalar over so many elements; itself if it has as many.
    fn spread(&mut self, temporary: usize, elements: usize) -> usize {
        let found = &self.temporaries[temporary];
        if found.elements == elements || (self.members == 1 && found.elements == 1) {
            return temporary;
        }
        if let Some((_, wide)) = found.spread.iter().find(|(count, _)| *count == elements) {
            return *wide;
        }
        let wide = self.broadcast(temporary, elements);
        self.temporaries[temporary].spread.push((elements, wide));
        wide
    }
}
