//! What `record e as "file"` puts into files: pictures, tables, archives.

use crate::report::{FileContent, OutputFile, Shown};
use neuro_analysis::builtins::Builtin;
use neuro_elaboration::{Recorded, Recording, Value};
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
}

/// A column of a table that a loop fills, a row a turn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    pub(crate) unit: Shown,
    /// A value a turn.
    pub(crate) values: Vec<Value>,
}

impl TableColumn {
    /// Its numbers, if each turn has a single one.
    pub(crate) fn numbers(&self) -> Option<Vec<f64>> {
        self.values.iter().map(Value::number).collect()
    }

    fn heading(&self) -> String {
        heading(&self.name, &self.unit)
    }
}

/// `v (mV)`
fn heading(name: &str, unit: &Shown) -> String {
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

/// The file of a table.
pub(crate) fn table_file(file: &str, columns: &[TableColumn], drawn: bool) -> Result<OutputFile, String> {
    let ending = file.rsplit('.').next().unwrap_or_default();
    let content = match ending {
        "svg" if drawn => FileContent::Svg(plot::svg(&table_figure(columns)?)),
        "png" if drawn => FileContent::Png(plot::png(&table_figure(columns)?)),
        "svg" | "png" => return Err("a table is drawn by `line(…)`".to_owned()),
        "csv" => FileContent::Csv(table_columns(columns)),
        "npz" => FileContent::Npz(table_arrays(columns)?),
        _ => return Err(format!("a table's file ends in svg, png, csv or npz, and `{file}` does not")),
    };
    Ok(OutputFile { name: file.to_owned(), content })
}

fn table_figure(columns: &[TableColumn]) -> Result<Figure, String> {
    let (Some(last), first) = (columns.last(), columns.first().filter(|_| columns.len() > 1)) else {
        return Err("the table is empty".to_owned());
    };
    let one_number = || format!("`{}` has more than one number a turn: draw its mean", last.name);
    let y: Vec<f64> = last.numbers().ok_or_else(one_number)?.iter().map(|y| y / last.unit.1).collect();
    let x: Option<Vec<f64>> = first.and_then(|first| Some(first.numbers()?.iter().map(|x| x / first.unit.1).collect()));
    let x_label = first.filter(|_| x.is_some()).map_or_else(|| "turn".to_owned(), TableColumn::heading);
    Ok(plot::line(x.as_deref(), &y, &x_label, &last.heading()))
}

fn table_columns(columns: &[TableColumn]) -> Vec<(String, Vec<f64>)> {
    let mut all = Vec::new();
    for column in columns {
        let width = column.values.iter().filter_map(|value| value.numbers()).map(|n| n.len()).max().unwrap_or(0);
        if column.values.iter().any(|value| matches!(value, Value::Text(_))) {
            // Words have no column of numbers: their number in the loop has.
            let numbers = (0..column.values.len()).map(|turn| turn as f64).collect();
            all.push((format!("{} (number of the turn)", column.name), numbers));
            continue;
        }
        for index in 0..width {
            let name = if width == 1 { column.heading() } else { format!("{}[{index}]", column.heading()) };
            let number = |value: &Value| value.numbers().and_then(|numbers| numbers.get(index).copied());
            let values = column.values.iter().map(|value| number(value).unwrap_or(f64::NAN) / column.unit.1).collect();
            all.push((name, values));
        }
    }
    all
}

fn table_arrays(columns: &[TableColumn]) -> Result<Vec<(String, Array)>, String> {
    let mut arrays = Vec::new();
    for column in columns.iter().filter(|column| !column.values.iter().any(|value| matches!(value, Value::Text(_)))) {
        let stacked = neuro_elaboration::array::stack(&column.values)?;
        let Value::Array(array) = stacked else { continue };
        arrays.push((column.name.clone(), Array { shape: array.shape, data: Data::F64(array.values.to_vec()) }));
    }
    Ok(arrays)
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
            let scaled: Vec<f64> = numbers.iter().map(|number| number / unit.1).collect();
            let label = heading(output.text, unit);
            Ok(match output.bins {
                Some(bins) => histogram(&scaled, bins, &label),
                None => plot::hist(&scaled, &label),
            })
        }
        (_, Value::Recording(recording)) => match &recording.data {
            Recorded::Events { times, elements, .. } => Ok(raster(recording, times, elements)),
            Recorded::Rows { times, values } => Ok(traces(recording, times, values)),
            Recorded::Counts(_) | Recorded::Last(_) => Err("there are no rows to be drawn".to_owned()),
        },
        (_, Value::Array(array)) if array.shape.len() == 1 => {
            let values: Vec<f64> = array.values.iter().map(|value| value / unit.1).collect();
            Ok(plot::line(None, &values, "element", &heading(output.text, unit)))
        }
        _ => Err("this cannot be drawn: draw raster(…), trace(…), hist(…) or line(…)".to_owned()),
    }
}

