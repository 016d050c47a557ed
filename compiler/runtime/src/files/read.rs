//! Inputs: arrays and events out of files, by the ending of the file's name.

use super::array::Array;
use super::codes::{E1101, E1103};
use super::npy::{self, NpyError};
use super::npz::{self, NpzError};
use super::table;
use neuro_diagnostics::Diagnostic;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// A file of numbers and, in an archive or a table, which of its arrays: `FILE[:KEY]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub path: PathBuf,
    /// The array of an archive, or the columns of a table.
    pub key: Option<String>,
}

impl Location {
    /// Splits `FILE[:KEY]` at the colon behind `.npz` or `.csv`; other colons belong to the file's name.
    pub fn parse(text: &str) -> Self {
        for ending in [".npz:", ".csv:"] {
            if let Some(at) = text.find(ending) {
                let split = at + ending.len() - 1;
                return Self { path: PathBuf::from(&text[..split]), key: Some(text[split + 1..].to_owned()) };
            }
        }
        Self { path: PathBuf::from(text), key: None }
    }
}

/// Events out of a file: the step and the lane of each, sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventList {
    /// The step in which each happens.
    pub steps: Vec<u64>,
    /// Whose it is.
    pub lanes: Vec<u32>,
    /// How large they are, if the file says so (`KEY.payload`).
    pub sizes: Option<Vec<f64>>,
    /// When they were, in seconds, if the file says so (`KEY.time`).
    pub times: Option<Vec<f64>>,
}

/// Reads an array.
///
/// # Errors
/// E1101 if the file cannot be read or has no such array, E1103 if that holds no numbers.
pub fn read_array(location: &Location) -> Result<Array, Diagnostic> {
    let path = location.path.as_path();
    match ending(path).as_str() {
        "npy" => {
            let bytes = std::fs::read(path).map_err(|error| cannot_read(path, &error))?;
            npy::decode(&bytes).map_err(|error| npy_fault(path, None, error))
        }
        "npz" => {
            let key = match &location.key {
                Some(key) => key.clone(),
                None => only_array(path)?,
            };
            npz::decode(BufReader::new(open(path)?), &key).map_err(|error| npz_fault(path, &key, error))
        }
        "csv" => {
            let decoded = table::decode(BufReader::new(open(path)?), location.key.as_deref());
            decoded.map_err(|reason| {
                Diagnostic::unplaced(&E1101, format!("`{}` cannot be read: {reason}", path.display()))
                    .help("a row a line, numbers with commas between them; the first row may be names of columns")
            })
        }
        other => Err(Diagnostic::unplaced(
            &E1101,
            format!("`{}` cannot be read: nothing is known about files that end in `.{other}`", path.display()),
        )
        .help("arrays are read from `.npy`, `.npz` and `.csv`")),
    }
}

/// Whether a location holds events, as an archive with the arrays `KEY.step` and `KEY.index`.
pub fn holds_events(location: &Location) -> bool {
    let names = || File::open(&location.path).ok().and_then(|file| npz::names(BufReader::new(file)).ok());
    ending(&location.path) == "npz" && names().is_some_and(|names| event_key(&names, location.key.as_deref()).is_some())
}

/// Reads events, as runs write them: of an archive the arrays `KEY.step` and `KEY.index`.
///
/// # Errors
/// E1101 if the file cannot be read or has no such arrays, E1103 if they do not fit together.
pub fn read_events(location: &Location) -> Result<EventList, Diagnostic> {
    let path = location.path.as_path();
    let names = npz::names(BufReader::new(open(path)?)).map_err(|error| npz_fault(path, "", error))?;
    let Some(key) = event_key(&names, location.key.as_deref()) else {
        return Err(Diagnostic::unplaced(
            &E1101,
            format!("`{}` holds no events: arrays `KEY.step` and `KEY.index` are needed", path.display()),
        )
        .note(format!("it holds: {}", names.join(", "))));
    };
    let mut arrays = Vec::new();
    for part in ["step", "index"] {
        let name = format!("{key}.{part}");
        arrays
            .push(npz::decode(BufReader::new(open(path)?), &name).map_err(|error| npz_fault(path, &name, error))?.data);
    }
    let beside = |part: &str| -> Result<Option<Vec<f64>>, Diagnostic> {
        let name = format!("{key}.{part}");
        if !names.contains(&name) {
            return Ok(None);
        }
        let array = npz::decode(BufReader::new(open(path)?), &name).map_err(|error| npz_fault(path, &name, error))?;
        Ok(Some(array.data.to_f64()))
    };
    let (sizes, times) = (beside("payload")?, beside("time")?);
    let (steps, lanes) = (&arrays[0], &arrays[1]);
    let wrong = |reason: String| {
        Diagnostic::unplaced(
            &E1103,
            format!("the events `{key}` of `{}` are not lists of steps and indices: {reason}", path.display()),
        )
    };
    if steps.len() != lanes.len() {
        return Err(wrong(format!("{} steps and {} indices", steps.len(), lanes.len())));
    }
    for (part, list) in [("payloads", &sizes), ("times", &times)] {
        if let Some(list) = list
            && list.len() != steps.len()
        {
            return Err(wrong(format!("{} steps and {} {part}", steps.len(), list.len())));
        }
    }
    if let Some(time) = times.iter().flatten().find(|time| !(time.is_finite() && **time >= 0.0)) {
        return Err(wrong(format!("there is a time of {time} s")));
    }
    let whole = |value: f64, limit: f64| value >= 0.0 && value <= limit && value.fract() == 0.0;
    let mut events = Vec::with_capacity(steps.len());
    for index in 0..steps.len() {
        let (step, lane) = (steps.get(index), lanes.get(index));
        if !whole(step, 9_007_199_254_740_992.0) || !whole(lane, f64::from(u32::MAX)) {
            return Err(wrong(format!("entry {index} is step {step}, index {lane}")));
        }
        events.push((step as u64, lane as u32, index));
    }
    events.sort_unstable();
    let in_order = |list: Option<Vec<f64>>| list.map(|list| events.iter().map(|event| list[event.2]).collect());
    Ok(EventList {
        steps: events.iter().map(|event| event.0).collect(),
        lanes: events.iter().map(|event| event.1).collect(),
        sizes: in_order(sizes),
        times: in_order(times),
    })
}

