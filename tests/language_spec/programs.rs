//! Every code block of the book is of a kind that is known, and every program does what its first line says:
//!
//! * `// expect: ok`: no error when it is checked; `ok with W0412 at line 5`: and this warning;
//! * `// expect: E0402 at line 6`: this error first, when it is checked or, where that finds nothing, when its tasks are done;
//! * `// expect: run`: its tasks are done, each checks something, and all of it holds.
//!
//! A `toml` block is a `neuro.toml` in which nothing is wrong.

use super::chapters;
use neuro_diagnostics::FileId;
use neuro_driver::pages::{blocks, judge};

/// What may stand behind the three ticks: programs, projects' files, and text that nothing reads.
const KINDS: [&str; 5] = ["neuro", "sh", "ebnf", "text", "toml"];

#[test]
fn every_program_does_what_it_says() {
    let mut failures = String::new();
    let mut count = 0;
    for (path, chapter) in chapters() {
        assert!(chapter.matches("```").count() % 2 == 0, "{}: a code block without an end", path.display());
        for (number, block) in blocks(&chapter).into_iter().enumerate() {
            let place = format!("{}, block {}", path.display(), number + 1);
            if !KINDS.contains(&block.kind.as_str()) {
                failures += &format!("{place}: `{}` is none of {KINDS:?}\n", block.kind);
            } else if block.kind == "toml" {
                let (_, said) = neuro_analysis::manifest::manifest(FileId(0), &block.text);
                failures.extend(said.iter().map(|said| format!("{place}: {}\n", said.message)));
            } else if block.kind == "neuro" {
                count += 1;
                if let Err(why) = judge(&block.text) {
                    failures += &format!("{place}: {why}\n{}\n", block.text);
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count >= 80, "only {count} programs in the book");
}

/// The harness itself refuses blocks that do not say what they are.
#[test]
fn a_program_without_an_outcome_is_refused() {
    let node = "node N { out y: flow real = 1 }\n";
    for first in
        ["", "// a program\n", "// expect:\n", "// expect: fine\n", "// expect: ok with W0412\n", "// expect: run\n"]
    {
        assert!(judge(&format!("{first}{node}")).is_err(), "{first}");
    }
    for first in ["// expect: E0301 at line 2\n", "// expect: ok with W0412 at line 2\n"] {
        assert!(judge(&format!("{first}{node}")).is_err(), "{first}");
    }
    assert_eq!(judge(&format!("// expect: ok\n{node}")), Ok(()));
}
