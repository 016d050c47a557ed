//! A document: text with places where a line may end, and the choice of where it does.
//!
//! The algebra of Wadler ("A prettier printer", 2003) and Lindig ("Strictly pretty", 2000), with fills that keep an author's line breaks, and
//! with comments, which end their line whatever was chosen. Knows nothing of the language but that a comma may pass a comment.

use super::WIDTH;
use super::alignment::{Anchor, Line, Suffix};

/// Columns by which a block or a continued line is indented.
const STEP: usize = 2;
/// Up to this column what stands in parentheses is aligned with the first of them.
const LAST_ALIGNED: usize = 60;

/// Text that can be laid out.
#[derive(Debug)]
pub(super) enum Document {
    Text(String),
    /// A blank that does not stand at the start or the end of a line.
    Blank,
    /// A blank, or a new line if the group around it is broken.
    Line,
    /// A new line; with a blank line in front if so said.
    NewLine {
        blank_line: bool,
    },
    /// One of two texts.
    WhenBroken {
        broken: &'static str,
        flat: &'static str,
    },
    Indent(Box<Document>),
    /// Lines begin where the first one does.
    Align(Box<Document>),
    /// All on one line, or broken.
    Group {
        content: Box<Document>,
        breaks: bool,
    },
    /// Parts on as few lines as hold them.
    Fill {
        parts: Vec<Part>,
        breaks: bool,
    },
    /// What stands behind a `=`: behind it, or whole on the next line if it fits there only.
    Value {
        content: Box<Document>,
        breaks: bool,
    },
    /// The arms of an `if`: on one line, or each on its own if that makes none of them break.
    Arms {
        arms: Vec<Document>,
        apart: bool,
        breaks: bool,
    },
    /// Ends its line. `gap` blanks stood in front of it.
    Trailing {
        text: String,
        gap: usize,
    },
    /// Is a line.
    OwnLine {
        text: String,
    },
    /// Where a line may be stretched.
    Anchor(Anchor),
    All(Vec<Document>),
}

/// A part of a fill, and what stands between it and the one in front.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) before: Before,
    pub(super) content: Document,
}

/// What stands in front of a part of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// A blank, or a new line where needed.
    Blank,
    /// Nothing.
    Nothing,
    /// A new line.
    NewLine,
}

impl Document {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn indent(content: Document) -> Self {
        Self::Indent(Box::new(content))
    }

    pub(super) fn align(content: Document) -> Self {
        Self::Align(Box::new(content))
    }

    pub(super) fn group(content: Document) -> Self {
        Self::Group { breaks: content.breaks(), content: Box::new(content) }
    }

    pub(super) fn value(content: Document) -> Self {
        Self::Value { breaks: content.breaks(), content: Box::new(content) }
    }

    /// One part is itself.
    pub(super) fn fill(mut parts: Vec<Part>) -> Self {
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return only.content;
        }
        let breaks = parts
            .iter()
            .enumerate()
            .any(|(index, part)| (index > 0 && part.before == Before::NewLine) || part.content.breaks());
        Self::Fill { parts, breaks }
    }

    pub(super) fn arms(mut arms: Vec<Document>, apart: bool) -> Self {
        if arms.len() == 1
            && let Some(only) = arms.pop()
        {
            return only;
        }
        let breaks = apart || arms.iter().any(Document::breaks);
        Self::Arms { arms, apart, breaks }
    }

    /// Whether it cannot stand on one line.
    pub(super) fn breaks(&self) -> bool {
        match self {
            Self::NewLine { .. } | Self::Trailing { .. } | Self::OwnLine { .. } => true,
            Self::Group { breaks, .. }
            | Self::Fill { breaks, .. }
            | Self::Value { breaks, .. }
            | Self::Arms { breaks, .. } => *breaks,
            Self::Indent(content) | Self::Align(content) => content.breaks(),
            Self::All(parts) => parts.iter().any(Document::breaks),
            Self::Text(_) | Self::Blank | Self::Line | Self::WhenBroken { .. } | Self::Anchor(_) => false,
        }
    }
}

