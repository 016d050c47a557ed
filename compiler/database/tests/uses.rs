//! Programs of several files: what a `use` brings in, circles, files that come and go, texts that nobody has saved.

use neuro_database::{FileSystem, Workspace};
use neuro_diagnostics::{FileId, Resolve};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, String>>);

impl Memory {
    fn put(&self, path: &str, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into(), text.into());
    }
}

impl FileSystem for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| "there is no such file".into())
    }
}

fn codes(workspace: &Workspace, file: FileId) -> Vec<&'static str> {
    workspace.diagnostics(file).iter().map(|diagnostic| diagnostic.code.id).collect()
}

const CELL: &str =
    "node Cell(tau: ms = 10 ms) { in x: flow mV; out y: flow mV; state v: mV = 0; v' = (x - v) / tau; v -> y }";
const NET: &str = "use \"parts/cell.neuro\" as part\nnode Net { in x: flow mV; out y: flow mV; x -> part.Cell() -> y }";

#[test]
fn paths_are_relative_to_the_file_that_names_them() {
    let memory = Arc::new(Memory::default());
    memory.put("models/net.neuro", NET);
    memory.put("models/parts/cell.neuro", CELL);
    let mut workspace = Workspace::new(memory);
    let file = workspace.open("models/net.neuro");
    assert_eq!(codes(&workspace, file), [""; 0]);
}

#[test]
fn a_file_that_appears_is_read() {
    let memory = Arc::new(Memory::default());
    memory.put("net.neuro", NET);
    let mut workspace = Workspace::new(Arc::clone(&memory) as Arc<dyn FileSystem>);
    let file = workspace.open("net.neuro");
    assert_eq!(codes(&workspace, file), ["E0211"]);
    memory.put("parts/cell.neuro", CELL);
    workspace.reload("parts/cell.neuro");
    assert_eq!(codes(&workspace, file), [""; 0]);
    // An unsaved change of one file shows in those that use it.
    workspace.set_text("parts/cell.neuro", CELL.replace("mV", "nA"));
    assert_eq!(codes(&workspace, file), ["E0304", "E0304"]);
}

#[test]
fn files_that_use_each_other() {
    let memory = Arc::new(Memory::default());
    memory.put("a.neuro", "use \"b.neuro\" as b\nnode A { out y: flow real; let inner = b.B(); inner.y -> y }");
    memory.put("b.neuro", "use \"a.neuro\" as a\nnode B { out y: flow real; let inner = a.A(); inner.y -> y }");
    memory.put("own.neuro", "use \"own.neuro\" as own");
    let mut workspace = Workspace::new(memory);
    for path in ["a.neuro", "b.neuro", "own.neuro"] {
        let file = workspace.open(path);
        assert!(codes(&workspace, file).contains(&"E0209"), "{path}: {:?}", codes(&workspace, file));
    }
}

#[test]
fn names_of_other_files() {
    let memory = Arc::new(Memory::default());
    memory.put("parts/cell.neuro", CELL);
    let mut workspace = Workspace::new(memory);
    let wrong = workspace.set_text("net.neuro", NET.replace("part.Cell", "part.Cel").as_str());
    assert_eq!(codes(&workspace, wrong), ["E0201"]);
    let twice = workspace.set_text("twice.neuro", "use std::neuron.{LIF}\nnode LIF { out y: flow real = 1 }");
    assert_eq!(codes(&workspace, twice), ["E0202"]);
    let hidden = workspace.set_text(
        "hidden.neuro",
        "use std::conn as c\nnode N { in s: spike[2]; out z: spike[2]; s -> z by c.fixed_in(1) }",
    );
    assert_eq!(codes(&workspace, hidden), [""; 0]);
}

#[test]
fn names_that_begin_with_an_underscore_are_the_files_own() {
    let memory = Arc::new(Memory::default());
    memory.put("parts/cell.neuro", &format!("{CELL}\nconst _leak = 10 ms\nnode Lea {{ out y: flow real = 1 }}"));
    let mut workspace = Workspace::new(memory);
    let uses = "use \"parts/cell.neuro\" as part";
    let file = workspace.set_text("net.neuro", format!("{uses}\nconst a = 2 * part._leak + part._leak"));
    assert_eq!(codes(&workspace, file), ["E0214", "E0214"]);
    let said = workspace.diagnostics(file);
    let declared = said[0].secondary[0].place;
    assert_eq!(workspace.path(declared.file), "parts/cell.neuro");
    let span = workspace.span(declared);
    assert_eq!(&workspace.text(declared.file)[span.start as usize..span.end as usize], "_leak");
    // What is not there is unknown, not private.
    let unknown = workspace.set_text("unknown.neuro", format!("{uses}\nconst a = part._leek"));
    assert_eq!(codes(&workspace, unknown), ["E0201"]);
    assert!(workspace.diagnostics(unknown)[0].fixes.is_empty(), "private names are not proposed");
    // A module that a file brings in under a private name is that file's own, too.
    workspace.set_text("middle.neuro", "use \"parts/cell.neuro\" as _part");
    let far = workspace.set_text(
        "far.neuro",
        "use \"middle.neuro\" as middle\nnode N { in x: flow mV; out y: flow mV; x -> middle._part.Cell() -> y }",
    );
    assert_eq!(codes(&workspace, far), ["E0214"]);
}
