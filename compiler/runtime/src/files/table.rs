//! Comma-separated values: a table of named columns, the first of them the time in seconds.

use super::array::{Array, Data};
use std::io::{Read, Write};

/// The heading of the column of times, in seconds.
pub const TIME: &str = "time_s";

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column<'a> {
    /// Its heading.
    pub name: String,
    /// Its numbers, a row each.
    pub values: &'a [f64],
}

/// Writes a table; numbers in the shortest form that reads back as the same.
pub fn encode(file: impl Write, columns: &[Column]) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(columns.iter().map(|column| &column.name))?;
    let rows = columns.iter().map(|column| column.values.len()).max().unwrap_or(0);
    for row in 0..rows {
        writer.write_record(
            columns.iter().map(|column| column.values.get(row).map(f64::to_string).unwrap_or_default()),
        )?;
    }
    writer.flush()
}

/// Reads a table as `[rows, columns]`. A first row that is not all numbers is a heading; the column headed [`TIME`] is left out. With
/// `key` only the columns of that name are read, those of an array being `name[0]`, `name[1]`, …; in a table without headings it is the number
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

fn belongs_to(heading: &str, key: &str) -> bool {
    heading.strip_prefix(key).is_some_and(|rest| rest.is_empty() || (rest.starts_with('[') && rest.ends_with(']')))
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
