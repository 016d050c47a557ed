//! What can go wrong, as data.
//!
//! A mistake of the user is a [`Diagnostic`]: a value with a code, a sentence, labelled places, notes and fixes. It is
//! never an `Err` and never a panic. This crate knows no rule of the language: a [`Code`] is declared next to the check
//! that raises it, with its explain page beside.
//!
//! Places inside an item are relative to the item, so that an edit above changes nothing below; [`Resolve`] turns them
//! into offsets of a file when somebody has to see them.

pub mod codes;
mod json;
mod render;

pub use json::to_json;
pub use render::{Style, render};

/// A file of one program, as numbered by whoever loaded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A half-open range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest range that covers both.
    pub fn to(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// The same range, `offset` bytes further on.
    pub fn shifted(self, offset: u32) -> Self {
        Self::new(self.start + offset, self.end + offset)
    }

    /// Whether the byte `offset` lies in the range or just behind it.
    pub fn touches(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }
}

/// Where something stands: a file, and a range that is relative to one of its items, or to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The item (counted from 0 in the order of the text) that `span` is relative to; `None`: the file.
    pub item: Option<u32>,
    /// The bytes.
    pub span: Span,
}

/// Knows the files of a program: their names, their texts, and where their items start.
pub trait Resolve {
    /// The name that a person reads, relative to where they work.
    fn name(&self, file: FileId) -> String;
    /// The text.
    fn text(&self, file: FileId) -> &str;
    /// The offset of the first byte of an item.
    fn item_start(&self, file: FileId, item: u32) -> u32;

    /// The range of a place in the bytes of its file, kept inside the text.
    fn span(&self, place: Place) -> Span {
        let offset = place.item.map_or(0, |item| self.item_start(place.file, item));
        let length = u32::try_from(self.text(place.file).len()).unwrap_or(u32::MAX);
        let span = place.span.shifted(offset);
        Span::new(span.start.min(length), span.end.min(length))
    }
}

/// A kind of mistake: its number, what it is in a few words, and the page that explains it.
#[derive(Debug)]
pub struct Code {
    /// `E0302`, `W0803`.
    pub id: &'static str,
    /// A few words for a list of codes.
    pub title: &'static str,
    /// The page that `neuro explain` prints (Markdown): what, why it matters in time, a wrong program, a right one.
    pub page: &'static str,
}

impl Code {
    /// A code whose letter says whether it is an error (`E`) or a warning (`W`).
    pub const fn new(id: &'static str, title: &'static str, page: &'static str) -> Self {
        Self { id, title, page }
    }

    /// What the letter says.
    pub fn severity(&self) -> Severity {
        if self.id.starts_with('W') { Severity::Warning } else { Severity::Error }
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl Eq for Code {}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The program is not run.
    Error,
    /// The program is run, and may not do what is meant.
    Warning,
}

/// A place with a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// A change of text that mends the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as a person would ask for it: "write `impulse(exc)`".
    pub title: String,
    /// The changes, all of one fix applied together.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty range inserts.
    pub place: Place,
    /// By what.
    pub text: String,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: &'static Code,
    /// The reason, one sentence without a full stop.
    pub message: String,
    /// Where it is said. Absent only where no text is at fault (a missing file of the command line).
    pub primary: Option<Label>,
    /// At most two further places.
    pub secondary: Vec<Label>,
    /// What else helps to understand it.
    pub notes: Vec<String>,
    /// Ways out, in words.
    pub helps: Vec<String>,
    /// Ways out that a machine can apply.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A mistake at a place.
    pub fn new(code: &'static Code, place: Place, message: impl Into<String>) -> Self {
        let primary = Some(Label { place, text: String::new() });
        Self { primary, ..Self::unplaced(code, message) }
    }

    /// A mistake of no text: a file that is missing, an output that cannot be written.
    pub fn unplaced(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// A mistake at a place if there is a text, else of no text: a graph may come from a program or from a file without places.
    pub fn at(code: &'static Code, place: Option<Place>, message: impl Into<String>) -> Self {
        match place {
            Some(place) => Self::new(code, place, message),
            None => Self::unplaced(code, message),
        }
    }

    /// Says what is to be seen at the primary place.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = &mut self.primary {
            primary.text = text.into();
        }
        self
    }

    /// Adds a further place.
    pub fn also(mut self, place: Place, text: impl Into<String>) -> Self {
        self.secondary.push(Label { place, text: text.into() });
        self
    }

    /// Adds a note.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a way out in words.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }

    /// Adds a way out that is one replacement.
    pub fn fix(mut self, title: impl Into<String>, place: Place, text: impl Into<String>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits: vec![Edit { place, text: text.into() }] });
        self
    }

    /// Adds a way out in words if there is none yet.
    pub fn or_help(self, text: impl FnOnce(&Self) -> String) -> Self {
        if !self.helps.is_empty() || !self.fixes.is_empty() {
            return self;
        }
        let text = text(&self);
        self.help(text)
    }

    /// Whether the program is not to be run.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}

/// Whether one of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}
