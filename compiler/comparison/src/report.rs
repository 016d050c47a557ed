//! A comparison as a text for people and as JSON for scripts.

use crate::{Cause, Comparison, LayerDifference, Pair};
use neuro_diagnostics::Diagnostic;
use serde_json::{Value, json};
use std::fmt::Write;

/// Tables: what each run did, how the others differ from the first and why, how far each is from `ideal`.
pub fn text(comparison: &Comparison) -> String {
    let mut out = String::new();
    let milliseconds = comparison.dt * 1e3;
    // Writing to a string does not fail.
    let _ = writeln!(out, "{} steps of {milliseconds} ms", comparison.steps);
    let _ = writeln!(out, "\n{}", runs(comparison));
    for pair in &comparison.pairs {
        let _ = writeln!(out, "{}", pair_text(comparison, pair));
    }
    if !comparison.to_ideal.is_empty() {
        let mut rows = vec![heading("distance to ideal")];
        for pair in &comparison.to_ideal {
            let name = comparison.runs[pair.other].semantics.describe();
            rows.extend(pair.layers.iter().map(|layer| row(&format!("{name}: {}", layer.name), layer, comparison.dt)));
        }
        out += &table(&rows);
    } else {
        let _ = writeln!(out, "`ideal` does not run this model: there is no distance to it");
    }
    out
}

fn runs(comparison: &Comparison) -> String {
    let mut rows = vec![vec!["semantics".to_owned(), "layer".to_owned(), "spikes".to_owned(), "rate (Hz)".to_owned()]];
    for run in &comparison.runs {
        let name = run.semantics.describe();
        match &run.outcome {
            Ok(result) => rows.extend(
                result.populations.iter().filter(|of| !run.outputs.contains(&of.name)).filter_map(|population| {
                    let rate = population.rate_hz.map_or_else(String::new, |rate| format!("{rate:.2}"));
                    Some(vec![name.clone(), population.name.clone(), population.spikes?.to_string(), rate])
                }),
            ),
            Err(said) => rows.push(vec![name, format!("does not run: {}", reason(said))]),
        }
    }
    table(&rows)
}

fn reason(said: &[Diagnostic]) -> String {
    let error = said.iter().find(|said| said.is_error());
    error.map_or_else(String::new, |said| format!("{} ({})", said.message, said.code.id))
}

fn pair_text(comparison: &Comparison, pair: &Pair) -> String {
    let name = |number: usize| comparison.runs[number].semantics.describe();
    let (reference, other) = (name(pair.reference), name(pair.other));
    let mut rows = vec![heading(&format!("{other} against {reference}"))];
    rows.extend(pair.layers.iter().map(|layer| row(&layer.name, layer, comparison.dt)));
    let mut out = table(&rows);
    match &pair.cause {
        Some(cause) => out += &cause_text(cause, &reference, &other),
        None if pair.differing() == 0 => out += "every spike is the same\n",
        None => {}
    }
    out
}

fn cause_text(cause: &Cause, reference: &str, other: &str) -> String {
    let mut out = String::new();
    let axes: Vec<String> =
        cause.axes.iter().map(|(axis, ours, theirs)| format!("{} ({ours}, {theirs})", axis.name())).collect();
    match cause.best() {
        Some(best) => {
            let left = if best.differing == 0 { "none".to_owned() } else { best.differing.to_string() };
            let _ = writeln!(
                out,
                "cause: `{}`, {}; with it alone changed (`{}`) {left} of the {} differences are left",
                best.axis.name(),
                best.axis.about(),
                best.semantics,
                cause.differing
            );
        }
        None => {
            let _ = writeln!(
                out,
                "cause: no single axis of the record; `{reference}` and `{other}` compute the update in forms of their own"
            );
            if let Some(nearest) = cause.nearest() {
                let _ = writeln!(
                    out,
                    "nearest: `{}` leaves {} of the {} differences",
                    nearest.semantics, nearest.differing, cause.differing
                );
            }
        }
    }
    if !axes.is_empty() {
        let _ = writeln!(out, "the records differ in {}", axes.join(", "));
    }
    out
}

