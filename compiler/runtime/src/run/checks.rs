//! Numbers that stopped being finite are found during the run, not in the results.

use neuro_diagnostics::{Code, Diagnostic};
use neuro_program::{Memory, Numbers, Observable, Observed, StepProgram};

/// A number stopped being finite during the run.
pub static E1104: Code =
    Code::new("E1104", "a number stopped being finite during the run", include_str!("../explain/E1104.md"));

/// Steps between two looks at all states.
pub(super) const LOOK_EVERY: u64 = 64;

/// Looks at the states that were finite at first.
pub(super) struct FiniteCheck {
    watched: Vec<usize>,
    /// Up to this step all was well.
    well_until: u64,
}

impl FiniteCheck {
    pub(super) fn new(program: &StepProgram, memory: &Memory) -> Self {
        let finite = |observable: &Observable| first_not_finite(observable, memory).is_none();
        let watched = program.observables.iter().enumerate().filter(|(_, observable)| finite(observable));
        Self { watched: watched.map(|(index, _)| index).collect(), well_until: 0 }
    }

    /// Looks at all watched states after `memory.step` steps.
    pub(super) fn look(&mut self, program: &StepProgram, memory: &Memory) -> Result<(), Diagnostic> {
        for index in &self.watched {
            let observable = &program.observables[*index];
            if let Some((lane, value)) = first_not_finite(observable, memory) {
                return Err(self.report(program, observable, lane, value, memory.step));
            }
        }
        self.well_until = memory.step;
        Ok(())
    }

    fn report(&self, program: &StepProgram, observable: &Observable, lane: usize, value: f64, step: u64) -> Diagnostic {
        let what = if value.is_nan() { "is not a number" } else { "is infinite" };
        let member = if observable.shape.iter().product::<usize>() > 1 { format!("[{lane}]") } else { String::new() };
        let time = |step: u64| milliseconds(step as f64 * program.dt);
        let message = format!("`{}{member}` {what} at {}", observable.name, time(step));
        Diagnostic::unplaced(&E1104, message)
            .note(format!("at {} all states of `{}` were finite", time(self.well_until), observable.population))
            .help(format!("a step shorter than {} may do, or another method", milliseconds(program.dt)))
    }
}

fn milliseconds(seconds: f64) -> String {
    // Sums of steps leave digits that nobody asked for.
    let rounded = (seconds * 1e9).round() / 1e6;
    format!("{rounded} ms")
}

fn first_not_finite(observable: &Observable, memory: &Memory) -> Option<(usize, f64)> {
    let Observed::Buffer(buffer, first) = observable.what else { return None };
    let start = memory.range(buffer).start + first as usize;
    let range = start..start + observable.shape.iter().product::<usize>();
    match &memory.numbers {
        Numbers::F32(numbers) => {
            let found = find_first(&numbers[range], |number| !number.is_finite())?;
            Some((found, f64::from(numbers[start + found])))
        }
        Numbers::F64(numbers) => {
            let found = find_first(&numbers[range], |number| !number.is_finite())?;
            Some((found, numbers[start + found]))
        }
        Numbers::I64(_) => None,
    }
}

/// The first of which it is true; looks at blocks without branches, since nearly always there is none.
fn find_first<T: Copy>(numbers: &[T], found: impl Fn(T) -> bool) -> Option<usize> {
    const BLOCK: usize = 256;
    let block = numbers.chunks(BLOCK).position(|block| block.iter().fold(false, |any, number| any | found(*number)))?;
    let rest = numbers[block * BLOCK..].iter().position(|number| found(*number))?;
    Some(block * BLOCK + rest)
}
