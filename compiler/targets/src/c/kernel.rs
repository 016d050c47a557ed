//! Kernels as loops over lanes.

use super::arrays::{literal, type_of};
use super::expression;
use super::writer::Code;
use neuro_program::{CoefficientId, Instruction, Kernel, Number, Slot, StepProgram, Value};
use std::collections::BTreeSet;

/// Where a kernel's values come from and go to, as C.
pub(super) trait Places {
    /// A lane's element of a bound buffer.
    fn element(&self, slot: Slot) -> String;
    /// Element 0 of a bound buffer.
    fn first(&self, slot: Slot) -> String;
    /// The name of a coefficient.
    fn coefficient(&self, id: CoefficientId) -> String;
    /// The statements of an emission.
    fn emit(&self, instruction: &Instruction, code: &mut Code);
}

/// Which instructions do something or are used by one that does: C compilers warn about the others.
fn used(kernel: &Kernel) -> Vec<bool> {
    let mut used = vec![false; kernel.instructions.len()];
    for (index, instruction) in kernel.instructions.iter().enumerate().rev() {
        if matches!(instruction, Instruction::Store { .. } | Instruction::Emit { .. }) {
            used[index] = true;
        }
        if used[index] {
            instruction.operands().for_each(|operand| used[operand.0 as usize] = true);
        }
    }
    used
}

/// The statements of one lane, whose number is in the variable `lane`.
pub(super) fn body(number: Number, kernel: &Kernel, places: &impl Places, code: &mut Code) {
    let used = used(kernel);
    let name = |value: Value| format!("v{}", value.0);
    for (index, instruction) in kernel.instructions.iter().enumerate().filter(|(index, _)| used[*index]) {
        let expression = match *instruction {
            Instruction::Constant(value) => literal(number, value),
            Instruction::Coefficient(id) => places.coefficient(id),
            Instruction::Lane => expression::from_index(number, "lane"),
            Instruction::Step => expression::from_index(number, "neuro_step"),
            Instruction::Load(slot) => places.element(slot),
            Instruction::LoadUniform(slot) => places.first(slot),
            Instruction::Unary { operation, operand } => expression::unary(number, operation, &name(operand)),
            Instruction::Binary { operation, left, right } => {
                expression::binary(number, operation, &name(left), &name(right))
            }
            Instruction::FusedMultiplyAdd { left, right, addend } => {
                expression::fused_multiply_add(number, &name(left), &name(right), &name(addend))
            }
            Instruction::Compare { comparison, left, right } => {
                expression::compare(comparison, &name(left), &name(right))
            }
            Instruction::Not(mask) => format!("!{}", name(mask)),
            Instruction::And(left, right) => format!("{} && {}", name(left), name(right)),
            Instruction::Or(left, right) => format!("{} || {}", name(left), name(right)),
            Instruction::Select { mask, then, otherwise } => {
                format!("{} ? {} : {}", name(mask), name(then), name(otherwise))
            }
            Instruction::Store { slot, value } => {
                code.line(format!("{} = {};", places.element(slot), name(value)));
                continue;
            }
            Instruction::Emit { .. } => {
                places.emit(instruction, code);
                continue;
            }
        };
        let kind = match instruction.kind() {
            neuro_program::Kind::Mask => "int",
            neuro_program::Kind::Number | neuro_program::Kind::Nothing => type_of(number),
        };
        code.line(format!("const {kind} v{index} = {expression};"));
    }
}

/// A kernel of the program on its static arrays.
pub(super) struct OnArrays<'a> {
    pub(super) program: &'a StepProgram,
    pub(super) kernel: &'a Kernel,
}

impl OnArrays<'_> {
    fn array(&self, slot: Slot) -> String {
        let buffer = self.kernel.bindings[slot.0 as usize];
        if self.program.buffers[buffer.0 as usize].slots == 1 {
            format!("b{}", buffer.0)
        } else {
            format!("r{}", buffer.0)
        }
    }
}