/// Lays a document out.
pub(super) fn render(document: &Document) -> Vec<Line> {
    let mut renderer = Renderer::default();
    renderer.todo.push(Task { indent: 0, flat: false, what: What::Document(document) });
    while let Some(task) = renderer.todo.pop() {
        match task.what {
            What::Document(document) => renderer.document(document, task.indent, task.flat),
            What::Parts(parts) => renderer.parts(parts, task),
            What::Arms(arms, apart) => renderer.arms(arms, apart, task),
        }
    }
    renderer.new_line(0, false);
    renderer.lines
}

#[derive(Clone, Copy)]
struct Task<'document> {
    indent: usize,
    flat: bool,
    what: What<'document>,
}

#[derive(Clone, Copy)]
enum What<'document> {
    Document(&'document Document),
    /// The parts that are left of a fill.
    Parts(Parts<'document>),
    /// The arms that are left, and whether each has its own line.
    Arms(&'document [Document], bool),
}

#[derive(Clone, Copy)]
struct Parts<'document> {
    parts: &'document [Part],
    first: bool,
    /// Whether lines end where their author ended them.
    as_written: bool,
}

#[derive(Default)]
struct Renderer<'document> {
    lines: Vec<Line>,
    /// The line that is being written.
    line: Line,
    /// Its characters.
    column: usize,
    /// Where it begins, as long as it is empty.
    indent: usize,
    /// What is still to be laid out, the next one last.
    todo: Vec<Task<'document>>,
}

impl<'document> Renderer<'document> {
    fn is_empty(&self) -> bool {
        self.line.text.is_empty() && self.line.comment.is_none()
    }

    fn new_line(&mut self, indent: usize, blank_line: bool) {
        if !self.is_empty() {
            let mut line = std::mem::take(&mut self.line);
            line.text.truncate(line.text.trim_end().len());
            self.lines.push(line);
        }
        if blank_line && self.lines.last().is_some_and(|last| !last.text.is_empty()) {
            self.lines.push(Line::default());
        }
        self.column = indent;
        self.indent = indent;
    }

    fn text(&mut self, text: &str, indent: usize) {
        if text.is_empty() {
            return;
        }
        if self.line.comment.is_some() && text != "," {
            self.new_line(indent, false);
        }
        if self.line.text.is_empty() {
            self.line.text = " ".repeat(self.indent);
        }
        self.line.text.push_str(text);
        self.column += text.chars().count();
    }

    fn blank(&mut self) {
        if !self.is_empty() && self.line.comment.is_none() {
            self.line.text.push(' ');
            self.column += 1;
        }
    }

    fn push(&mut self, document: &'document Document, indent: usize, flat: bool) {
        self.todo.push(Task { indent, flat, what: What::Document(document) });
    }

