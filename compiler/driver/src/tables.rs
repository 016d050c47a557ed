//! The tables that loops fill: a row a turn, the loops' variables first. They become files, pictures, and a line of the report.

use crate::outputs::{heading, histogram, scaled};
use crate::report::{FileContent, OutputFile, Shown, prefixed, quantity, text_of};
use neuro_analysis::builtins::Builtin;
use neuro_elaboration::{Array as Numbers, Value};
use neuro_runtime::files::table::{Cells, Column};
use neuro_runtime::files::{Array, Data};
use neuro_runtime::plot::{self, Content, Figure, Panel, Series};

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// The loops' variables, the outermost first.
    pub(crate) variables: Vec<TableColumn>,
    /// What was recorded.
    pub(crate) recorded: TableColumn,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    pub(crate) unit: Shown,
    /// A value a turn.
    pub(crate) values: Vec<Value>,
}

/// How a table is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub(crate) by: Builtin,
    pub(crate) bins: Option<usize>,
}

impl Table {
    fn columns(&self) -> impl Iterator<Item = &TableColumn> {
        self.variables.iter().chain(std::iter::once(&self.recorded))
    }

    /// What a report says of it: its values, or how far they reach.
    pub(crate) fn text(&self) -> String {
        let variables: Vec<String> =
            self.variables.iter().map(|column| format!("{} = {}", column.name, column.range_text())).collect();
        format!("{} over {}", self.recorded.text(), variables.join(", "))
    }

    /// The file of it. An error is a sentence.
    pub(crate) fn file(&self, file: &str, drawn: Option<Drawn>) -> Result<OutputFile, String> {
        let ending = file.rsplit('.').next().unwrap_or_default();
        let figure = || match drawn {
            Some(drawn) => self.figure(drawn),
            None => Err("a table is drawn by `line(…)` or `hist(…)`".to_owned()),
        };
        let content = match ending {
            "svg" => FileContent::Svg(plot::svg(&figure()?)),
            "png" => FileContent::Png(plot::png(&figure()?)),
            "csv" => FileContent::Csv(self.cells()),
            "npz" => FileContent::Npz(self.arrays()?),
            _ => return Err(format!("a table's file ends in svg, png, csv or npz, and `{file}` does not")),
        };
        Ok(OutputFile { name: file.to_owned(), content })
    }

    /// Columns of text; what was set is written as it was set, what was measured with all its digits.
    fn cells(&self) -> Vec<Column> {
        let set = self.variables.iter().flat_map(|column| column.cells(Cells::Marks));
        set.chain(self.recorded.cells(Cells::Numbers)).collect()
    }

    fn arrays(&self) -> Result<Vec<(String, Array)>, String> {
        let mut arrays = Vec::new();
        for column in self.columns().filter(|column| column.words().is_none()) {
            let stacked = neuro_elaboration::array::stack(&column.values)
                .map_err(|reason| format!("`{}` makes no array: {reason}", column.name))?;
            let Value::Array(array) = stacked else { continue };
            arrays.push((
                column.name.clone(),
                Array { shape: array.shape, data: Data::F64(scaled(&array.values, &column.unit)) },
            ));
        }
        Ok(arrays)
    }

    fn figure(&self, drawn: Drawn) -> Result<Figure, String> {
        match drawn.by {
            Builtin::Line => self.lines(),
            Builtin::Hist => {
                let numbers: Vec<f64> = self
                    .recorded
                    .values
                    .iter()
                    .filter_map(Value::numbers)
                    .flat_map(|numbers| numbers.to_vec())
                    .collect();
                let unit = self.recorded.suited();
                let scaled: Vec<f64> = numbers.iter().map(|number| number / unit.1).collect();
                Ok(histogram(&scaled, drawn.bins, &heading(&self.recorded.name, &unit)))
            }
            _ => Err(format!("a table is drawn by `line(…)` or `hist(…)`, not by `{}(…)`", drawn.by.name())),
        }
    }

