//! The target `c` on the paper's graphs: what is printed, compiled by the host's `cc`, gives the bits of the reference interpreter. Where there
//! is no `cc` the tests say so and hold nothing.

use crate::support::{SETTINGS, drive, imported};
use crate::traces::{csv, npz};
use neuro_diagnostics::has_errors;
use neuro_numerics::{Semantics, discretise};
use neuro_program::{Interpreter, Memory, Number, Numbers, Observed, Run, StepProgram};
use neuro_targets::c::emit_c;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const FLAGS: &[&str] = &["-std=c99", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-pedantic"];
const LIF: &str = "nir/paper/01_lif/lif_norse.nir";
const SRNN: &str = "nir/paper/03_rnn/braille_noDelay_bias_zero.nir";

fn same_bits(graph: &str, semantics: &str, rows: &[f64], steps: usize) {
    if Command::new("cc").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no cc here");
        return;
    }
    let semantics = Semantics::parse(semantics).unwrap();
    let (graph, diagnostics) = imported(graph, semantics.recurrence);
    assert!(!has_errors(&diagnostics), "{diagnostics:#?}");
    let (program, diagnostics) = discretise(&graph.unwrap(), &semantics, &SETTINGS);
    assert!(!has_errors(&diagnostics), "{diagnostics:#?}");
    let mut program = program.unwrap();
    drive(&mut program, rows);

    let folder = tempfile::tempdir().unwrap();
    compile(&program, folder.path());
    let printed = printed(&program, folder.path(), rows, steps);
    let program = Arc::new(program);
    let mut run = Run::new(Arc::clone(&program), Interpreter::default());
    let mut lines = printed.lines();
    for step in 0..steps {
        run.step().unwrap();
        let words: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
        assert_eq!(words, words_of(&program, run.memory()), "step {step}, {}", semantics.describe());
    }
}

fn compile(program: &StepProgram, folder: &Path) {
    let (files, diagnostics) = emit_c(program, "model");
    assert_eq!(diagnostics, vec![]);
    for file in &files {
        std::fs::write(folder.join(&file.name), &file.text).unwrap();
    }
    let mut cc = Command::new("cc");
    let output = cc.current_dir(folder).args(FLAGS).args(["model.c", "main.c", "-lm", "-o", "model"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What the compiled driver prints for these rows.
fn printed(program: &StepProgram, folder: &Path, rows: &[f64], steps: usize) -> String {
    let columns = rows.len() / steps;
    let mut text = String::new();
    for row in rows.chunks(columns) {
        for value in row {
            match program.number {
                Number::F32 => write!(text, "{:e} ", *value as f32),
                Number::F64 => write!(text, "{value:e} "),
                Number::I64 => write!(text, "{value} "),
            }
            .unwrap();
        }
        text.push('\n');
    }
    std::fs::write(folder.join("rows"), text).unwrap();
    let input = std::fs::File::open(folder.join("rows")).unwrap();
    let output = Command::new(folder.join("model")).arg(steps.to_string()).stdin(input).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The observables after a step, in the words of the printed driver.
fn words_of(program: &StepProgram, memory: &Memory) -> Vec<String> {
    let mut words = Vec::new();
    for observable in &program.observables {
        for lane in 0..observable.shape.iter().product::<usize>() {
            words.push(match observable.what {
                Observed::Events(line, first) => u8::from(memory.line(line).has(first as usize + lane)).to_string(),
                Observed::Buffer(buffer, first) => {
                    let at = memory.range(buffer).start + first as usize + lane;
                    match &memory.numbers {
                        Numbers::F32(values) => format!("{:08x}", values[at].to_bits()),
                        Numbers::F64(values) => format!("{:016x}", values[at].to_bits()),
                        Numbers::I64(values) => format!("{:016x}", values[at]),
                    }
                }
            });
        }
    }
    words
}

#[test]
fn the_lif_under_every_semantics_on_the_grid() {
    let [input, ..] = csv("norse");
    for semantics in ["norse", "snntorch", "sinabs", "nengo", "lava-fixed", "nir"] {
        same_bits(LIF, semantics, &input, input.len());
    }
}

#[test]
fn the_recurrent_net() {
    let input = npz("braille_like.npz", "x");
    for semantics in ["norse", "snntorch", "lava-fixed"] {
        same_bits(SRNN, semantics, &input, 256);
    }
}