    fn document(&mut self, document: &'document Document, indent: usize, flat: bool) {
        match document {
            Document::Text(text) => self.text(text, indent),
            Document::Blank => self.blank(),
            Document::Line if flat => self.blank(),
            Document::Line => self.new_line(indent, false),
            Document::NewLine { blank_line } => self.new_line(indent, *blank_line),
            Document::WhenBroken { broken, flat: on_one_line } => {
                self.text(if flat { on_one_line } else { broken }, indent);
            }
            Document::Indent(content) => self.push(content, indent + STEP, flat),
            Document::Align(content) => {
                let near = self.column <= LAST_ALIGNED && self.line.comment.is_none();
                self.push(content, if near { self.column } else { indent + 2 * STEP }, flat);
            }
            Document::Group { content, breaks } => {
                let flat = flat || (!breaks && self.fits(content, true, true));
                self.push(content, indent, flat);
            }
            Document::Fill { parts, .. } if flat => {
                for (index, part) in parts.iter().enumerate().rev() {
                    self.push(&part.content, indent, true);
                    if index > 0 && part.before == Before::Blank {
                        self.push(&Document::Blank, indent, true);
                    }
                }
            }
            Document::Fill { parts, .. } => {
                let parts = Parts { parts, first: true, as_written: self.fits_as_written(parts, indent) };
                self.todo.push(Task { indent, flat, what: What::Parts(parts) });
            }
            Document::Value { content, breaks } => self.value(content, *breaks, indent, flat),
            Document::Arms { arms, apart, .. } => {
                let fit = |arm: &Document| !arm.breaks() && indent + width(arm) <= WIDTH;
                let total: usize = arms.iter().map(|arm| width(arm) + 1).sum();
                let apart = !flat && arms.iter().all(fit) && (*apart || indent + total > WIDTH + 1);
                self.todo.push(Task { indent, flat, what: What::Arms(arms, apart) });
            }
            Document::Trailing { text, gap } => {
                if self.line.comment.is_some() {
                    // Behind a comma that has passed the comment in front of it.
                    self.new_line(indent, false);
                    self.text(text, indent);
                    self.new_line(indent, false);
                } else {
                    self.line.comment = Some(Suffix { text: text.clone(), gap: *gap });
                }
            }
            Document::OwnLine { text } => {
                self.new_line(indent, false);
                self.text(text, indent);
                self.new_line(indent, false);
            }
            // Of several statements on a line none is stretched.
            Document::Anchor(_) if flat => {}
            Document::Anchor(anchor) => {
                let at = self.line.text.trim_end().len();
                self.line.anchor.get_or_insert((at, *anchor));
            }
            Document::All(parts) => {
                for part in parts.iter().rev() {
                    self.push(part, indent, flat);
                }
            }
        }
    }

    fn value(&mut self, content: &'document Document, breaks: bool, indent: usize, flat: bool) {
        if flat {
            self.blank();
            return self.push(content, indent, true);
        }
        if self.line.comment.is_none() {
            self.blank();
            if breaks || self.fits(content, true, true) || !self.fits_at(indent + STEP, content) {
                let flat = !breaks && self.fits(content, true, true);
                return self.push(content, indent, flat);
            }
        }
        self.new_line(indent + STEP, false);
        let flat = !breaks && self.fits(content, true, true);
        self.push(content, indent + STEP, flat);
    }

    fn parts(&mut self, parts: Parts<'document>, task: Task<'document>) {
        let Some((part, rest)) = parts.parts.split_first() else { return };
        let breaks = part.content.breaks();
        if !parts.first {
            let blank = usize::from(part.before != Before::Nothing);
            self.column += blank;
            let fits = self.line.comment.is_none() && self.fits(&part.content, !breaks, rest.is_empty());
            self.column -= blank;
            match part.before {
                Before::Nothing => {}
                Before::NewLine if parts.as_written => self.new_line(task.indent, false),
                Before::Blank | Before::NewLine if fits => self.blank(),
                Before::Blank | Before::NewLine => self.new_line(task.indent, false),
            }
        }
        let flat = !breaks && self.fits(&part.content, true, rest.is_empty());
        if !rest.is_empty() {
            let rest = Parts { parts: rest, first: false, ..parts };
            self.todo.push(Task { what: What::Parts(rest), ..task });
        }
        self.push(&part.content, task.indent, flat);
    }

    /// Whether the lines that an author made of the parts of a fill fit. If one does not, all are made anew: they would be ragged. Where a part
    /// has lines of its own nothing is judged.
    fn fits_as_written(&self, parts: &'document [Part], indent: usize) -> bool {
        if parts.iter().any(|part| part.content.breaks()) {
            return true;
        }
        let mut column = self.column;
        for (index, part) in parts.iter().enumerate() {
            match part.before {
                Before::NewLine if index > 0 => column = indent,
                Before::Blank if index > 0 => column += 1,
                Before::NewLine | Before::Blank | Before::Nothing => {}
            }
            column += width(&part.content);
            if column > WIDTH {
                return false;
            }
        }
        true
    }

