//! Tokens: the kinds, and the table that holds every byte of a text.
//!
//! What a token's text means is not known here.

use logos::Logos;
use neuro_diagnostics::Span;

/// A token of the table: a kind and its bytes. White space, newlines and comments are tokens too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes.
    pub span: Span,
}

impl Token {
    /// Its text, `source` being what was lexed.
    pub fn text<'source>(&self, source: &'source str) -> &'source str {
        source.get(self.span.start as usize..self.span.end as usize).unwrap_or_default()
    }
}

/// The kinds of token.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenKind {
    /// Blanks, tabs, carriage returns and a byte order mark.
    #[regex("[ \t\r\u{FEFF}]+")]
    Whitespace,
    /// One line feed.
    #[token("\n")]
    Newline,
    /// `// …`
    #[regex("//[^\n]*", allow_greedy = true)]
    Comment,
    /// `/// …`
    DocComment,
    /// A name.
    #[regex("[A-Za-z_][A-Za-z0-9_]*", priority = 2)]
    Identifier,
    /// A word with `µ` or `Ω`: the name of a unit, and nothing else.
    #[regex("[A-Za-z_]*[\u{B5}\u{3BC}\u{3A9}\u{2126}][A-Za-z0-9_\u{B5}\u{3BC}\u{3A9}\u{2126}]*")]
    UnitName,
    /// `v'`
    #[regex("[A-Za-z_][A-Za-z0-9_]*'")]
    Derivative,
    /// A number with the unit behind it, if there is one: `3`, `0.32 mV^-1/ms`.
    #[regex(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", crate::quantity::extend)]
    Quantity,
    /// `"text"`
    #[regex("\"[^\"\n]*\"")]
    Text,
    /// A string without its closing quote, up to the end of the line.
    #[regex("\"[^\"\n]*")]
    OpenText,
    /// Bytes that begin no token. In the parser's stream also: a part that was given up.
    Error,

    #[token("use")]
    Use,
    #[token("as")]
    As,
    #[token("const")]
    Const,
    #[token("fn")]
    Fn,
    #[token("node")]
    Node,
    #[token("in")]
    In,
    #[token("out")]
    Out,
    #[token("state")]
    State,
    #[token("let")]
    Let,
    #[token("on")]
    On,
    #[token("for")]
    For,
    #[token("if")]
    If,
    #[token("then")]
    Then,
    #[token("else")]
    Else,
    #[token("emit")]
    Emit,
    #[token("refractory")]
    Refractory,
    #[token("by")]
    By,
    #[token("via")]
    Via,
    #[token("weight")]
    Weight,
    #[token("delay")]
    Delay,
    #[token("run")]
    Run,
    #[token("record")]
    Record,
    #[token("assert")]
    Assert,
    #[token("spike")]
    Spike,
    #[token("event")]
    Event,
    #[token("clock")]
    Clock,
    #[token("flow")]
    Flow,
    #[token("and")]
    And,
    #[token("or")]
    Or,
    #[token("not")]
    Not,
    #[token("experiment")]
    Experiment,
    #[token("test")]
    Test,
    #[token("train")]
    Train,
    #[token("search")]
    Search,
    #[token("quantize")]
    Quantize,

    #[token("(")]
    ParenOpen,
    #[token(")")]
    ParenClose,
    #[token("[")]
    BracketOpen,
    #[token("]")]
    BracketClose,
    #[token("{")]
    BraceOpen,
    #[token("}")]
    BraceClose,
    /// `#[`
    #[token("#[")]
    AttributeOpen,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    /// `::`
    #[token("::")]
    PathSeparator,
    #[token(".")]
    Dot,
    /// `..`
    #[token("..")]
    Range,
    /// `->`
    #[token("->")]
    Arrow,
    /// `=`
    #[token("=")]
    Equals,
    /// `:=`
    #[token(":=")]
    Assign,
    /// `+=`
    #[token("+=")]
    Add,
    #[token("==")]
    Equal,
    #[token("!=")]
    NotEqual,
    #[token("<")]
    Less,
    #[token("<=")]
    LessEqual,
    #[token(">")]
    Greater,
    #[token(">=")]
    GreaterEqual,
    /// `~=`
    #[token("~=")]
    Approximately,
    /// `+-`
    #[token("+-")]
    Tolerance,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("@")]
    At,
    #[token("^")]
    Caret,
    /// `;`. In the parser's stream also the end of a line that ends a statement.
    #[token(";")]
    Separator,
}

impl TokenKind {
    /// White space, newlines and comments: what the grammar does not see.
    pub fn is_trivia(self) -> bool {
        matches!(self, Self::Whitespace | Self::Newline | Self::Comment | Self::DocComment)
    }

    /// A word that cannot be a name, but behind a dot.
    pub fn is_keyword(self) -> bool {
        (Self::Use..=Self::Quantize).contains(&self)
    }

    /// `use const fn node` and the tasks: what an item begins with.
    pub fn begins_item(self) -> bool {
        matches!(self, Self::Use | Self::Const | Self::Fn | Self::Node) || self.is_task()
    }

    /// `experiment test train search quantize`
    pub fn is_task(self) -> bool {
        (Self::Experiment..=Self::Quantize).contains(&self)
    }

    /// Whether a statement may end behind it, so that a newline there separates.
    pub fn ends_statement(self) -> bool {
        matches!(
            self,
            Self::Identifier
                | Self::UnitName
                | Self::Derivative
                | Self::Quantity
                | Self::Text
                | Self::OpenText
                | Self::Error
                | Self::Spike
                | Self::ParenClose
                | Self::BracketClose
                | Self::BraceClose
        )
    }

    /// Whether a line that begins with it goes on with the statement of the line before.
    pub fn continues_statement(self) -> bool {
        matches!(
            self,
            Self::Arrow
                | Self::By
                | Self::Via
                | Self::Weight
                | Self::Delay
                | Self::As
                | Self::Then
                | Self::Else
                | Self::Or
                | Self::And
                | Self::Star
                | Self::Slash
                | Self::At
                | Self::Caret
                | Self::Equals
                | Self::Assign
                | Self::Add
                | Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::Greater
                | Self::LessEqual
                | Self::GreaterEqual
                | Self::Approximately
                | Self::Tolerance
                | Self::Range
                | Self::Dot
                | Self::Comma
                | Self::ParenClose
                | Self::BracketClose
                | Self::BraceOpen
                | Self::BraceClose
                | Self::Separator
        )
    }
}
