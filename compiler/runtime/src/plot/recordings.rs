//! A figure of recordings: a panel each, rasters for events and lines for states.

use super::{Content, Figure, Panel, Series};
use crate::record::{Recorded, Recording};

/// More lines than these cannot be told apart.
const MOST_LINES: usize = 5;

/// A figure of the recordings of `steps` steps of `dt` seconds, in their order. Of a state of many members the first few are drawn.
pub fn figure_of(recordings: &[Recording], dt: f64, steps: u64, title: &str) -> Figure {
    let duration = steps as f64 * dt;
    let (unit, factor) = if duration < 0.5e-3 {
        ("\u{b5}s", 1e6)
    } else if duration < 1.0 {
        ("ms", 1e3)
    } else {
        ("s", 1.0)
    };
    let panels = recordings.iter().map(|recording| panel(recording, dt, factor)).collect();
    Figure {
        title: title.to_owned(),
        x_label: format!("time ({unit})"),
        panels,
        x_range: Some((0.0, duration * factor)),
        ..Figure::default()
    }
}

fn panel(recording: &Recording, dt: f64, factor: f64) -> Panel {
    let size: usize = recording.shape.iter().product();
    match &recording.data {
        Recorded::Events(events) => {
            let events =
                (0..events.len()).map(|index| (events.time(index, dt) * factor, events.lanes[index])).collect();
            Panel { label: recording.name.clone(), content: Content::Raster { events, size } }
        }
        Recorded::States(data) => {
            let (unit, scale) = &recording.unit;
            let rows = data.len() / size.max(1);
            let series = (0..size.min(MOST_LINES)).map(|lane| {
                let value = |row: usize| data.get(row * size + lane) / scale;
                let points = (0..rows).map(|row| ((row as f64 + 1.0) * dt * factor, value(row))).collect();
                let name = if size > 1 { member(&recording.shape, lane) } else { String::new() };
                Series { name, points }
            });
            let label = if unit.is_empty() || unit == "1" {
                recording.name.clone()
            } else {
                format!("{} ({unit})", recording.name)
            };
            Panel { label, content: Content::Lines(series.collect()) }
        }
    }
}

/// The indices of a lane in a shape: `[2, 0]`.
fn member(shape: &[usize], lane: usize) -> String {
    let mut rest = lane;
    let mut indices: Vec<String> = Vec::new();
    for axis in shape.iter().rev() {
        indices.push((rest % axis).to_string());
        rest /= axis;
    }
    indices.reverse();
    format!("[{}]", indices.join(", "))
}