    fn arms(&mut self, arms: &'document [Document], apart: bool, task: Task<'document>) {
        let Some((arm, rest)) = arms.split_first() else { return };
        if !rest.is_empty() {
            self.todo.push(Task { what: What::Arms(rest, apart), ..task });
            self.push(if apart { &NEW_LINE } else { &Document::Blank }, task.indent, false);
        }
        self.push(arm, task.indent, apart || task.flat);
    }

    fn fits_at(&mut self, column: usize, document: &'document Document) -> bool {
        let before = std::mem::replace(&mut self.column, column);
        let fits = self.fits(document, true, true);
        self.column = before;
        fits
    }

    /// Whether a document fits on what is left of the line, up to the first place where it may end; and what stands behind the document too,
    /// if so said.
    fn fits(&self, document: &'document Document, flat: bool, with_rest: bool) -> bool {
        let Some(mut left) = WIDTH.checked_sub(self.column) else { return false };
        let mut todo = vec![(document, flat)];
        let mut rest = if with_rest { self.todo.as_slice() } else { &[] };
        loop {
            let Some((next, flat)) = todo.pop() else {
                let Some((task, before)) = rest.split_last() else { return true };
                rest = before;
                match task.what {
                    What::Document(document) => todo.push((document, task.flat)),
                    // A line may end in front of the next part.
                    What::Parts(..) => return true,
                    What::Arms(_, true) => return true,
                    What::Arms(arms, false) => todo.extend(arms.iter().rev().map(|arm| (arm, task.flat))),
                }
                continue;
            };
            let taken = match next {
                Document::Text(text) => text.chars().count(),
                Document::Blank => 1,
                Document::Line if flat => 1,
                Document::WhenBroken { flat: text, .. } if flat => text.len(),
                Document::WhenBroken { broken: text, .. } => text.len(),
                Document::Line | Document::NewLine { .. } | Document::Trailing { .. } | Document::OwnLine { .. } => {
                    return true;
                }
                Document::Value { content, .. } => {
                    todo.push((content, flat));
                    1
                }
                Document::Fill { parts, .. } => {
                    let blanks = parts.iter().skip(1).filter(|part| part.before == Before::Blank).count();
                    if flat {
                        todo.extend(parts.iter().rev().map(|part| (&part.content, true)));
                        blanks
                    } else {
                        if parts.len() > 1 {
                            todo.push((&NEW_LINE, false));
                        }
                        todo.extend(parts.first().map(|part| (&part.content, false)));
                        0
                    }
                }
                Document::Arms { arms, .. } => {
                    todo.extend(arms.iter().rev().map(|arm| (arm, flat)));
                    arms.len() - 1
                }
                Document::Indent(content) | Document::Align(content) | Document::Group { content, .. } => {
                    todo.push((content, flat));
                    0
                }
                Document::All(parts) => {
                    todo.extend(parts.iter().rev().map(|part| (part, flat)));
                    0
                }
                Document::Anchor(_) => 0,
            };
            let Some(less) = left.checked_sub(taken) else { return false };
            left = less;
        }
    }
}

static NEW_LINE: Document = Document::NewLine { blank_line: false };

/// Columns of a document on one line.
fn width(document: &Document) -> usize {
    match document {
        Document::Text(text) => text.chars().count(),
        Document::Blank | Document::Line => 1,
        Document::WhenBroken { flat, .. } => flat.len(),
        Document::Indent(content) | Document::Align(content) | Document::Group { content, .. } => width(content),
        Document::Value { content, .. } => 1 + width(content),
        Document::Fill { parts, .. } => {
            let blanks = parts.iter().skip(1).filter(|part| part.before == Before::Blank).count();
            blanks + parts.iter().map(|part| width(&part.content)).sum::<usize>()
        }
        Document::Arms { arms, .. } => arms.iter().map(width).sum::<usize>() + arms.len().saturating_sub(1),
        Document::All(parts) => parts.iter().map(width).sum(),
        Document::NewLine { .. } | Document::Trailing { .. } | Document::OwnLine { .. } | Document::Anchor(_) => 0,
    }
}
