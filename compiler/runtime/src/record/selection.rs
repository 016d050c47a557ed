//! Which observables to keep: by name, by pattern, or all.

use neuro_diagnostics::{Code, Diagnostic};
use neuro_program::StepProgram;

/// Nothing of this name can be recorded.
pub static E1106: Code =
    Code::new("E1106", "nothing of this name can be recorded", include_str!("../explain/E1106.md"));

/// What to keep of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// Nothing; spikes are counted all the same.
    #[default]
    None,
    /// Every observable.
    All,
    /// Those whose names match one of these. `*` stands for any characters; a name of a population stands for all of it.
    Named(Vec<String>),
}

impl Selection {
    /// Reads `all` or `NAME,…`.
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "all" => Self::All,
            "" => Self::None,
            names => Self::Named(
                names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect(),
            ),
        }
    }

    /// Both.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::None, one) | (one, Self::None) => one,
            (Self::Named(mut names), Self::Named(more)) => {
                names.extend(more);
                Self::Named(names)
            }
        }
    }

    /// The indices of the observables, ascending.
    ///
    /// # Errors
    /// E1106 for a pattern that matches nothing.
    pub fn resolve(&self, program: &StepProgram) -> Result<Vec<usize>, Diagnostic> {
        let observables = &program.observables;
        match self {
            Self::None => Ok(Vec::new()),
            Self::All => Ok((0..observables.len()).collect()),
            Self::Named(patterns) => {
                let mut chosen = vec![false; observables.len()];
                for pattern in patterns {
                    let mut any = false;
                    for (chosen, observable) in chosen.iter_mut().zip(observables) {
                        if matches(pattern, &observable.name) || matches(pattern, &observable.population) {
                            (*chosen, any) = (true, true);
                        }
                    }
                    if !any {
                        return Err(nothing_called(pattern, program));
                    }
                }
                Ok((0..observables.len()).filter(|index| chosen[*index]).collect())
            }
        }
    }
}

fn nothing_called(pattern: &str, program: &StepProgram) -> Diagnostic {
    /// Longer lists help nobody.
    const LISTED: usize = 12;
    let names: Vec<&str> = program.observables.iter().map(|observable| observable.name.as_str()).collect();
    let diagnostic = Diagnostic::unplaced(&E1106, format!("nothing called `{pattern}` can be recorded"));
    let shown = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let rest = names.len().saturating_sub(LISTED);
    match (names.is_empty(), rest) {
        (true, _) => diagnostic.help("leave it out: this program has nothing to record"),
        (false, 0) => diagnostic.help(format!("these can be: {shown}")),
        (false, rest) => diagnostic.help(format!("these can be: {shown} and {rest} more")),
    }
}

/// Whether a pattern with stars matches the whole of a name.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => {
            let Some(name) = name.strip_prefix(start) else { return false };
            (0..=name.len()).filter(|at| name.is_char_boundary(*at)).any(|at| matches(rest, &name[at..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("net.e.v", "net.e.v", true),
            ("net.e.v", "net.e.vm", false),
            ("net.*.v", "net.e.v", true),
            ("net.*.v", "net.a.b.v", true),
            ("*.v", "net.e.z", false),
            ("*", "", true),
            ("n*t*", "net.e", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} and {name}");
        }
    }
}
