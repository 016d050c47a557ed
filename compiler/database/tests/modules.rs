//! Projects: where modules are found, what an edit costs, and layouts of modules by chance, whose names are what a simple model says.

use neuro_analysis::environment::Meaning;
use neuro_database::{Entry, FileSystem, Workspace, listed};
use neuro_diagnostics::FileId;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, String>>);

impl Memory {
    fn of(files: &[(&str, &str)]) -> Arc<Self> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Arc::new(Self(Mutex::new(files.collect())))
    }

    fn put(&self, path: &str, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into(), text.into());
    }

    fn remove(&self, path: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
    }
}

impl FileSystem for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| "there is no such file".into())
    }

    fn list(&self, folder: &str) -> Option<Vec<Entry>> {
        listed(folder, self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().map(String::as_str))
    }
}

fn codes(workspace: &Workspace, file: FileId) -> Vec<&'static str> {
    workspace.diagnostics(file).iter().map(|diagnostic| diagnostic.code.id).collect()
}

const MANIFEST: &str = "language = \"1\"\n";
const NET: &str = "use cells::lif\nconst twice = 2 * lif.TAU";

#[test]
fn the_nearest_project_around_a_file_is_its_own() {
    let memory = Memory::of(&[
        ("neuro.toml", MANIFEST),
        ("a/neuro.toml", "language = \"1\"\nname = \"inner\"\nsource = \"models\""),
        ("a/models/lif.neuro", "const TAU = 1 ms"),
        ("a/b/c/net.neuro", "use lif\nconst twice = 2 * lif.TAU"),
        ("net.neuro", "use a::models::lif"),
    ]);
    let mut workspace = Workspace::new(memory);
    let file = workspace.open("a/b/c/net.neuro");
    assert_eq!(codes(&workspace, file), [""; 0]);
    let project = workspace.project(file).expect("a project");
    assert_eq!((project.folder.as_str(), project.source.as_deref()), ("a", Some("a/models")));
    assert_eq!(project.name.as_deref(), Some("inner"));
    assert_eq!(workspace.modules(file)[0], "lif");
    let outer = workspace.open("net.neuro");
    assert_eq!(codes(&workspace, outer), ["E0201"], "the modules of another project are its own");
    for nowhere in ["untitled:Untitled-1", "library:std::neuron"] {
        let file = workspace.open(nowhere);
        assert!(workspace.project(file).is_none(), "{nowhere}");
    }
}

#[test]
fn files_come_and_go() {
    let memory = Memory::of(&[("net.neuro", NET)]);
    let mut workspace = Workspace::new(Arc::clone(&memory) as Arc<dyn FileSystem>);
    let file = workspace.open("net.neuro");
    assert_eq!(codes(&workspace, file), ["E0201"], "no project");
    memory.put("neuro.toml", MANIFEST);
    workspace.changed_on_disk("neuro.toml");
    assert_eq!(codes(&workspace, file), ["E0201"], "no module");
    // A module that nobody has saved is one.
    workspace.set_text("cells/lif.neuro", "const TAU = 1 ms");
    assert_eq!(codes(&workspace, file), [""; 0]);
    workspace.set_text("cells/lif.neuro", "const TUA = 1 ms");
    assert_eq!(codes(&workspace, file), ["E0201"], "no name");
    workspace.reload("cells/lif.neuro");
    assert_eq!(codes(&workspace, file), ["E0201"], "no module again");
    memory.put("cells/lif.neuro", "const TAU = 1 ms");
    workspace.changed_on_disk("cells/lif.neuro");
    assert_eq!(codes(&workspace, file), [""; 0]);
    // A folder goes as a whole.
    memory.remove("cells/lif.neuro");
    workspace.changed_on_disk("cells");
    assert_eq!(codes(&workspace, file), ["E0201"]);
    memory.remove("neuro.toml");
    workspace.changed_on_disk("neuro.toml");
    let said = workspace.diagnostics(file);
    assert!(said[0].message.contains("in no project"), "{said:?}");
}

