//! The examples of an explain page, or of any Markdown: programs in `neuro` blocks, command lines in `sh` blocks.
//!
//! What stands behind the first line that begins with "Wrong" is the wrong example, what stands behind the first one that begins with "Right" the
//! right one. A program that is a file of a name says so in its first line: `// models/lif.neuro`.

/// Files, and what is done with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// The programs, by the names of their files; the last one is what the example is about.
    pub files: Vec<(String, String)>,
    /// Command lines, in order. Without any, the last file is checked.
    pub commands: Vec<String>,
}

/// The name of a program that says none.
pub const NAMELESS: &str = "page.neuro";

/// The wrong example of a page and the right one, if the page has both.
pub fn wrong_and_right(page: &str) -> Option<(Example, Example)> {
    let wrong = beginning(page, "Wrong")?;
    let right = wrong + beginning(&page[wrong..], "Right")?;
    Some((example(&page[wrong..right]), example(&page[right..])))
}

/// Where the first line begins that begins with this word.
fn beginning(text: &str, word: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(word) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// All blocks of a text as one example.
pub fn example(text: &str) -> Example {
    let mut example = Example::default();
    for part in text.split("```").skip(1).step_by(2) {
        let (language, body) = part.split_once('\n').unwrap_or((part, ""));
        match language {
            "neuro" => example.files.push((file_name(body).unwrap_or(NAMELESS).to_owned(), body.to_owned())),
            "sh" => example.commands.extend(body.lines().filter(|line| !line.is_empty()).map(str::to_owned)),
            _ => {}
        }
    }
    example
}

/// The name in the first line of a program.
fn file_name(program: &str) -> Option<&str> {
    let name = program.lines().next()?.strip_prefix("// ")?;
    (name.ends_with(".neuro") && !name.contains(' ')).then_some(name)
}
