//! What `record e as "file"` puts into files: pictures, tables, archives.

use crate::report::{FileContent, OutputFile, Shown, prefixed};
use neuro_analysis::builtins::Builtin;
use neuro_elaboration::{Recorded, Recording, Value};
use neuro_runtime::files::table::Column;
use neuro_runtime::files::{Array, Data};
use neuro_runtime::plot::{self, Content, Figure, Panel, Series};

/// A value for a file.
pub(crate) struct Output<'a> {
    /// The file's name.
    pub(crate) file: &'a str,
    /// The text of the expression, for headings.
    pub(crate) text: &'a str,
    /// Its value; of a picture, the value of what is drawn.
    pub(crate) value: &'a Value,
    /// What is drawn, if the expression says so.
    pub(crate) drawing: Option<Builtin>,
    /// Bins of a histogram.
    pub(crate) bins: Option<usize>,
    /// The unit in which numbers are shown.
    pub(crate) unit: &'a Shown,
    /// Whether the value was recorded as it is, and not computed of recordings.
    pub(crate) recorded: bool,
}

impl Output<'_> {
    /// Under which name an archive keeps a recording: its own, also of a part of it.
    fn key(&self, recording: &Recording) -> String {
        if self.recorded { recording.name.clone() } else { self.text.to_owned() }
    }
}

/// `v (mV)`
pub(crate) fn heading(name: &str, unit: &Shown) -> String {
    if unit.0.is_empty() { name.to_owned() } else { format!("{name} ({})", unit.0) }
}

/// The file of a value. An error is a sentence.
pub(crate) fn file_of(output: &Output<'_>) -> Result<OutputFile, String> {
    let ending = output.file.rsplit('.').next().unwrap_or_default();
    let content = match ending {
        "svg" => FileContent::Svg(plot::svg(&figure(output)?)),
        "csv" => FileContent::Csv(columns(output)?),
        "npz" => FileContent::Npz(arrays(output)?),
        "png" => FileContent::Png(plot::png(&figure(output)?)),
        _ => return Err(format!("a file ends in svg, png, csv or npz, and `{}` does not", output.file)),
    };
    Ok(OutputFile { name: output.file.to_owned(), content })
}

fn figure(output: &Output<'_>) -> Result<Figure, String> {
    let unit = output.unit;
    match (output.drawing, output.value) {
        (Some(Builtin::Hist), value) => {
            let numbers = match value {
                Value::Recording(recording) => recording.numbers(),
                value => value.numbers(),
            };
            let numbers = numbers.ok_or("a histogram is of numbers")?;
            let unit = prefixed(unit, &numbers);
            let scaled: Vec<f64> = numbers.iter().map(|number| number / unit.1).collect();
            Ok(histogram(&scaled, output.bins, &heading(output.text, &unit)))
        }
        (_, Value::Recording(recording)) => match &recording.data {
            Recorded::Events { times, elements, .. } => Ok(raster(recording, output.text, times, elements)),
            Recorded::Rows { times, values } => Ok(traces(recording, output.text, times, values)),
            Recorded::Counts(_) | Recorded::Last(_) => Err("there are no rows to be drawn".to_owned()),
        },
        (_, Value::Array(array)) if array.shape.len() == 1 => {
            let unit = prefixed(unit, &array.values);
            let values: Vec<f64> = array.values.iter().map(|value| value / unit.1).collect();
            Ok(plot::line(None, &values, "element", &heading(output.text, &unit)))
        }
        _ => Err("this cannot be drawn: draw raster(…), trace(…), hist(…) or line(…)".to_owned()),
    }
}

/// Bars of equal width between the least and the greatest, as many as is said or as suits the numbers.
pub(crate) fn histogram(values: &[f64], bins: Option<usize>, label: &str) -> Figure {
    let Some(bins) = bins else { return plot::hist(values, label) };
    let known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let low = known.iter().copied().fold(f64::INFINITY, f64::min);
    let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low < high {
        (low, high)
    } else if known.is_empty() {
        (0.0, 1.0)
    } else {
        (low - 0.5, low + 0.5)
    };
    let bins = bins.max(1);
    let edges: Vec<f64> = (0..=bins).map(|edge| low + (high - low) * edge as f64 / bins as f64).collect();
    let mut counts = vec![0.0; bins];
    for value in known {
        let bin = ((value - low) / (high - low) * bins as f64) as usize;
        counts[bin.min(bins - 1)] += 1.0;
    }
    let panel = Panel { label: "count".to_owned(), content: Content::Bars { edges, counts } };
    Figure { x_label: label.to_owned(), panels: vec![panel], ..Figure::default() }
}

fn time_axis(duration: f64) -> (&'static str, f64) {
    if duration < 1.0 { ("time (ms)", 1e3) } else { ("time (s)", 1.0) }
}

fn raster(recording: &Recording, name: &str, times: &[f64], elements: &[u32]) -> Figure {
    let (label, scale) = time_axis(recording.duration);
    let events = times.iter().zip(elements).map(|(time, element)| (time * scale, *element)).collect();
    let content = Content::Raster { events, size: recording.size() };
    let panel = Panel { label: name.to_owned(), content };
    let x_range = Some((0.0, recording.duration * scale));
    Figure { x_label: label.to_owned(), panels: vec![panel], x_range, ..Figure::default() }
}