#[test]
fn what_is_wrong_with_the_project_is_said_with_the_file() {
    let memory = Memory::of(&[("neuro.toml", "language = 1"), ("net.neuro", "const a = 1")]);
    let mut workspace = Workspace::new(memory);
    let file = workspace.open("net.neuro");
    let all: Vec<&str> = workspace.all_diagnostics(file).iter().map(|said| said.code.id).collect();
    assert_eq!(all, ["E0217"]);
    assert_eq!(codes(&workspace, file), [""; 0], "it stands in another file");
    workspace.set_text("neuro.toml", MANIFEST);
    assert!(workspace.all_diagnostics(file).is_empty());
}

#[test]
fn an_edit_of_a_module_checks_only_its_users() {
    let memory = Memory::of(&[
        ("neuro.toml", MANIFEST),
        ("cells/lif.neuro", "const TAU = 1 ms"),
        ("net.neuro", NET),
        ("other.neuro", "use std::units\nconst a = 1 ms"),
    ]);
    let (mut workspace, answers) = Workspace::counted(memory);
    let (net, other) = (workspace.open("net.neuro"), workspace.open("other.neuro"));
    assert_eq!((codes(&workspace, net), codes(&workspace, other)), (vec![], vec![]));
    let executed = |workspace: &Workspace| {
        answers.executed.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let found = (codes(workspace, net), codes(workspace, other));
        let list = answers.executed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (found, list.iter().filter(|query| query.starts_with("checked")).count())
    };
    // A file that nobody uses has come: nothing is checked again.
    workspace.set_text("more.neuro", "const b = 2");
    assert_eq!(executed(&workspace), ((vec![], vec![]), 0));
    // What a module means has changed: its user's constant, and nothing of the other file.
    workspace.set_text("cells/lif.neuro", "const TAU = 1 mV");
    let (found, checked) = executed(&workspace);
    assert_eq!(found, (vec![], vec![]));
    assert!((1..=2).contains(&checked), "{checked} items are checked again");
    // The name of the project says nothing about programs.
    workspace.set_text("neuro.toml", "language = \"1\"\nname = \"new\"");
    assert_eq!(executed(&workspace), ((vec![], vec![]), 0));
}

