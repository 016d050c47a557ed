//! Numbers, shapes and small arrays as text.

/// `[1, 2]`, one number as `1` if all are the same.
pub(crate) fn per_axis(numbers: &[usize]) -> String {
    match numbers {
        [first, rest @ ..] if rest.iter().all(|number| number == first) => first.to_string(),
        _ => list(numbers),
    }
}

/// `[1, 2]`
pub(crate) fn list(numbers: &[usize]) -> String {
    let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
    format!("[{}]", numbers.join(", "))
}

/// A number as short as it can be while it is read back as the same.
pub(crate) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value != 0.0 && !(1e-5..1e16).contains(&magnitude) { format!("{value:e}") } else { format!("{value}") }
}

/// A time: in milliseconds where that is the same number of seconds when it is read back.
pub(crate) fn time(seconds: f64) -> String {
    let milliseconds = short_milliseconds(seconds);
    match milliseconds {
        Some(milliseconds) => format!("{} ms", number(milliseconds)),
        None => format!("{} s", number(seconds)),
    }
}

/// The point moves by three places: a quantity is read as its digits with the power of ten of its unit.
fn short_milliseconds(seconds: f64) -> Option<f64> {
    let scientific = format!("{seconds:e}");
    let (digits, exponent) = scientific.split_once('e')?;
    let milliseconds: f64 = format!("{digits}e{}", exponent.parse::<i32>().ok()? + 3).parse().ok()?;
    (format!("{milliseconds:e}").split_once('e')?.0 == digits).then_some(milliseconds)
}

/// An array, row-major, as nested brackets.
pub(crate) fn nested(axes: &[usize], elements: &[String]) -> String {
    match axes {
        [] => elements.first().cloned().unwrap_or_default(),
        [_] => format!("[{}]", elements.join(", ")),
        [first, rest @ ..] => {
            let inner = (elements.len() / (*first).max(1)).max(1);
            let rows: Vec<String> = elements.chunks(inner).map(|row| nested(rest, row)).collect();
            format!("[{}]", rows.join(", "))
        }
    }
}