fn traces(recording: &Recording, name: &str, times: &[f64], values: &[f64]) -> Figure {
    /// More lines in one picture tell nobody anything.
    const LINES: usize = 7;
    let (x_label, scale) = time_axis(recording.duration);
    let size = recording.size().max(1);
    let series = (0..size.min(LINES)).map(|element| {
        let rows = times.iter().zip(values.iter().skip(element).step_by(size));
        let points = rows.map(|(time, value)| (time * scale, value / recording.unit.1)).collect();
        let name = if size == 1 { String::new() } else { format!("[{element}]") };
        Series { name, points }
    });
    let content = Content::Lines(series.collect());
    let label = heading(name, &recording.unit);
    let label = if size > LINES { format!("{label}, {LINES} of {size}") } else { label };
    let panel = Panel { label, content };
    let x_range = Some((0.0, recording.duration * scale));
    Figure { x_label: x_label.to_owned(), panels: vec![panel], x_range, ..Figure::default() }
}

fn columns(output: &Output<'_>) -> Result<Vec<Column>, String> {
    let name = output.text;
    let Value::Recording(recording) = output.value else {
        let array = output.value.numbers().ok_or("a table is of numbers")?;
        let unit = prefixed(output.unit, &array);
        let shape = output.value.shape();
        // Along the first axis go the rows.
        let width = shape.iter().skip(1).product();
        return Ok((0..width).map(|index| element(name, &unit, &array, index, width)).collect());
    };
    let unit = &recording.unit;
    match &recording.data {
        Recorded::Rows { times, values } => {
            let size = recording.size();
            let elements = (0..size).map(|index| element(name, unit, values, index, size));
            Ok(std::iter::once(Column::marks("time_s", times.to_vec())).chain(elements).collect())
        }
        Recorded::Events { times, elements, payloads } => {
            let indices = elements.iter().map(|element| f64::from(*element)).collect();
            let mut all = vec![Column::marks("time_s", times.to_vec()), Column::numbers("index", indices)];
            all.extend(payloads.as_ref().map(|payloads| element("payload", unit, payloads, 0, 1)));
            Ok(all)
        }
        Recorded::Counts(values) | Recorded::Last(values) => Ok(vec![element(name, unit, values, 0, 1)]),
    }
}

/// The column of one of `width` elements.
fn element(name: &str, unit: &Shown, values: &[f64], index: usize, width: usize) -> Column {
    let name = match width {
        1 => name.to_owned(),
        _ if is_sum(name) => format!("({name})[{index}]"),
        _ => format!("{name}[{index}]"),
    };
    let values = values.iter().skip(index).step_by(width.max(1)).map(|value| value / unit.1).collect();
    Column::numbers(heading(&name, unit), values)
}

/// Whether a text is several terms, so that an index behind it needs parentheses.
fn is_sum(text: &str) -> bool {
    let mut depth = 0;
    text.chars().any(|character| {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        depth == 0 && character == ' '
    })
}

/// Numbers in a unit: what is declared in mV is written, and read back, in mV.
pub(crate) fn scaled(values: &[f64], unit: &Shown) -> Vec<f64> {
    values.iter().map(|value| value / unit.1).collect()
}

fn arrays(output: &Output<'_>) -> Result<Vec<(String, Array)>, String> {
    let list = |name: String, values: Vec<f64>| (name, Array::of(values));
    let Value::Recording(recording) = output.value else {
        let numbers = output.value.numbers().ok_or("an archive holds numbers")?;
        let shape = output.value.shape().to_vec();
        return Ok(vec![(output.text.to_owned(), Array { shape, data: Data::F64(scaled(&numbers, output.unit)) })]);
    };
    let name = output.key(recording);
    match &recording.data {
        Recorded::Rows { times, values } => {
            let shape = std::iter::once(times.len()).chain(recording.shape.iter().copied()).collect();
            Ok(vec![(name, Array { shape, data: Data::F64(scaled(values, &recording.unit)) })])
        }
        Recorded::Events { times, elements, payloads } => {
            let index = Array { shape: vec![elements.len()], data: Data::U32(elements.to_vec()) };
            // As runs write events, so that `load` reads them back; the exact times beside.
            let step = |time: &f64| ((time / recording.dt - 1e-6).ceil() as u32).max(1) - 1;
            let steps = Array { shape: vec![times.len()], data: Data::U32(times.iter().map(step).collect()) };
            let mut all = vec![
                (format!("{name}.step"), steps),
                (format!("{name}.index"), index),
                list(format!("{name}.time"), times.to_vec()),
            ];
            all.extend(
                payloads.as_ref().map(|payloads| list(format!("{name}.payload"), scaled(payloads, &recording.unit))),
            );
            Ok(all)
        }
        Recorded::Counts(values) | Recorded::Last(values) => {
            let data = Data::F64(scaled(values, &recording.unit));
            Ok(vec![(name, Array { shape: recording.shape.clone(), data })])
        }
    }
}
