//! Every preset with every value of every axis: it is heeded, or refused with a code, never ignored.

use crate::support::{SETTINGS, drive, imported, run};
use crate::traces::npz;
use neuro_diagnostics::{Diagnostic, has_errors};
use neuro_numerics::Semantics;
use neuro_numerics::semantics::{Axis, Update};
use neuro_program::StepProgram;
use neuro_program::verify::verify;

/// A file with its input.
type Case = (&'static str, &'static str);

const LIF: Case = ("nir/paper/01_lif/lif_norse.nir", "lif_paper.npz");
const SRNN: Case = ("nir/paper/03_rnn/braille_noDelay_bias_zero.nir", "braille_like.npz");

/// The whole way from the file to the step program.
fn discretise((file, input): Case, semantics: &Semantics) -> (Option<StepProgram>, Vec<Diagnostic>) {
    let (graph, diagnostics) = imported(file, semantics.recurrence);
    let Some(graph) = graph else { return (None, diagnostics) };
    let (mut program, diagnostics) = neuro_numerics::discretise(&graph, semantics, &SETTINGS);
    if let Some(program) = &mut program {
        drive(program, &npz(input, "x"));
    }
    (program, diagnostics)
}

/// The records of a simulator's preset with one axis changed, as far as it leaves them open.
fn changed() -> Vec<(Semantics, Axis)> {
    let mut records = Vec::new();
    for (preset, _) in Semantics::presets() {
        let preset = Semantics::preset(preset).unwrap();
        for (axis, value) in Axis::ALL.iter().flat_map(|axis| axis.values().iter().map(move |value| (*axis, *value))) {
            let mut record = preset.clone();
            match record.set(axis.name(), value) {
                Ok(()) if record != preset => records.push((record, axis)),
                Ok(()) => {}
                Err(refused) => {
                    assert_eq!(refused.code().id, "E0821", "{refused}");
                    assert_eq!(record, preset, "a refused change leaves the record as it was");
                }
            }
        }
    }
    records
}

#[test]
fn every_change_runs_or_is_refused() {
    for (record, _) in changed() {
        let (program, diagnostics) = discretise(LIF, &record);
        let Some(program) = program else {
            assert!(has_errors(&diagnostics), "{record}: no program and no reason");
            continue;
        };
        assert_eq!(verify(&program), [""; 0], "{record}");
        let traces = run(program, 100);
        assert!(traces.values().flatten().all(|number| number.is_finite()), "{record}");
    }
}

/// On one of the paper's graphs an open axis must make a difference: another program, or a reason why there is none.
#[test]
fn no_change_is_ignored() {
    // Of the equations it is known elsewhere: `exact` is what `auto` is on these graphs.
    for (record, axis) in changed().into_iter().filter(|(record, _)| record.update != Update::Equations) {
        let preset = Semantics::preset(record.name).unwrap();
        let differs = [LIF, SRNN].into_iter().any(|case| discretise(case, &record) != discretise(case, &preset));
        assert!(differs, "{}: `{}` makes no difference", record, axis.name());
    }
}

/// The equations themselves: axes that change what the paper's graphs give.
#[test]
fn equations_heed_their_axes() {
    let pairs = [
        (LIF, "nir", "nir,cmp=greater_equal"),
        (LIF, "nir", "nir,test=before"),
        (SRNN, "nir,recurrence=step", "nir,recurrence=step,input=impulse"),
        (
            SRNN,
            "nir,recurrence=step,input=impulse",
            "nir,recurrence=step,input=impulse,order=deliver_integrate_threshold",
        ),
        (SRNN, "nir,recurrence=step", "nir,recurrence=step,rec_bias=delayed"),
        (SRNN, "nir,recurrence=step", "nir,recurrence=step,rec_bias=drop"),
        (SRNN, "nir,recurrence=step,rec_bias=delayed", "nir,recurrence=step,rec_bias=drop"),
    ];
    for (case, one, other) in pairs {
        let programs = [one, other].map(|semantics| {
            let (program, diagnostics) = discretise(case, &Semantics::parse(semantics).unwrap());
            program.unwrap_or_else(|| panic!("{semantics}: {diagnostics:#?}"))
        });
        assert_ne!(programs[0], programs[1], "{one} and {other}");
    }
}

/// The bias of the loop acts from the first step on, from the second, or never: the hidden layer's first two steps tell.
#[test]
fn the_bias_of_the_loop_acts_when_it_is_said_to() {
    let first = |rec_bias: &str| {
        let semantics = Semantics::parse(&format!("nir,recurrence=step,rec_bias={rec_bias}")).unwrap();
        let (program, diagnostics) = discretise(SRNN, &semantics);
        let traces = run(program.unwrap_or_else(|| panic!("{diagnostics:#?}")), 2);
        [traces["lif1.lif.i"][..38].to_vec(), traces["lif1.lif.i"][38..76].to_vec()]
    };
    let ([first_step, first_step_next], [delayed, delayed_next], [drop, drop_next]) =
        (first("first_step"), first("delayed"), first("drop"));
    assert_eq!(delayed, drop);
    assert_ne!(first_step, delayed);
    assert_ne!(delayed_next, drop_next);
    assert_ne!(first_step_next, delayed_next);
}