/// Bars of equal width between the least and the greatest.
fn histogram(values: &[f64], bins: usize, label: &str) -> Figure {
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

fn raster(recording: &Recording, times: &[f64], elements: &[u32]) -> Figure {
    let (label, scale) = time_axis(recording.duration);
    let events = times.iter().zip(elements).map(|(time, element)| (time * scale, *element)).collect();
    let content = Content::Raster { events, size: recording.size() };
    let panel = Panel { label: recording.name.clone(), content };
    let x_range = Some((0.0, recording.duration * scale));
    Figure { x_label: label.to_owned(), panels: vec![panel], x_range, ..Figure::default() }
}

fn traces(recording: &Recording, times: &[f64], values: &[f64]) -> Figure {
    /// More lines in one picture tell nobody anything.
    const LINES: usize = 10;
    let (label, scale) = time_axis(recording.duration);
    let size = recording.size().max(1);
    let series = (0..size.min(LINES)).map(|element| {
        let rows = times.iter().zip(values.iter().skip(element).step_by(size));
        let points = rows.map(|(time, value)| (time * scale, value / recording.unit.1)).collect();
        let name = if size == 1 { String::new() } else { format!("[{element}]") };
        Series { name, points }
    });
    let content = Content::Lines(series.collect());
    let panel = Panel { label: heading(&recording.name, &recording.unit), content };
    let x_range = Some((0.0, recording.duration * scale));
    Figure { x_label: label.to_owned(), panels: vec![panel], x_range, ..Figure::default() }
}

fn columns(output: &Output<'_>) -> Result<Vec<(String, Vec<f64>)>, String> {
    let Value::Recording(recording) = output.value else {
        let array = output.value.numbers().ok_or("a table is of numbers")?;
        let shape = output.value.shape();
        let rows = shape.first().copied().unwrap_or(1);
        let width = array.len() / rows.max(1);
        let column = |index: usize| {
            let values = array.iter().skip(index).step_by(width.max(1)).map(|value| value / output.unit.1).collect();
            let name = heading(output.text, output.unit);
            (if width > 1 { format!("{name}[{index}]") } else { name }, values)
        };
        return Ok((0..width).map(column).collect());
    };
    let size = recording.size().max(1);
    match &recording.data {
        Recorded::Rows { times, values } => {
            let mut all = vec![("time_s".to_owned(), times.to_vec())];
            for element in 0..size {
                let name = heading(&recording.name, &recording.unit);
                let name = if size > 1 { format!("{name}[{element}]") } else { name };
                let column = values.iter().skip(element).step_by(size).map(|value| value / recording.unit.1);
                all.push((name, column.collect()));
            }
            Ok(all)
        }
        Recorded::Events { times, elements, payloads } => {
            let mut all = vec![
                ("time_s".to_owned(), times.to_vec()),
                ("index".to_owned(), elements.iter().map(|element| f64::from(*element)).collect()),
            ];
            if let Some(payloads) = payloads {
                let values = payloads.iter().map(|payload| payload / recording.unit.1).collect();
                all.push((heading("payload", &recording.unit), values));
            }
            Ok(all)
        }
        Recorded::Counts(values) | Recorded::Last(values) => {
            let values = values.iter().map(|value| value / recording.unit.1).collect();
            Ok(vec![(heading(&recording.name, &recording.unit), values)])
        }
    }
}

fn arrays(output: &Output<'_>) -> Result<Vec<(String, Array)>, String> {
    let list = |name: String, values: Vec<f64>| (name, Array::of(values));
    let Value::Recording(recording) = output.value else {
        let numbers = output.value.numbers().ok_or("an archive holds numbers")?;
        let shape = output.value.shape().to_vec();
        return Ok(vec![(output.text.to_owned(), Array { shape, data: Data::F64(numbers.to_vec()) })]);
    };
    let name = &recording.name;
    match &recording.data {
        Recorded::Rows { times, values } => {
            let shape = std::iter::once(times.len()).chain(recording.shape.iter().copied()).collect();
            Ok(vec![(name.clone(), Array { shape, data: Data::F64(values.to_vec()) })])
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
            all.extend(payloads.as_ref().map(|payloads| list(format!("{name}.payload"), payloads.to_vec())));
            Ok(all)
        }
        Recorded::Counts(values) | Recorded::Last(values) => {
            Ok(vec![(name.clone(), Array { shape: recording.shape.clone(), data: Data::F64(values.to_vec()) })])
        }
    }
}