/// Checks that an array is `[T, …shape]` and gives T and its numbers; an array `[T]` will do for a shape of one element.
///
/// # Errors
/// E1103 with both shapes; `name` says whose input it is.
pub fn rows_of(
    array: &Array,
    shape: &[usize],
    location: &Location,
    name: &str,
) -> Result<(usize, Vec<f64>), Diagnostic> {
    let (rows, columns) = array.rows_and_columns();
    let lanes: usize = shape.iter().product();
    let fits = !array.shape.is_empty() && (array.shape[1..] == *shape || (lanes == 1 && columns == 1));
    if fits {
        return Ok((rows, array.data.to_f64()));
    }
    let wanted =
        std::iter::once("T".to_owned()).chain(shape.iter().map(usize::to_string)).collect::<Vec<_>>().join(", ");
    let message = format!(
        "`{}` has the shape {:?}, and `{name}` needs [{wanted}]: a row a step",
        location.path.display(),
        array.shape
    );
    let diagnostic = Diagnostic::unplaced(&E1103, message);
    let transposed = array.shape.len() == 2 && shape.len() == 1 && array.shape[0] == shape[0];
    Err(diagnostic.help(match transposed {
        true => "it seems to be the other way round: transpose it".to_owned(),
        false => format!("save it as [{wanted}]"),
    }))
}

fn event_key(names: &[String], key: Option<&str>) -> Option<String> {
    let has = |key: &str| {
        names.iter().any(|name| *name == format!("{key}.step"))
            && names.iter().any(|name| *name == format!("{key}.index"))
    };
    match key {
        Some(key) => has(key).then(|| key.to_owned()),
        None => {
            let mut keys = names.iter().filter_map(|name| name.strip_suffix(".step")).filter(|key| has(key));
            let first = keys.next()?;
            keys.next().is_none().then(|| first.to_owned())
        }
    }
}

fn only_array(path: &Path) -> Result<String, Diagnostic> {
    let names = npz::names(BufReader::new(open(path)?)).map_err(|error| npz_fault(path, "", error))?;
    match names.as_slice() {
        [only] => Ok(only.clone()),
        _ => Err(Diagnostic::unplaced(
            &E1101,
            format!("`{}` holds {} arrays, and none is named", path.display(), names.len()),
        )
        .note(format!("it holds: {}", names.join(", ")))
        .help(format!("name one: `{}:{}`", path.display(), names.first().map_or("KEY", String::as_str)))),
    }
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn open(path: &Path) -> Result<File, Diagnostic> {
    File::open(path).map_err(|error| cannot_read(path, &error))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Diagnostic {
    let reason = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    };
    let diagnostic = Diagnostic::unplaced(&E1101, format!("`{}` cannot be read: {reason}", path.display()));
    diagnostic.help("paths in a program are relative to its file, those of a command line to where it is run")
}

fn npy_fault(path: &Path, key: Option<&str>, error: NpyError) -> Diagnostic {
    let what =
        key.map_or_else(|| format!("`{}`", path.display()), |key| format!("the array `{key}` of `{}`", path.display()));
    match error {
        NpyError::Broken(reason) => Diagnostic::unplaced(&E1101, format!("{what} cannot be read: {reason}"))
            .help("write the file again: `numpy.save`, `numpy.savez`"),
        NpyError::NotNumbers(kind) => Diagnostic::unplaced(&E1103, format!("{what} holds {kind}, not numbers"))
            .help("save integers, floats or booleans: `array.astype(float)`"),
    }
}

fn npz_fault(path: &Path, key: &str, error: NpzError) -> Diagnostic {
    match error {
        NpzError::Broken(reason) => {
            Diagnostic::unplaced(&E1101, format!("`{}` cannot be read: {reason}", path.display()))
        }
        NpzError::NoSuchArray(names) => {
            Diagnostic::unplaced(&E1101, format!("`{}` has no array `{key}`", path.display()))
                .help(format!("name one that it holds: {}", names.join(", ")))
        }
        NpzError::Array(error) => npy_fault(path, Some(key), error),
    }
}
