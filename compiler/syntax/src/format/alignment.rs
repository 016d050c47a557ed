//! Columns that an author made to stand under each other stay under each other.
//!
//! In lines that follow each other, the same sign of the same kind of statement (the `=` of equations, the `{` of handlers) is put into one
//! column if somebody stretched one of them; so are comments at the ends of lines. Knows nothing of documents.

/// A line that was laid out.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) comment: Option<Suffix>,
    /// The byte in front of which the line may be stretched.
    pub(super) anchor: Option<(usize, Anchor)>,
}

/// A comment at the end of a line.
#[derive(Debug)]
pub(super) struct Suffix {
    pub(super) text: String,
    /// Blanks that stood in front of it.
    pub(super) gap: usize,
}

/// A sign at which a line may be stretched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) kind: Stretches,
    /// Whether its author did.
    pub(super) stretched: bool,
}

/// What kind of line may be stretched. Only those of one kind are aligned with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretches {
    Equation,
    Handler,
    Let,
    Port,
    State,
    Setting,
    Assignment,
    Constant,
}

/// Aligns what was aligned, and puts the lines together.
pub(super) fn align(mut lines: Vec<Line>) -> String {
    runs(&mut lines, |line| line.anchor.map(|(_, anchor)| (anchor.kind, indentation(&line.text))), stretch);
    runs(&mut lines, |line| line.comment.as_ref().map(|_| ()), append);
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.text);
        text.push('\n');
    }
    text
}

/// Calls `each` with the longest runs of lines that have the same key.
fn runs<K: PartialEq>(lines: &mut [Line], key: impl Fn(&Line) -> Option<K>, each: impl Fn(&mut [Line])) {
    let mut start = 0;
    while start < lines.len() {
        let first = lines.get(start).and_then(&key);
        let same = |line: &Line| first.is_some() && key(line) == first;
        let length = lines.iter().skip(start).take_while(|line| same(line)).count().max(1);
        if let Some(run) = lines.get_mut(start..start + length).filter(|_| first.is_some()) {
            each(run);
        }
        start += length;
    }
}

fn indentation(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn columns(text: &str, bytes: usize) -> usize {
    text.get(..bytes).map_or(0, |text| text.chars().count())
}

fn stretch(run: &mut [Line]) {
    let is_stretched = |line: &Line| line.anchor.is_some_and(|(_, anchor)| anchor.stretched);
    if run.len() < 2 || !run.iter().any(is_stretched) {
        return;
    }
    let column = |line: &Line| line.anchor.map_or(0, |(at, _)| columns(&line.text, at));
    let widest = run.iter().map(column).max().unwrap_or(0);
    for line in run {
        let missing = widest - column(line);
        if let Some((at, _)) = line.anchor {
            line.text.insert_str(at, &" ".repeat(missing));
        }
    }
}

fn append(run: &mut [Line]) {
    let gaps = || run.iter().filter_map(|line| line.comment.as_ref()).map(|comment| comment.gap);
    let aligned = gaps().any(|gap| gap > 1);
    let gap = gaps().min().unwrap_or(1).clamp(1, 2);
    let length = |line: &Line| line.text.chars().count();
    let widest = run.iter().map(length).max().unwrap_or(0);
    for line in run {
        let missing = if aligned { widest - length(line) } else { 0 };
        if let Some(comment) = &line.comment {
            line.text.push_str(&" ".repeat(missing + gap));
            line.text.push_str(&comment.text);
        }
    }
}
