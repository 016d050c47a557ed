//! The valid programs of the project.

use std::path::{Path, PathBuf};

/// A program that checks without an error.
#[derive(Clone, Debug)]
pub struct Program {
    /// `examples/lif.neuro`, from the root of the project.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// Where they are, from the root of the project.
const FOLDERS: [&str; 5] =
    ["examples", "stdlib/modules", "tests/check/design/accept", "tests/check/right", "tests/run"];

/// All of them, sorted by name. Files of `tests/run` that hold mistakes on purpose (`//~`) are left out.
pub fn valid() -> Vec<Program> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found: Vec<Program> = FOLDERS.iter().flat_map(|folder| of_folder(&root, folder)).collect();
    found.retain(|program| !program.text.contains("//~"));
    found.sort_by(|left, right| left.name.cmp(&right.name));
    found
}

fn of_folder(root: &Path, folder: &str) -> Vec<Program> {
    let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
    let programs = entries.filter_map(|entry| {
        let path = entry.path();
        let file = path.file_name()?.to_string_lossy().into_owned();
        let text = file.ends_with(".neuro").then(|| std::fs::read_to_string(&path).ok())??;
        Some(Program { name: format!("{folder}/{file}"), path, text })
    });
    programs.collect()
}
