//! Names: what is wrong when one is unknown, twice there, or of the wrong sort. What names stand for is found by `check` and `scope`.

use neuro_diagnostics::{Diagnostic, Place, Span};
use smol_str::SmolStr;

code!(E0201, "unknown name");
code!(E0202, "declared twice");
code!(E0209, "import cycle");
code!(E0211, "file cannot be read");
code!(E0214, "private name");

/// A name that nothing has; the modules `elsewhere` that declare it are proposed, and the nearest of `known`.
pub(crate) fn unknown(name: &str, place: Place, known: &[SmolStr], elsewhere: &[SmolStr]) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(&E0201, place, format!("nothing here is called `{name}`"));
    // A line in front of all items, where `use`s stand.
    let top = Place { file: place.file, item: Some(0), span: Span::default() };
    for module in elsewhere.iter().take(3) {
        let line = format!("use {module}.{{{name}}}");
        diagnostic = diagnostic.fix(format!("`{module}` has it: write `{line}` in front"), top, format!("{line}\n"));
    }
    let way_out = "declare it in its block (`let`, `state`, a parameter), or bring it in with `use`";
    suggest(diagnostic, name, place, known).or_help(|_| way_out.to_owned())
}

/// Adds "did you mean" with its fix, if a name of `known` is near.
pub fn suggest(diagnostic: Diagnostic, name: &str, place: Place, known: &[SmolStr]) -> Diagnostic {
    match nearest(name, known) {
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), place, near.as_str()),
        None => diagnostic,
    }
}

/// Whether a name is of use in its own file only: it begins with `_`.
pub fn is_private(name: &str) -> bool {
    name.starts_with('_')
}

/// Takes a private name of another file for what it is; `public` are the names that file has for others.
pub fn private(name: &str, place: Place, declared: Option<Place>, public: &[SmolStr]) -> Diagnostic {
    let message = format!("`{name}` begins with `_`, so only the file that declares it may use it");
    let said = Diagnostic::new(&E0214, place, message).label("used in another file");
    let said = match declared {
        Some(declared) => said.also(declared, "declared here"),
        None => said,
    };
    let said = suggest(said, name, place, public);
    match name.trim_start_matches('_') {
        "" => said.help("to share it, give it a name that begins with a letter"),
        shared => said.help(format!("to share it, name it `{shared}` where it is declared")),
    }
}

/// The name of `known` that a slip of the fingers turns into `name`; the first of equals.
pub(crate) fn nearest<'k>(name: &str, known: &'k [SmolStr]) -> Option<&'k SmolStr> {
    if let Some(same) = known.iter().find(|near| near.eq_ignore_ascii_case(name) && near.as_str() != name) {
        return Some(same);
    }
    // The distance takes time and memory that grow with the product of the lengths.
    const LONGEST: usize = 200;
    let length = name.chars().count();
    let allowed = match length {
        0..=1 | LONGEST.. => return None,
        // Of two letters the first must be right, or everything would be near.
        2 => 1,
        3..=5 => 1,
        _ => 2,
    };
    let first = name.chars().next();
    let plausible = |near: &&SmolStr| {
        near.chars().count().abs_diff(length) <= allowed && (length > 2 || near.chars().next() == first)
    };
    let distances = known.iter().filter(plausible).map(|near| (strsim::damerau_levenshtein(name, near), near));
    let near = distances.filter(|(distance, near)| *distance <= allowed && near.as_str() != name);
    near.min_by_key(|(distance, _)| *distance).map(|(_, near)| near)
}

/// A list for a person: `a`, `b` and `c`.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.as_slice() {
        [] => "none".into(),
        [one] => one.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

pub(crate) fn duplicate(name: &str, place: Place, first: Place) -> Diagnostic {
    Diagnostic::new(&E0202, place, format!("`{name}` is declared twice"))
        .label("again here")
        .also(first, "first here")
        .help("rename one of the two: a name stands for one thing in its block")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposes_what_is_near() {
        let known: Vec<SmolStr> = ["tau_m", "v_th", "method", "exc"].into_iter().map(SmolStr::from).collect();
        assert_eq!(nearest("methd", &known).map(SmolStr::as_str), Some("method"));
        assert_eq!(nearest("tau_n", &known).map(SmolStr::as_str), Some("tau_m"));
        assert_eq!(nearest("ecx", &known).map(SmolStr::as_str), Some("exc"));
        assert_eq!(nearest("q", &known), None);
        let long = "a".repeat(100_000);
        assert_eq!(nearest(&format!("{long}b"), &[long.as_str().into()]), None);
        assert_eq!(nearest("V_TH", &known).map(SmolStr::as_str), Some("v_th"));
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