    /// The recorded numbers over the innermost loop's variable, a line for each turn of the loops around it, and for each element.
    fn lines(&self) -> Result<Figure, String> {
        let (across, around) = self.variables.split_last().ok_or("the table is empty")?;
        let unit = self.recorded.suited();
        let x_unit = across.suited();
        let words = across.words();
        let mut series: Vec<Series> = Vec::new();
        // A line goes on as long as the outer loops stand.
        let mut turn: Option<Vec<&Value>> = None;
        let mut start = 0;
        for (row, value) in self.recorded.values.iter().enumerate() {
            let numbers = value.numbers().ok_or_else(|| format!("`{}` is no number", self.recorded.name))?;
            let here: Vec<&Value> = around.iter().map(|column| &column.values[row]).collect();
            if turn.as_ref() != Some(&here) {
                start = series.len();
                turn = Some(here);
            }
            let x = match &words {
                Some(words) => words.distinct.iter().position(|word| *word == words.all[row]).unwrap_or(0) as f64,
                None => across.values[row].number().map_or(row as f64, |x| x / x_unit.1),
            };
            for (element, number) in numbers.iter().enumerate() {
                if start + element == series.len() {
                    series
                        .push(Series { name: self.line_name(around, row, element, numbers.len()), points: Vec::new() });
                }
                series[start + element].points.push((x, number / unit.1));
            }
        }
        let panel = Panel { label: heading(&self.recorded.name, &unit), content: Content::Lines(series) };
        Ok(Figure {
            x_label: heading(&across.name, &x_unit),
            x_words: words.map(|words| words.distinct).unwrap_or_default(),
            panels: vec![panel],
            ..Figure::default()
        })
    }

    fn line_name(&self, around: &[TableColumn], row: usize, element: usize, elements: usize) -> String {
        let mut parts: Vec<String> = around
            .iter()
            .map(|column| format!("{} = {}", column.name, text_of(&column.values[row], &column.unit)))
            .collect();
        if elements > 1 {
            parts.push(format!("[{element}]"));
        }
        parts.join(", ")
    }
}

/// The words of a column, all of them and each once.
struct Words {
    all: Vec<String>,
    distinct: Vec<String>,
}

impl TableColumn {
    fn words(&self) -> Option<Words> {
        let word = |value: &Value| match value {
            Value::Text(text) => Some(text.to_string()),
            _ => None,
        };
        let all: Vec<String> = self.values.iter().map(word).collect::<Option<_>>()?;
        let mut distinct: Vec<String> = Vec::new();
        all.iter().for_each(|word| {
            if !distinct.contains(word) {
                distinct.push(word.clone());
            }
        });
        (!all.is_empty()).then_some(Words { all, distinct })
    }

    /// Its numbers, if each turn has a single one.
    fn numbers(&self) -> Option<Vec<f64>> {
        self.values.iter().map(Value::number).collect()
    }

    /// The unit in which its numbers are short.
    fn suited(&self) -> Shown {
        let numbers: Vec<f64> =
            self.values.iter().filter_map(Value::numbers).flat_map(|numbers| numbers.to_vec()).collect();
        prefixed(&self.unit, &numbers)
    }

    /// Each of its values once, or from where to where they go.
    fn range_text(&self) -> String {
        const MOST: usize = 8;
        if let Some(words) = self.words() {
            return format!("[{}]", words.distinct.join(", "));
        }
        let Some(numbers) = self.numbers() else { return self.text() };
        let mut distinct: Vec<f64> = Vec::new();
        for number in numbers {
            if !distinct.contains(&number) {
                distinct.push(number);
            }
        }
        match distinct.as_slice() {
            [first, .., last] if distinct.len() > MOST => {
                let ends = [first, last].map(|end| quantity(*end, &self.suited()));
                ends.join(" .. ")
            }
            _ => text_of(&Value::Array(Numbers::row(distinct)), &self.unit),
        }
    }

    fn text(&self) -> String {
        if self.values.iter().all(|value| matches!(value, Value::Truth(_))) {
            let truths: Vec<String> = self.values.iter().map(|truth| text_of(truth, &self.unit)).collect();
            return format!("[{}]", truths.join(", "));
        }
        match self.numbers() {
            Some(numbers) => text_of(&Value::Array(Numbers::row(numbers)), &self.unit),
            None => format!("{} arrays", self.values.len()),
        }
    }

    /// A column of a file for each element.
    fn cells(&self, kind: fn(Vec<f64>) -> Cells) -> Vec<Column> {
        if let Some(words) = self.words() {
            return vec![Column { name: self.name.clone(), cells: Cells::Words(words.all) }];
        }
        let unit = self.suited();
        if let Some(numbers) = self.numbers() {
            let name = heading(&self.name, &unit);
            return vec![Column { name, cells: kind(numbers.iter().map(|number| number / unit.1).collect()) }];
        }
        let rows: Vec<_> = self.values.iter().map(|value| value.numbers().unwrap_or_default()).collect();
        let width = rows.iter().map(|row| row.len()).max().unwrap_or(0);
        let element = |index: usize| {
            let number = |row: &std::sync::Arc<[f64]>| row.get(index).map_or(f64::NAN, |number| number / unit.1);
            Column {
                name: heading(&format!("{}[{index}]", self.name), &unit),
                cells: kind(rows.iter().map(number).collect()),
            }
        };
        (0..width).map(element).collect()
    }
}
