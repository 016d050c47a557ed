//! Every code is complete: cases that it refuses and one that it accepts, a page with both, a rendered snapshot, and a way out that a machine can
//! apply, or a reason why there is none.
//!
//! Cases are counted by what stands in the suites, which hold them to it: the first lines of `check/design` and `check/rules`, the marks of
//! `check/wrong`, `parse` and `run`, the marks of the command lines beside the command line's own tests.

use super::every::{beside, every_case, expected, marked};
use super::projects;
use neuro_driver::all_codes;
use neuro_tests::pages::wrong_and_right;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Codes that no program and no command line can bring about, with the test that does.
const BY_THE_LIBRARY_ALONE: [(&str, &str); 2] = [
    ("E1210", "names of programs and of files are always writable; compiler/nir/tests/write.rs builds a graph itself"),
    ("E1211", "guards against mistakes of the import, of which none is known"),
];

/// Why some codes have no fix that a machine could apply, and which.
const NO_FIX: &[(&str, &[&str])] = &[
    ("only the author knows where the part ends", &["E0104"]),
    (
        "what both files or items need, or what is to be shared, has to be moved or renamed by hand",
        &["E0209", "E0210", "E0214"],
    ),
    (
        "a value has to be chosen, and a machine would choose for the model",
        &["E0703", "E0706", "E0805", "E0806", "E0825", "E0829"],
    ),
    (
        "an equation or a law is missing, which only the model knows",
        &["E0405", "E0406", "E0407", "E0408", "E0411", "E0603", "E1109"],
    ),
    ("what a text that is no TOML means to say is not known", &["E0215"]),
    ("whether noise is meant or one number for all time changes the model", &["E0409"]),
    (
        "the setting that is too coarse stands elsewhere, or on the command line, and several would help",
        &["E0801", "W0801", "W0802", "W0803", "E0804", "E0807", "E0808", "W0809"],
    ),
    ("the delay is drawn by an expression that the run does not know any more", &["E0509"]),
    (
        "the target lacks it: another model or another target has to be chosen",
        &["E0822", "W0824", "E0902", "W0906", "E0907", "E0908", "W0909", "E0910", "W0910"],
    ),
    (
        "it stands on the command line, which no edit of a file changes",
        &["E0820", "E0821", "E0905", "E1106", "E1301", "E1302", "E1303", "E1310", "E1311", "E1312"],
    ),
    (
        "it is a file that is not a text, or this machine",
        &[
            "E1101", "E1102", "E1103", "E1105", "E1201", "E1202", "E1203", "E1204", "E1205", "E1206", "E1207", "W1208",
            "W1209", "E1210", "E1211", "E1212",
        ],
    ),
    (
        "the run has shown it, and which part of the model is to change is open",
        &["E1104", "E1107", "E1304", "E1305", "E1306", "W1307", "E1308", "W1309"],
    ),
];

/// Where a code is asked for: a file and a line.
type Places = BTreeMap<String, BTreeSet<(PathBuf, usize)>>;

/// The cases of every code: lines, in whatever suite, that must give it.
fn refusing() -> Places {
    let mut places = Places::new();
    let mut add = |code: &str, path: &Path, line: usize| {
        places.entry(code.to_owned()).or_default().insert((path.to_owned(), line));
    };
    for path in expected() {
        let text = read(&path);
        let first = text.lines().next().unwrap_or_default();
        let expected = first.strip_prefix("// expect: ").unwrap_or_default();
        let code = expected.strip_prefix("ok — with ").unwrap_or(expected);
        if let Some((code, _)) = code.split_once(" at line ") {
            add(code, &path, 1);
        }
    }
    let projects = projects::files().into_iter().map(|(project, path)| project.join(path));
    for path in marked().into_iter().chain(commands()).chain(projects) {
        for (index, line) in read(&path).lines().enumerate() {
            let mark = line.split_once("//~").or_else(|| line.split_once("   # ")).or_else(|| line.split_once("#~"));
            let codes = mark.map(|(_, codes)| codes.trim_start_matches('^')).unwrap_or_default();
            codes.split_whitespace().for_each(|code| add(code, &path, index + 1));
        }
    }
    places
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The command lines with what they must say.
fn commands() -> Vec<PathBuf> {
    files(&beside("../compiler/cli/tests/commands"), "md")
}

/// The files below a folder whose names end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found
}

/// The codes that some snapshot shows as it is printed.
fn shown() -> BTreeSet<String> {
    let snapshots = [beside("check"), beside("parse"), beside("../compiler/cli/tests/commands")];
    let texts = snapshots.iter().flat_map(|folder| files(folder, "snap")).map(|path| read(&path));
    let codes = |text: String| {
        let lines = text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("] "));
        let rendered = lines.filter(|(_, rest)| rest.starts_with("Error: ") || rest.starts_with("Warning: "));
        rendered.map(|(code, _)| code.to_owned()).collect::<Vec<_>>()
    };
    texts.flat_map(codes).collect()
}

/// The codes for which some case is offered a fix.
fn mended() -> BTreeSet<&'static str> {
    let said = every_case().into_iter().flat_map(|case| case.said().2);
    said.filter(|diagnostic| !diagnostic.fixes.is_empty()).map(|diagnostic| diagnostic.code.id).collect()
}

#[test]
fn every_code_is_complete() {
    let (refusing, shown, mended) = (refusing(), shown(), mended());
    let mut missing = String::new();
    for code in all_codes() {
        let id = code.id;
        let mut lacks = |what: &str| missing += &format!("{id} {what}\n");
        let cases = refusing.get(id).map_or(0, BTreeSet::len);
        let unreachable = BY_THE_LIBRARY_ALONE.iter().any(|(code, _)| *code == id);
        if wrong_and_right(code.page).is_none() {
            lacks("has no page with a wrong and a right example");
        }
        if unreachable && cases > 0 {
            lacks("has cases: it is no code of the library alone");
        }
        if !unreachable && cases < 2 {
            lacks(&format!("has {cases} refusing cases, and two are needed"));
        }
        if !unreachable && !shown.contains(id) {
            lacks("is shown in no snapshot");
        }
        let reason = NO_FIX.iter().any(|(_, codes)| codes.contains(&id));
        match (mended.contains(id), reason) {
            (false, false) => lacks("offers no fix, and nothing says why"),
            (true, true) => lacks("offers a fix, and a reason says that there is none"),
            (true, false) | (false, true) => {}
        }
    }
    assert!(missing.is_empty(), "{missing}");
}

/// What the suites ask for exists.
#[test]
fn every_case_asks_for_a_code() {
    for (code, places) in refusing() {
        assert!(all_codes().iter().any(|known| known.id == code), "`{code}` is no code: {places:?}");
    }
    let alone = BY_THE_LIBRARY_ALONE.iter().map(|(code, _)| code);
    for code in alone.chain(NO_FIX.iter().flat_map(|(_, codes)| *codes)) {
        assert!(all_codes().iter().any(|known| known.id == *code), "`{code}` is no code");
    }
}
