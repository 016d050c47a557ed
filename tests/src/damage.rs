//! Texts that nobody wrote, each made from a few bytes: by proptest, by a fuzzer, or by a small generator.

use crate::corpus;
use neuro_syntax::{TokenKind, lex};
use std::sync::LazyLock;

static PROGRAMS: LazyLock<Vec<String>> =
    LazyLock::new(|| corpus::valid().into_iter().map(|program| program.text).collect());

/// Every token that stands in a valid program, and some that stand in none.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let strange = [
        "$",
        "\"open",
        "\r\n",
        "\u{FEFF}",
        "'",
        "1e999",
        "3 mV^99999999999",
        "10 foo",
        "#[",
        "τ",
        "\u{0}",
        "::",
        "+-",
        "~=",
    ];
    let mut words: Vec<String> = strange.iter().map(|word| (*word).to_owned()).collect();
    for text in PROGRAMS.iter() {
        words.extend(lex(text).iter().map(|token| token.text(text).to_owned()));
    }
    words.sort();
    words.dedup();
    words
});

/// Numbers below bounds, read off bytes; zeros when they are used up.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn below(&mut self, bound: usize) -> usize {
        let mut number = 0_usize;
        let mut reach = 1;
        while reach < bound {
            let Some((first, rest)) = self.0.split_first() else { break };
            number = number << 8 | usize::from(*first);
            reach <<= 8;
            self.0 = rest;
        }
        number % bound.max(1)
    }

    fn word(&mut self) -> &'static str {
        &WORDS[self.below(WORDS.len())]
    }
}

/// Tokens of real programs in no order.
pub fn soup(bytes: &[u8]) -> String {
    let mut choices = Choices(bytes);
    let mut text = String::new();
    while !choices.0.is_empty() {
        text.push_str(choices.word());
        if choices.below(4) > 0 {
            text.push(' ');
        }
    }
    text
}

/// No text grows longer: what doubles parts of parts would have no end.
const LONGEST: usize = 20_000;

/// A real program with parts taken away, doubled, swapped or replaced: tokens, or bytes.
pub fn damaged(bytes: &[u8]) -> String {
    let mut choices = Choices(bytes);
    let mut text = PROGRAMS[choices.below(PROGRAMS.len())].clone();
    while !choices.0.is_empty() && text.len() < LONGEST {
        let borders: Vec<usize> = if choices.below(5) == 0 {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
        } else {
            lex(&text).iter().map(|token| token.span.start as usize).chain([text.len()]).collect()
        };
        let last = borders.len() - 1;
        let from = choices.below(borders.len());
        let to = (from + choices.below(12)).min(last);
        let other = choices.below(borders.len());
        let part = text[borders[from]..borders[to]].to_owned();
        match choices.below(6) {
            0 => text.replace_range(borders[from]..borders[to], ""),
            1 => text.insert_str(borders[from], &part),
            2 => text.insert_str(borders[other], &part),
            3 => text.replace_range(borders[from]..borders[(from + 1).min(last)], choices.word()),
            4 => text.insert_str(borders[from], choices.word()),
            _ => {
                // Moves it elsewhere.
                text.replace_range(borders[from]..borders[to], "");
                let mut at = borders[other].min(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                text.insert_str(at, &part);
            }
        }
    }
    text
}

/// White space and comments that may stand between two tokens.
const BETWEEN: [&str; 16] = [
    "",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\n\n\n",
    " // note\n",
    "\n// a line\n",
    "   // note\n\n",
    "\n/// said\n",
    "//\n//τ\t\n",
    ";",
    "; // note\n",
    "\t",
    "\n;\n",
    "\r\n",
];

/// A real program with other white space between its tokens, and comments where nobody would write them.
pub fn spaced(bytes: &[u8]) -> String {
    let mut choices = Choices(bytes);
    let mut text = PROGRAMS[choices.below(PROGRAMS.len())].clone();
    while !choices.0.is_empty() {
        let tokens = lex(&text);
        let Some(token) = tokens.get(choices.below(tokens.len())) else { break };
        let (start, end) = (token.span.start as usize, token.span.end as usize);
        let is_blank = matches!(token.kind, TokenKind::Whitespace | TokenKind::Newline);
        text.replace_range(start..if is_blank { end } else { start }, BETWEEN[choices.below(BETWEEN.len())]);
    }
    text
}

/// A spaced program, a damaged one, or the bytes as they are.
pub fn laid_out(bytes: &[u8]) -> String {
    match bytes.split_first() {
        Some((kind, rest)) if kind % 8 == 0 => String::from_utf8_lossy(rest).into_owned(),
        Some((kind, rest)) if kind % 8 == 1 => damaged(rest),
        Some((_, rest)) => spaced(rest),
        None => String::new(),
    }
}

/// One of both, or the bytes as they are.
pub fn any(bytes: &[u8]) -> String {
    match bytes.split_first() {
        Some((kind, rest)) if kind % 8 == 0 => String::from_utf8_lossy(rest).into_owned(),
        Some((kind, rest)) if kind % 8 < 3 => soup(rest),
        Some((_, rest)) => damaged(rest),
        None => String::new(),
    }
}