fn heading(title: &str) -> Vec<String> {
    let columns =
        [title, "spikes", "differ", "first", "van Rossum", "coincidence", "v: largest", "v: rms", "v: before"];
    columns.map(str::to_owned).to_vec()
}

fn row(name: &str, layer: &LayerDifference, dt: f64) -> Vec<String> {
    let first = layer.first.map_or_else(String::new, |first| {
        let milliseconds = (f64::from(first.step) + 1.0) * dt * 1e3;
        format!(
            "step {} ({milliseconds:.4} ms), neuron {}: {} and {}",
            first.step, first.neuron, first.spikes.0, first.spikes.1
        )
    });
    let error = |of: &dyn Fn(&crate::VoltageError) -> f64| {
        layer.voltage.as_ref().map_or_else(String::new, |voltage| format!("{:.2e}", of(voltage)))
    };
    vec![
        name.to_owned(),
        format!("{} and {}", layer.spikes.0, layer.spikes.1),
        layer.differing.to_string(),
        first,
        format!("{:.4}", layer.van_rossum),
        layer.coincidence.map_or_else(|| "-".to_owned(), |factor| format!("{factor:.4}")),
        error(&|voltage| voltage.largest),
        error(&|voltage| voltage.root_mean_square),
        error(&|voltage| voltage.before),
    ]
}

/// Columns under each other.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    // A row with fewer cells is a sentence: its last cell takes what it needs.
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() == columns).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out
}

/// The same as one value.
pub fn json(comparison: &Comparison) -> Value {
    let name = |number: usize| comparison.runs[number].semantics.describe();
    let runs: Vec<Value> = comparison
        .runs
        .iter()
        .map(|run| match &run.outcome {
            Ok(result) => {
                let layers = result.populations.iter().filter(|of| !run.outputs.contains(&of.name)).filter_map(|population| {
                    let (size, spikes) = (population.size, population.spikes?);
                    Some(json!({ "layer": population.name, "size": size, "spikes": spikes, "rate_hz": population.rate_hz }))
                });
                json!({ "semantics": run.semantics.describe(), "layers": layers.collect::<Vec<Value>>() })
            }
            Err(said) => json!({ "semantics": run.semantics.describe(), "refused": reason(said) }),
        })
        .collect();
    let pair = |pair: &Pair| {
        json!({
            "reference": name(pair.reference),
            "semantics": name(pair.other),
            "layers": pair.layers.iter().map(layer_json).collect::<Vec<Value>>(),
            "cause": pair.cause.as_ref().map(cause_json),
        })
    };
    json!({
        "dt_s": comparison.dt,
        "steps": comparison.steps,
        "runs": runs,
        "pairs": comparison.pairs.iter().map(pair).collect::<Vec<Value>>(),
        "to_ideal": comparison.to_ideal.iter().map(pair).collect::<Vec<Value>>(),
    })
}

fn layer_json(layer: &LayerDifference) -> Value {
    json!({
        "layer": layer.name,
        "size": layer.size,
        "spikes": [layer.spikes.0, layer.spikes.1],
        "differing": layer.differing,
        "first": layer.first.map(|first| {
            json!({ "step": first.step, "neuron": first.neuron, "spikes": [first.spikes.0, first.spikes.1] })
        }),
        "van_rossum": layer.van_rossum,
        "coincidence": layer.coincidence,
        "voltage": layer.voltage.as_ref().map(|voltage| {
            json!({
                "state": voltage.state, "largest": voltage.largest,
                "root_mean_square": voltage.root_mean_square, "before_first_difference": voltage.before,
            })
        }),
    })
}

fn cause_json(cause: &Cause) -> Value {
    let axes: Vec<Value> = cause
        .axes
        .iter()
        .map(|(axis, ours, theirs)| json!({ "axis": axis.name(), "values": [ours, theirs] }))
        .collect();
    let tried: Vec<Value> = cause
        .tried
        .iter()
        .map(|change| json!({ "semantics": change.semantics, "axis": change.axis.name(), "differing": change.differing }))
        .collect();
    json!({ "axis": cause.best().map(|best| best.axis.name()), "differing": cause.differing, "axes": axes, "tried": tried })
}
