//! The files of a model, put together from the functions of its parts.

use super::arrays::{array, literal, type_of};
use super::projection::plus;
use super::{kernel, projection, runtime, source};
use neuro_program::{Initial, MapKind, Number, Observed, Operation, SourceKind, StepProgram};
use std::fmt::{Display, Write};

/// C text with its indentation.
#[derive(Debug, Default)]
pub(super) struct Code {
    text: String,
    depth: usize,
}

impl Code {
    pub(super) fn line(&mut self, line: impl Display) {
        let _ = writeln!(self.text, "{:width$}{line}", "", width = 4 * self.depth);
    }

    /// A comment that nothing in `words` can end.
    pub(super) fn comment(&mut self, words: &str) {
        self.line(format!("/* {} */", words.replace("*/", "* /").replace("/*", "/ *")));
    }

    /// `head {`, with what follows indented.
    pub(super) fn open(&mut self, head: impl Display) {
        let head = head.to_string();
        let space = if head.is_empty() { "" } else { " " };
        self.line(format!("{head}{space}{{"));
        self.depth += 1;
    }

    pub(super) fn close(&mut self) {
        self.depth -= 1;
        self.line("}");
    }

    /// A loop over 0 to `count`; nothing for 0, about which compilers warn.
    pub(super) fn for_each(&mut self, variable: &str, count: usize, each: impl FnOnce(&mut Self)) {
        if count == 0 {
            return;
        }
        self.open(format!("for (uint32_t {variable} = 0; {variable} < {count}u; ++{variable})"));
        each(self);
        self.close();
    }

    /// For arrays, which stand at the left margin.
    pub(super) fn text(&mut self) -> &mut String {
        &mut self.text
    }
}

/// An input or output of `NAME_step`.
pub(super) struct Port {
    pub(super) parameter: String,
    /// The program's own name of it.
    pub(super) name: String,
    pub(super) count: usize,
    pub(super) what: PortKind,
}

#[derive(Clone, Copy)]
pub(super) enum PortKind {
    /// A row for the table source of that index.
    Input(usize),
    Output(Observed),
}

/// A program, with the names that it gets in C.
pub(super) struct Model<'a> {
    pub(super) program: &'a StepProgram,
    pub(super) name: String,
    pub(super) ports: Vec<Port>,
}