impl Places for OnArrays<'_> {
    fn element(&self, slot: Slot) -> String {
        format!("{}[lane]", self.array(slot))
    }

    fn first(&self, slot: Slot) -> String {
        format!("{}[0]", self.array(slot))
    }

    fn coefficient(&self, id: CoefficientId) -> String {
        coefficient_name(self.program, id)
    }

    fn emit(&self, instruction: &Instruction, code: &mut Code) {
        let Instruction::Emit { line, mask, payload, first } = *instruction else { return };
        let number = self.program.number;
        let (events, mask) = (format!("e{}[lane]", line.0), format!("v{}", mask.0));
        let sent = payload.map_or_else(|| expression::one(number), |payload| format!("v{}", payload.0));
        let sum = self.program.events[line.0 as usize].payload.map(|buffer| format!("b{}[lane]", buffer.0));
        if first {
            code.line(format!("{events} = {mask} != 0;"));
            if let Some(sum) = sum {
                code.line(format!("{sum} = {mask} ? {sent} : {};", literal(number, 0.0)));
            }
        } else {
            code.line(format!("if ({mask}) {{"));
            code.line(format!("    {events} = 1;"));
            if let Some(sum) = sum {
                code.line(format!("    {}", expression::accumulate(number, &sum, &sent)));
            }
            code.line("}");
        }
    }
}

/// `c3_net_e_tau`; of what is worked out from several numbers `c4_net_e`.
fn coefficient_name(program: &StepProgram, id: CoefficientId) -> String {
    let origin = &program.coefficients[id.0 as usize].origin;
    let words = [origin.population(), origin.declaration().map_or("", |declared| &declared.name)];
    words
        .iter()
        .filter(|word| !word.is_empty())
        .fold(format!("c{}", id.0), |name, word| format!("{name}_{}", super::writer::identifier(word)))
}

/// `static const double c3_net_e_tau = …;` for each number of the model in some kernels, with its formula and units.
pub(super) fn coefficients<'a>(program: &StepProgram, kernels: impl Iterator<Item = &'a Kernel>, code: &mut Code) {
    let mut needed = BTreeSet::new();
    for kernel in kernels {
        let used = used(kernel);
        needed.extend(kernel.instructions.iter().zip(used).filter_map(|(instruction, used)| match instruction {
            Instruction::Coefficient(id) if used => Some(*id),
            _ => None,
        }));
    }
    for id in needed {
        let coefficient = &program.coefficients[id.0 as usize];
        let Some(value) = coefficient.amount.shared() else { continue };
        code.comment(&neuro_program::text::coefficient(program, coefficient));
        let (kind, name) = (type_of(program.number), coefficient_name(program, id));
        code.line(format!("static const {kind} {name} = {};", literal(program.number, value)));
    }
}

/// `static void kN(void)`.
pub(super) fn function(program: &StepProgram, index: usize, code: &mut Code) {
    let kernel = &program.kernels[index];
    code.comment(&kernel.name);
    code.open(format!("static void k{index}(void)"));
    let used = used(kernel);
    for buffer in &kernel.bindings {
        let at = buffer.0;
        let ring = &program.buffers[at as usize];
        let touches = |instruction: &Instruction| match instruction {
            Instruction::Load(slot) | Instruction::LoadUniform(slot) | Instruction::Store { slot, .. } => {
                kernel.bindings[slot.0 as usize] == *buffer
            }
            _ => false,
        };
        let bound = kernel.lanes > 0
            && kernel.instructions.iter().zip(&used).any(|(instruction, used)| *used && touches(instruction));
        if ring.slots > 1 && bound {
            code.line(format!(
                "{} *const r{at} = b{at} + (size_t)b{at}_slot * {}u;",
                type_of(program.number),
                ring.lanes
            ));
        }
    }
    code.for_each("lane", kernel.lanes, |code| body(program.number, kernel, &OnArrays { program, kernel }, code));
    code.close();
}
