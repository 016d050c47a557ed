//! Pictures of runs, as SVG or PNG: panels below each other over one axis of time, and single plots of arrays. The same numbers give the same bytes.
//!
//! It knows numbers and labels; not where they come from, except for [`figure_of`], which reads recordings.

mod axis;
mod canvas;
mod draw;
mod letters;
mod raster;
mod recordings;
mod svg;

pub use draw::{png, svg};
use neuro_mathematics::{Elementary, Evaluate};
pub use recordings::figure_of;

/// Panels below each other, the first on top.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// Stands above all, if there is one.
    pub title: String,
    /// What stands under the lowest panel: `time (s)`.
    pub x_label: String,
    /// The panels.
    pub panels: Vec<Panel>,
    /// What all panels show of the x axis; `None`: what they hold.
    pub x_range: Option<(f64, f64)>,
    /// Words to stand at 0, 1, 2, … of the x axis instead of numbers.
    pub x_words: Vec<String>,
}

/// One pair of axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What stands beside the vertical axis: `net.e.v (mV)`.
    pub label: String,
    /// What is drawn.
    pub content: Content,
}

/// What a panel shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A dot for each event.
    Raster {
        /// When and whose.
        events: Vec<(f64, u32)>,
        /// How many lines of dots there are.
        size: usize,
    },
    /// Lines.
    Lines(Vec<Series>),
    /// Bars between edges; one edge more than counts.
    Bars {
        /// Where the bars begin and end.
        edges: Vec<f64>,
        /// How high they are.
        counts: Vec<f64>,
    },
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// For the legend; empty for none.
    pub name: String,
    /// Its points; a number that is not finite interrupts it.
    pub points: Vec<(f64, f64)>,
}

/// A histogram of numbers, in bins of equal width between the least and the greatest (their number by Freedman and Diaconis, 1981, or, for few
/// numbers or a spread of 0, by Sturges, 1926). Numbers that are not finite are left out.
pub fn hist(values: &[f64], label: &str) -> Figure {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = match (sorted.first(), sorted.last()) {
        (Some(low), Some(high)) if low < high => (*low, *high),
        (Some(only), Some(_)) => (only - 0.5, only + 0.5),
        _ => (0.0, 1.0),
    };
    let bins = bin_count(&sorted, high - low);
    let edges: Vec<f64> = (0..=bins).map(|edge| low + (high - low) * edge as f64 / bins as f64).collect();
    let mut counts = vec![0.0; bins];
    for value in &sorted {
        let bin = ((value - low) / (high - low) * bins as f64) as usize;
        counts[bin.min(bins - 1)] += 1.0;
    }
    let panel = Panel { label: "count".into(), content: Content::Bars { edges, counts } };
    Figure { x_label: label.into(), panels: vec![panel], ..Figure::default() }
}

fn bin_count(sorted: &[f64], range: f64) -> usize {
    const MOST: f64 = 200.0;
    let n = sorted.len().max(1) as f64;
    let quantile = |part: f64| sorted.get((part * (n - 1.0)) as usize).copied().unwrap_or(0.0);
    let width = 2.0 * (quantile(0.75) - quantile(0.25)) / Evaluate::<f64>::new().power(n, 1.0 / 3.0);
    let sturges = f64::from(sorted.len().max(1).next_power_of_two().ilog2()) + 1.0;
    let bins = if width > 0.0 { (range / width).ceil().max(sturges) } else { sturges };
    bins.clamp(1.0, MOST) as usize
}

/// A line through numbers in their order, or through (x, y).
pub fn line(x: Option<&[f64]>, y: &[f64], x_label: &str, y_label: &str) -> Figure {
    let points = match x {
        Some(x) => x.iter().copied().zip(y.iter().copied()).collect(),
        None => y.iter().enumerate().map(|(index, y)| (index as f64, *y)).collect(),
    };
    let series = Series { name: String::new(), points };
    let panel = Panel { label: y_label.into(), content: Content::Lines(vec![series]) };
    Figure { x_label: x_label.into(), panels: vec![panel], ..Figure::default() }
}