impl<'a> Model<'a> {
    pub(super) fn new(program: &'a StepProgram, name: &str) -> Self {
        let mut ports: Vec<Port> = Vec::new();
        let inputs = program.sources.iter().enumerate().filter_map(|(index, source)| match source.kind {
            SourceKind::Table { lanes, .. } | SourceKind::Input { lanes, .. } => {
                Some(("input", source.name.clone(), lanes, PortKind::Input(index)))
            }
            SourceKind::Events { .. }
            | SourceKind::Poisson { .. }
            | SourceKind::Clock { .. }
            | SourceKind::Draw { .. }
            | SourceKind::DelayedEvents { .. } => None,
        });
        let outputs = program.observables.iter().map(|observable| {
            let count = observable.shape.iter().product();
            ("output", observable.name.clone(), count, PortKind::Output(observable.what))
        });
        for (direction, name, count, what) in inputs.chain(outputs) {
            let mut parameter = format!("{direction}_{}", identifier(&name));
            if ports.iter().any(|port| port.parameter == parameter) {
                parameter = format!("{parameter}_{}", ports.len());
            }
            ports.push(Port { parameter, name, count, what });
        }
        let mut name = identifier(name);
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            name.insert(0, 'n');
        }
        Self { program, name, ports }
    }

    pub(super) fn output_type(&self, what: Observed) -> &'static str {
        match what {
            Observed::Buffer(..) => type_of(self.program.number),
            Observed::Events(..) => "uint8_t",
        }
    }

    fn prototype(&self) -> String {
        let parameters: Vec<String> = self
            .ports
            .iter()
            .map(|port| match port.what {
                PortKind::Input(_) => format!("const {} *{}", type_of(self.program.number), port.parameter),
                PortKind::Output(what) => format!("{} *{}", self.output_type(what), port.parameter),
            })
            .collect();
        let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
        format!("void {}_step({parameters})", self.name)
    }

    pub(super) fn header(&self) -> String {
        let mut code = Code::default();
        let name = &self.name;
        code.comment(&format!("{name}: a step is {:?} s.", self.program.dt));
        code.line("/*");
        code.line(" * Written by neuro. Compile with contraction off (-ffp-contract=off) and without -ffast-math to get the bits of neuro's interpreter.");
        code.line(" * Of the mathematics library only sqrt, sqrtf, fma and fmaf are called, where the model needs them (-lm); they must round correctly,");
        code.line(" * as C99 with IEC 60559 demands.");
        code.line(" */");
        code.line("#ifndef NEURO_MODEL_H\n#define NEURO_MODEL_H\n#include <stdint.h>\n");
        code.comment("Sets the model to time 0. To be called before the first step.");
        code.line(format!("void {name}_init(void);\n"));
        code.comment("Does one step. Of arrays:");
        for port in &self.ports {
            let what = match port.what {
                PortKind::Input(_) => "is read",
                PortKind::Output(Observed::Buffer(..)) => "is written",
                PortKind::Output(Observed::Events(..)) => "is written: 1 for an event, 0 for none",
            };
            code.comment(&format!("{} ({}): {} elements, {what}.", port.parameter, port.name, port.count));
        }
        code.line(format!("{};\n\n#endif", self.prototype()));
        code.text
    }

    pub(super) fn source(&self) -> String {
        let program = self.program;
        let mut body = Code::default();
        self.arrays(&mut body);
        let kernels: Vec<usize> = (0..program.kernels.len())
            .filter(|index| self.runs(Operation::Kernel(neuro_program::KernelId(*index as u32))))
            .collect();
        kernel::coefficients(program, kernels.iter().map(|index| &program.kernels[*index]), &mut body);
        kernels.into_iter().for_each(|index| kernel::function(program, index, &mut body));
        for index in 0..program.projections.len() {
            if self.runs(Operation::Deliver(neuro_program::ProjectionId(index as u32))) {
                projection::function(program, index, &mut body);
            }
        }
        for index in 0..program.maps.len() {
            if self.runs(Operation::Map(neuro_program::MapId(index as u32))) {
                projection::map_function(program, index, &mut body);
            }
        }
        let mut sources = Code::default();
        for index in 0..program.sources.len() {
            if self.runs(Operation::Source(neuro_program::SourceId(index as u32))) {
                source::function(program, index, &mut sources);
            }
        }
        if sources.text.contains("neuro_normal(") {
            source::normal_function(&mut body);
        }
        body.text.push_str(&sources.text);
        self.init(&mut body);
        self.step(&mut body);
        self.assemble(&body.text)
    }

    /// Whether the schedule has an operation; functions that nobody calls are not printed.
    fn runs(&self, operation: Operation) -> bool {
        self.program.start.contains(&operation) || self.program.step.contains(&operation)
    }

    fn assemble(&self, body: &str) -> String {
        let mut text = String::from("#include \"model.h\"\n");
        let helpers = runtime::helpers(body);
        for (header, marks) in [
            ("float.h", &["FLT_EVAL_METHOD"][..]),
            ("math.h", &["sqrt(", "sqrtf(", "fma(", "fmaf(", "INFINITY", "NAN"]),
            ("stddef.h", &["size_t"]),
            ("string.h", &["memcpy(", "memset("]),
        ] {
            if header == "float.h" && self.program.number != Number::I64
                || marks.iter().any(|mark| body.contains(mark) || helpers.contains(mark))
            {
                let _ = writeln!(text, "#include <{header}>");
            }
        }
        if self.program.number != Number::I64 {
            text.push_str("\n#if FLT_EVAL_METHOD != 0\n#error \"this compiler computes with more digits than the model's numbers have\"\n#endif\n");
            text.push_str("#if !defined(__GNUC__) || defined(__clang__)\n#pragma STDC FP_CONTRACT OFF\n#endif\n");
        }
        let _ = write!(text, "\n{helpers}\n");
        if body.contains("neuro_step") {
            text.push_str("/* The number of the present step, from 0. */\nstatic uint64_t neuro_step;\n\n");
        }
        text.push_str(body);
        text
    }

    /// The buffers and event lines.
    fn arrays(&self, code: &mut Code) {
        let number = type_of(self.program.number);
        for (index, buffer) in self.program.buffers.iter().enumerate() {
            code.comment(&buffer.name);
            if let Initial::PerLane(values) = &buffer.initial {
                array(
                    &mut code.text,
                    number,
                    &format!("b{index}_initial"),
                    values.iter().map(|value| literal(self.program.number, *value)),
                );
            }
            // C has no arrays without elements.
            code.line(format!("static {number} b{index}[{}u];", (buffer.lanes * buffer.slots).max(1)));
            if buffer.slots > 1 {
                code.line(format!("static uint32_t b{index}_slot;"));
            }
        }
        for (index, line) in self.program.events.iter().enumerate() {
            code.comment(&line.name);
            code.line(format!("static uint8_t e{index}[{}u];", line.lanes.max(1)));
        }
        code.line("");
    }

    fn init(&self, code: &mut Code) {
        let program = self.program;
        code.line("");
        code.open(format!("void {}_init(void)", self.name));
        for (index, buffer) in program.buffers.iter().enumerate() {
            let size = buffer.lanes * buffer.slots;
            match &buffer.initial {
                Initial::Uniform(value) => {
                    code.for_each("i", size, |code| {
                        code.line(format!("b{index}[i] = {};", literal(program.number, *value)))
                    });
                }
                Initial::PerLane(_) => {
                    let from = if buffer.slots > 1 { format!("i % {}u", buffer.lanes) } else { "i".to_owned() };
                    code.for_each("i", size, |code| code.line(format!("b{index}[i] = b{index}_initial[{from}];")));
                }
            }
            if buffer.slots > 1 {
                // Time 0 is the end of the step before the first.
                code.line(format!("b{index}_slot = {};", if program.start.is_empty() { 0 } else { buffer.slots - 1 }));
            }
        }
        for index in 0..program.events.len() {
            code.line(format!("memset(e{index}, 0, sizeof e{index});"));
        }
        self.forget(code);
        if code.text.contains("neuro_step") {
            code.line("neuro_step = 0;");
        }
        program.start.iter().for_each(|operation| self.operation(*operation, code));
        if !program.start.is_empty() {
            for (index, _) in program.buffers.iter().enumerate().filter(|(_, buffer)| buffer.slots > 1) {
                code.line(format!("b{index}_slot = 0;"));
            }
        }
        code.close();
    }

    /// Sets the pasts of delayed flows and lines to what they were before the first step.
    fn forget(&self, code: &mut Code) {
        let program = self.program;
        for (index, map) in program.maps.iter().enumerate() {
            let MapKind::Delay { count, steps, source_offset, .. } = map.kind else { continue };
            let runs = self.runs(Operation::Map(neuro_program::MapId(index as u32)));
            if !runs || steps == 0 || count == 0 {
                continue;
            }
            let first = match &program.buffers[map.source.0 as usize].initial {
                Initial::Uniform(value) => literal(program.number, *value),
                Initial::PerLane(_) => {
                    format!("b{}_initial[{}]", map.source.0, plus(source_offset as u64, &format!("i % {count}u")))
                }
            };
            code.for_each("i", steps as usize * count, |code| code.line(format!("m{index}_past[i] = {first};")));
            code.line(format!("m{index}_next = 0;"));
        }
        for (index, source) in program.sources.iter().enumerate() {
            if !self.runs(Operation::Source(neuro_program::SourceId(index as u32))) {
                continue;
            }
            match &source.kind {
                SourceKind::DelayedEvents { .. } => {
                    code.line(format!("memset(s{index}_past, 0, sizeof s{index}_past);"));
                    code.line(format!("s{index}_next = 0;"));
                }
                SourceKind::Events { events, .. } if !events.is_empty() => code.line(format!("s{index}_next = 0;")),
                SourceKind::Events { .. }
                | SourceKind::Table { .. }
                | SourceKind::Input { .. }
                | SourceKind::Poisson { .. }
                | SourceKind::Clock { .. }
                | SourceKind::Draw { .. } => {}
            }
        }
    }

    fn operation(&self, operation: Operation, code: &mut Code) {
        match operation {
            Operation::Kernel(kernel) => code.line(format!("k{}();", kernel.0)),
            Operation::Deliver(projection) => code.line(format!("p{}();", projection.0)),
            Operation::Map(map) => code.line(format!("m{}();", map.0)),
            Operation::Source(source) => {
                let input = self
                    .ports
                    .iter()
                    .find(|port| matches!(port.what, PortKind::Input(index) if index == source.0 as usize));
                code.line(format!("s{}({});", source.0, input.map_or("", |port| &port.parameter)));
            }
            Operation::Clear(buffer) => {
                let (at, ring) = (buffer.0, &self.program.buffers[buffer.0 as usize]);
                let place = if ring.slots == 1 {
                    format!("b{at}[i]")
                } else {
                    format!("b{at}[(size_t)b{at}_slot * {}u + i]", ring.lanes)
                };
                code.for_each("i", ring.lanes, |code| {
                    code.line(format!("{place} = {};", literal(self.program.number, 0.0)))
                });
            }
            Operation::ClearEvents(line) => source::clear_line(self.program, line, code),
        }
    }

    fn step(&self, code: &mut Code) {
        let program = self.program;
        code.line("");
        code.open(self.prototype());
        for port in &self.ports {
            let used = match port.what {
                PortKind::Input(index) => self.runs(Operation::Source(neuro_program::SourceId(index as u32))),
                PortKind::Output(_) => port.count > 0,
            };
            if !used {
                code.line(format!("(void){};", port.parameter));
            }
        }
        program.step.iter().for_each(|operation| self.operation(*operation, code));
        for port in &self.ports {
            let PortKind::Output(what) = port.what else { continue };
            let from = match what {
                Observed::Buffer(buffer, first) => format!("b{}[{}]", buffer.0, plus(u64::from(first), "i")),
                Observed::Events(line, first) => format!("e{}[{}]", line.0, plus(u64::from(first), "i")),
            };
            code.for_each("i", port.count, |code| code.line(format!("{}[i] = {from};", port.parameter)));
        }
        for (index, buffer) in program.buffers.iter().enumerate().filter(|(_, buffer)| buffer.slots > 1) {
            code.line(format!("b{index}_slot = neuro_slot(b{index}_slot, 1, {});", buffer.slots));
        }
        if code.text.contains("neuro_step") {
            code.line("++neuro_step;");
        }
        code.close();
    }
}

/// Letters, digits and `_`.
pub(super) fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
