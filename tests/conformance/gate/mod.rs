//! The gate: every recorded trace of a folder comes out again. Spikes must be the same, the membrane of a single LIF to the bit, other states
//! within 1e-6 of their size (1e-5 where lava-dl computes in floating point).
//!
//! The folder `conformance/data` is walked, and those that `NEURO_TRACES` names, separated as those of PATH are.

mod layout;
mod recording;

use crate::support::{drive, import_file, run};
use layout::{Computed, Part, part_of};
use neuro_numerics::semantics::Reset;
use neuro_numerics::{Semantics, Settings, discretise};
use recording::{Recording, file_of};
use std::path::{Path, PathBuf};

/// The greatest difference of a state, relative to the greater of 1 and its recorded size.
const TOLERANCE: f64 = 1e-6;
/// The same where lava-dl computes in floating point.
const LAVA_DL: f64 = 1e-5;

/// How a recording is computed here: the record and the step in seconds.
fn semantics(recording: &Recording) -> Result<(Semantics, f64), String> {
    let (text, mut dt) = match recording.simulator.as_str() {
        "lava-nc-fixed" => ("lava-fixed", recording.dt()),
        "lava-nc-float" => ("lava-float", recording.dt()),
        "ideal-value" => ("ideal", recording.dt()),
        "ideal-subtract" => ("ideal,reset=subtract", recording.dt()),
        "snntorch-paper" => ("snntorch", recording.dt()),
        other => (other, recording.dt()),
    };
    let mut semantics = Semantics::parse(text).map_err(|error| error.to_string())?;
    match recording.variant.as_str() {
        "" | "subgraph" => {}
        // Weights that already hold NIR's gain R·dt/τ.
        "native" | "w004" => semantics.set("scale", "dt_tau").map_err(|error| error.to_string())?,
        // τ taken for a number of steps.
        "rawtau" => dt = 1.0,
        other => return Err(format!("nothing is known of a variant `{other}`")),
    }
    // Trained with resets by subtraction, which NIR cannot say: those who ran it said so where their simulator lets them.
    if recording.graph == "sub" && semantics.reset == Reset::Value && semantics.name != "lava-dl" {
        let open = semantics.set("reset", "subtract");
        let refused = open.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.is_empty() || refused.contains("reset"), "{refused}");
    }
    Ok((semantics, dt))
}

/// Runs the graph on the recording's input, one row of a batch after the other.
fn computed(recording: &Recording, path: &Path) -> Result<Computed, String> {
    let (semantics, dt) = semantics(recording)?;
    let (graph, diagnostics) = import_file(&file_of(&recording.graph, path), semantics.recurrence);
    let graph = graph.ok_or_else(|| format!("{diagnostics:#?}"))?;
    let (program, diagnostics) = discretise(&graph, &semantics, &Settings { dt, seed: 0 });
    let program = program.ok_or_else(|| format!("{diagnostics:#?}"))?;
    let (_, _, lanes) = program.inputs().next().ok_or("the graph has no Input")?;
    let inputs = layout::batch(recording.input()?, layout::axes_of(&graph), &recording.simulator);
    let steps = inputs.first().map_or(0, |row| row.len() / lanes.max(1));
    let rows = inputs.iter().map(|row| {
        let mut program = program.clone();
        drive(&mut program, row);
        run(program, steps)
    });
    Ok(Computed { rows: rows.collect(), steps, neurons: layout::neurons_of(&graph) })
}

/// What differs between a recording and what comes out here; nothing if it passes.
fn held(path: &Path) -> Vec<String> {
    let recording = match Recording::read(path) {
        Ok(recording) => recording,
        Err(reason) => return vec![reason],
    };
    let computed = match computed(&recording, path) {
        Ok(computed) => computed,
        Err(reason) => return vec![reason],
    };
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (name, array) in &recording.arrays {
        match part_of(name, array, &computed, &recording) {
            Ok(None) => {}
            Ok(Some(part)) => {
                compared += 1;
                wrong.extend(apart(name, &part, &recording));
            }
            Err(reason) => wrong.push(format!("`{name}`: {reason}")),
        }
    }
    if compared == 0 {
        wrong.push(format!("nothing in it can be compared: {:?}", recording.arrays.keys()));
    }
    wrong
}

fn apart(name: &str, part: &Part, recording: &Recording) -> Option<String> {
    if part.ours.len() != part.recorded.len() {
        return Some(format!("`{name}`: {} numbers here, {} recorded", part.ours.len(), part.recorded.len()));
    }
    let pairs = part.ours.iter().zip(&part.recorded).enumerate();
    if part.spikes {
        let differ: Vec<_> = pairs.filter(|(_, (ours, recorded))| ours != recorded).collect();
        let (at, (ours, recorded)) = differ.first()?;
        return Some(format!("`{name}`: {} spikes differ, first number {at}: {ours}, not {recorded}", differ.len()));
    }
    let tolerance = match recording.simulator.as_str() {
        // Elementary functions of numpy are not rounded correctly: no host but its own gives its last bit.
        "nengo" | "ideal-value" | "ideal-subtract" => 1e-14,
        // The order in which torch adds up a row of a matrix is its library's; where a membrane of some tens comes back near 0, that shows.
        "spikingjelly" if recording.graph == "zero" => 2e-6,
        "sinabs" if recording.graph == "cnn" => 5e-6,
        "lava-dl" => LAVA_DL,
        _ if recording.graph.starts_with("lif") => 0.0,
        _ => TOLERANCE,
    };
    let far = |ours: &f64, recorded: &f64| (ours - recorded).abs() / recorded.abs().max(1.0);
    let (at, (ours, recorded)) =
        pairs.max_by(|left, right| far(left.1.0, left.1.1).total_cmp(&far(right.1.0, right.1.1)))?;
    let most = far(ours, recorded);
    (most.is_nan() || most > tolerance)
        .then(|| format!("`{name}` differs by {most:e}, at number {at}: {ours}, not {recorded}"))
}

fn walk(folder: &Path) -> (usize, Vec<String>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".npz") && name.contains("__")
    });
    files.sort();
    let wrong = files
        .iter()
        .flat_map(|path| held(path).into_iter().map(|reason| format!("{}: {reason}", path.display())))
        .collect();
    (files.len(), wrong)
}

#[test]
fn the_recorded_traces_come_out_again() {
    let (files, wrong) = walk(&crate::support::path("conformance/data"));
    assert!(files >= 20, "{files} recordings only");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_traces_of_other_folders_come_out_again() {
    let Some(folders) = std::env::var_os("NEURO_TRACES") else {
        eprintln!("NEURO_TRACES names no further folder");
        return;
    };
    for folder in std::env::split_paths(&folders) {
        let (files, wrong) = walk(&folder);
        eprintln!("{}: {files} recordings", folder.display());
        assert!(files > 0, "{} holds no recording", folder.display());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