/// One `use` of a generated program.
#[derive(Clone, Debug)]
enum Used {
    /// `use a::b as m0`
    Module(String),
    /// `use a::b.{x, y}`
    Names(String, Vec<&'static str>),
}

/// A project by chance.
#[derive(Clone, Debug)]
struct Layout {
    source: &'static str,
    /// What each module declares, by its path.
    modules: BTreeMap<String, Vec<&'static str>>,
    uses: Vec<Used>,
}

const NAMES: [&str; 3] = ["x", "y", "_z"];

fn module() -> impl Strategy<Value = String> {
    prop::collection::vec(select(vec!["a", "b", "c"]), 1..=3).prop_map(|parts| parts.join("::"))
}

fn layouts() -> impl Strategy<Value = Layout> {
    let modules = prop::collection::btree_map(module(), subsequence(NAMES.to_vec(), 0..=3), 1..=8);
    let names = || subsequence(NAMES.to_vec(), 1..=3).prop_shuffle();
    let used = prop_oneof![
        module().prop_map(Used::Module),
        (module(), names()).prop_map(|(module, names)| Used::Names(module, names)),
    ];
    let uses = prop::collection::vec(used, 1..=5);
    (select(vec!["", "src"]), modules, uses).prop_map(|(source, modules, uses)| Layout { source, modules, uses })
}

/// A file, and what of it; `None`: a `use` that failed.
type Means = Option<(String, &'static str)>;

impl Layout {
    fn path(&self, module: &str) -> String {
        let path = format!("{}.neuro", module.replace("::", "/"));
        if self.source.is_empty() { path } else { format!("{}/{path}", self.source) }
    }

    fn files(&self) -> BTreeMap<String, String> {
        let source = if self.source.is_empty() { String::new() } else { format!("source = \"{}\"\n", self.source) };
        let mut files = BTreeMap::from([("neuro.toml".to_owned(), format!("{MANIFEST}{source}"))]);
        for (module, names) in &self.modules {
            let text = names.iter().map(|name| format!("const {name} = 1 ms\n")).collect();
            files.insert(self.path(module), text);
        }
        // The folder of modules is there, whatever is taken away from it.
        files.insert(self.path("empty"), String::new());
        let mut main = String::new();
        for (index, used) in self.uses.iter().enumerate() {
            match used {
                Used::Module(module) => writeln!(main, "use {module} as m{index}"),
                Used::Names(module, names) => writeln!(main, "use {module}.{{{}}}", names.join(", ")),
            }
            .expect("a text");
        }
        files.insert("main.neuro".to_owned(), main);
        files
    }

    /// What each name of the program means (a file, and what of it), and the codes of what is wrong.
    fn expected(&self) -> (BTreeMap<String, Means>, Vec<&'static str>) {
        let (mut names, mut codes) = (BTreeMap::new(), Vec::new());
        let mut bring = |name: &str, meaning, codes: &mut Vec<&'static str>| match names.contains_key(name) {
            true => codes.push("E0202"),
            false => drop(names.insert(name.to_owned(), meaning)),
        };
        for (index, used) in self.uses.iter().enumerate() {
            let (Used::Module(module) | Used::Names(module, _)) = used;
            let declared = self.modules.get(module);
            if declared.is_none() {
                codes.push("E0201");
            }
            match used {
                Used::Module(_) => {
                    bring(&format!("m{index}"), declared.map(|_| (self.path(module), "")), &mut codes);
                }
                Used::Names(_, wanted) => {
                    for name in wanted {
                        let meaning = declared.filter(|declared| declared.contains(name));
                        match (declared, meaning) {
                            (Some(_), None) => codes.push("E0201"),
                            (_, Some(_)) if name.starts_with('_') => codes.push("E0214"),
                            _ => {}
                        }
                        bring(name, meaning.map(|_| (self.path(module), *name)), &mut codes);
                    }
                }
            }
        }
        codes.sort_unstable();
        (names, codes)
    }

    fn holds(&self, workspace: &Workspace, main: FileId) {
        let (names, wanted) = self.expected();
        let mut found = codes(workspace, main);
        found.sort_unstable();
        assert_eq!(found, wanted);
        let all = workspace.names(main);
        assert_eq!(all.names.len(), names.len());
        for (name, meaning) in names {
            let found = match &all.names[name.as_str()] {
                Meaning::Module(file) => Some((workspace.path(*file).to_owned(), String::new())),
                Meaning::Item(item) => {
                    let there = workspace.names(item.file);
                    let own = there.names.iter().find(|(_, meaning)| **meaning == Meaning::Item(*item));
                    Some((workspace.path(item.file).to_owned(), own.expect("a name").0.to_string()))
                }
                Meaning::Failed => None,
                other => panic!("{other:?}"),
            };
            assert_eq!(found, meaning.map(|(path, name)| (path, name.to_owned())), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Names mean what a simple model says, in whatever folders the modules are; and so they do when modules have gone, come and changed.
    #[test]
    fn names_mean_what_a_simple_model_says(layout in layouts(), later in layouts()) {
        let memory = Arc::new(Memory::default());
        for (path, text) in layout.files() {
            memory.put(&path, &text);
        }
        let mut workspace = Workspace::new(Arc::clone(&memory) as Arc<dyn FileSystem>);
        let main = workspace.open("main.neuro");
        layout.holds(&workspace, main);
        // The same files, one after the other, become those of another layout.
        let (before, after) = (layout.files(), later.files());
        for path in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            match after.get(path) {
                Some(text) => memory.put(path, text),
                None => memory.remove(path),
            }
            workspace.changed_on_disk(path);
        }
        later.holds(&workspace, main);
    }
}
