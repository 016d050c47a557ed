//! Files for the tests of this crate.
#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

use neuro_diagnostics::Diagnostic;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the NIR files.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/nir")
}

/// The bytes of one file.
pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every `.nir` file, by its path in the folder, sorted.
pub fn all_files() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut ready = vec![folder()];
    while let Some(folder) = ready.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                ready.push(path);
            } else if path.extension().is_some_and(|extension| extension == "nir") {
                let name = path.strip_prefix(self::folder()).expect("within").to_string_lossy().into_owned();
                let bytes = std::fs::read(&path).expect("readable");
                found.push((name, bytes));
            }
        }
    }
    found.sort();
    found
}

/// A file that must be readable.
pub fn file(name: &str) -> neuro_nir::File {
    let (file, diagnostics) = neuro_nir::read(&bytes(name));
    file.unwrap_or_else(|| panic!("{name}: {diagnostics:?}"))
}

/// Diagnostics as lines.
pub fn said(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let mut text = format!("{}: {}\n", diagnostic.code.id, diagnostic.message);
            for note in &diagnostic.notes {
                text.push_str(&format!("  note: {note}\n"));
            }
            for help in &diagnostic.helps {
                text.push_str(&format!("  help: {help}\n"));
            }
            text
        })
        .collect()
}

/// A Python with the package `nir`: `$NEURO_PYTHON`, or `python3`.
pub fn python() -> Option<String> {
    let python = std::env::var("NEURO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import nir, h5py; assert nir.version == '1.0.8'"]).output();
    found.is_ok_and(|output| output.status.success()).then_some(python)
}
