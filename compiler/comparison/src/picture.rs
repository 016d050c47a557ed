//! The spikes of every run under each other, layer by layer.

use crate::Comparison;
use neuro_runtime::plot::{figure_of, svg};
use neuro_runtime::record::Recording;

/// Panels beyond these show nothing.
const MOST_PANELS: usize = 24;

/// A raster for each layer and run, runs of one layer under each other.
pub fn picture(comparison: &Comparison, title: &str) -> String {
    let mut panels: Vec<Recording> = Vec::new();
    let works = || comparison.runs.iter().filter_map(|run| Some((run, run.outcome.as_ref().ok()?)));
    let layers = works().next().into_iter().flat_map(|(run, _)| run.spikes());
    for (layer, _) in layers {
        for (run, result) in works() {
            if let Some(recording) = result.recording(&layer.name) {
                let name = format!("{} ({})", recording.population, run.semantics.describe());
                panels.push(Recording { name, ..recording.clone() });
            }
        }
    }
    // What leaves the model is most at the end.
    let shown = panels.split_off(panels.len().saturating_sub(MOST_PANELS));
    svg(&figure_of(&shown, comparison.dt, comparison.steps, title))
}
