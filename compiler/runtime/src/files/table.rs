//! Comma-separated values: a table of named columns, the first of them the time in seconds.

use super::array::{Array, Data};
use std::io::{Read, Write};

/// The heading of the column of times, in seconds.
pub const TIME: &str = "time_s";

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// What stands in it.
    pub cells: Cells,
}

/// What stands in a column, a row each.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Numbers, written in the shortest form that reads back as the same.
    Numbers(Vec<f64>),
    /// Times and other numbers that were set: up to fifteen digits, without what rounding left behind (0.0003, not 0.00030000000000000003).
    Marks(Vec<f64>),
    /// Words.
    Words(Vec<String>),
}

impl Column {
    /// A column of numbers.
    pub fn numbers(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self { name: name.into(), cells: Cells::Numbers(values) }
    }

    /// A column of times or other numbers that were set.
    pub fn marks(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self { name: name.into(), cells: Cells::Marks(values) }
    }
}

impl Cells {
    /// The numbers, if they are no words.
    pub fn values(&self) -> Option<&[f64]> {
        match self {
            Self::Numbers(values) | Self::Marks(values) => Some(values),
            Self::Words(_) => None,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Numbers(values) | Self::Marks(values) => values.len(),
            Self::Words(words) => words.len(),
        }
    }

    fn text(&self, row: usize) -> String {
        match self {
            Self::Numbers(values) => values.get(row).map(f64::to_string),
            Self::Marks(values) => values.get(row).map(|value| in_fifteen_digits(*value).to_string()),
            Self::Words(words) => words.get(row).cloned(),
        }
        .unwrap_or_default()
    }
}

fn in_fifteen_digits(value: f64) -> f64 {
    format!("{value:.14e}").parse().unwrap_or(value)
}

/// Writes a table.
pub fn encode(file: impl Write, columns: &[Column]) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(columns.iter().map(|column| &column.name))?;
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    for row in 0..rows {
        writer.write_record(columns.iter().map(|column| column.cells.text(row)))?;
    }
    writer.flush()
}

/// Reads a table as `[rows, columns]`. A first row that is not all numbers is a heading; the column headed [`TIME`] is left out. With
/// `key` only the columns of that name are read, those of an array being `name[0]`, `name[1]`, …, with or without a unit behind it in parentheses; in a table without headings it is the number
/// of a column, counted from 0.
pub fn decode(file: impl Read, key: Option<&str>) -> Result<Array, String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).comment(Some(b'#')).from_reader(file);
    let mut records = Vec::new();
    for record in reader.records() {
        records.push(record.map_err(|error| reason(&error))?);
    }
    let Some(first) = records.first() else {
        return Err("it has no rows".to_owned());
    };
    let has_heading = first.iter().any(|cell| number(cell).is_none());
    let wanted: Vec<usize> = (0..first.len())
        .filter(|index| match (has_heading, key) {
            (true, Some(key)) => belongs_to(&first[*index], key),
            (true, None) => &first[*index] != TIME,
            (false, Some(key)) => key.parse() == Ok(*index),
            (false, None) => true,
        })
        .collect();
    if let Some(key) = key
        && wanted.is_empty()
    {
        let columns = match has_heading {
            true => first.iter().collect::<Vec<_>>().join(", "),
            false => format!("0 to {}, without headings", first.len() - 1),
        };
        return Err(format!("it has no column `{key}`; its columns: {columns}"));
    }
    let mut values = Vec::with_capacity(records.len() * wanted.len());
    for (index, record) in records.iter().enumerate().skip(usize::from(has_heading)) {
        for column in &wanted {
            let cell = &record[*column];
            values.push(
                number(cell)
                    .ok_or_else(|| format!("`{cell}` in row {}, column {} is not a number", index + 1, column + 1))?,
            );
        }
    }
    let rows = records.len() - usize::from(has_heading);
    let shape = if wanted.len() == 1 { vec![rows] } else { vec![rows, wanted.len()] };
    Ok(Array { shape, data: Data::F64(values) })
}

/// Whether a heading is a name: `v`, `v[3]`, `v (mV)`, `v[3] (mV)`.
fn belongs_to(heading: &str, key: &str) -> bool {
    let Some(rest) = heading.strip_prefix(key) else { return false };
    let index = rest.split_once(" (").filter(|(_, unit)| unit.ends_with(')')).map_or(rest, |(index, _)| index);
    index.is_empty() || (index.starts_with('[') && index.ends_with(']'))
}

fn number(cell: &str) -> Option<f64> {
    match cell {
        "True" | "true" => Some(1.0),
        "False" | "false" => Some(0.0),
        _ => cell.parse().ok(),
    }
}

fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            let cells = if *len == 1 { "cell" } else { "cells" };
            format!("line {line} has {len} {cells} where the first has {expected_len}")
        }
        _ => error.to_string(),
    }
}
