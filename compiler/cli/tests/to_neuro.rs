//! `neuro nir to-neuro`: every graph becomes a program that is laid out, checks without a word, and builds back to the graph it came from; and
//! the program says the same as the file under the conventions of simulators.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What cannot come back as it was, and why.
const OTHERWISE: [(&str, &str); 7] = [
    ("bare_node", "a file with a node alone: a program has a graph around it"),
    ("empty_edges", "an Input that nothing is wired to: no part of a program"),
    ("lif_rockpool", "an Output with a shape that its source has not"),
    ("affine_batched_weight", "a weight of three axes: NIR cannot say the reshaping behind it"),
    ("lif_nir0.0.4", "a layout without names of nodes"),
    ("lif_nir0.0.5", "a layout without names of nodes"),
    ("conv1d_same", "padding by name becomes padding by number"),
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/nir")
}

fn graphs() -> Vec<PathBuf> {
    let folders = ["primitives", "by-version", "paper/01_lif", "paper/02_cnn", "paper/03_rnn"];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(data().join(folder)).expect("a folder of graphs"));
    let mut graphs: Vec<PathBuf> = files.map(|entry| entry.expect("an entry").path()).collect();
    graphs.retain(|path| path.extension().is_some_and(|ending| ending == "nir"));
    graphs.sort();
    assert!(graphs.len() > 50, "the graphs are there");
    graphs
}

/// Runs neuro in a folder; what it printed, and whether it worked.
fn neuro(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_neuro")).current_dir(folder).args(arguments).output().expect("neuro starts");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Transcribes a graph; the name of its node and how its text says that it is built.
fn transcribed(folder: &Path, graph: &Path) -> Result<(String, Vec<String>), String> {
    let stem = graph.file_stem().expect("a name").to_string_lossy().into_owned();
    let program = format!("{stem}.neuro");
    let (worked, said) = neuro(folder, &["nir", "to-neuro", &graph.display().to_string(), &program]);
    if !worked {
        return Err(said);
    }
    let text = std::fs::read_to_string(folder.join(&program)).expect("the program");
    let command = text.lines().find_map(|line| line.strip_prefix("// and back: neuro ")).expect("the way back");
    Ok((program, command.split(' ').map(str::to_owned).collect()))
}

/// What differs between a graph and the one that its program builds.
fn way_there_and_back(folder: &Path, graph: &Path) -> Result<Vec<String>, String> {
    let (program, command) = transcribed(folder, graph)?;
    for arguments in [vec!["check", &program], vec!["fmt", "--check", &program]] {
        let (worked, said) = neuro(folder, &arguments);
        if !worked || said.contains("Warning") {
            return Err(format!("{arguments:?}: {said}"));
        }
    }
    let mut build: Vec<&str> = command.iter().map(String::as_str).collect();
    build.extend(["-o", "back.nir"]);
    let (worked, said) = neuro(folder, &build);
    if !worked {
        return Err(said);
    }
    let (_, differences) = neuro(folder, &["nir", "diff", &graph.display().to_string(), "back.nir"]);
    // Numbers are compared; in which format a file of several formats holds them, and what nobody is to rely on, are not.
    let same = ["the numbers are the same", "metadata differs", "the two graphs are equal"];
    Ok(differences.lines().filter(|line| !same.iter().any(|same| line.ends_with(same))).map(str::to_owned).collect())
}

#[test]
fn every_graph_comes_back() {
    let mut wrong = String::new();
    for graph in graphs() {
        let folder = tempfile::tempdir().expect("a folder");
        let stem = graph.file_stem().expect("a name").to_string_lossy().into_owned();
        let reason = OTHERWISE.iter().find(|(name, _)| *name == stem);
        match (way_there_and_back(folder.path(), &graph), reason) {
            (Ok(differences), None) if differences.is_empty() => {}
            (Ok(differences), Some((_, reason))) if differences.is_empty() => {
                wrong += &format!("{stem} comes back, though it has {reason}\n");
            }
            (Ok(_) | Err(_), Some(_)) => {}
            (Ok(differences), None) => wrong += &format!("{stem}: {differences:?}\n"),
            (Err(said), None) => wrong += &format!("{stem}: {said}\n"),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The same events into the file and into its program: the same spikes, a step at a time.
#[test]
fn a_program_spikes_as_its_file_does() {
    let cases = [("01_lif/lif_norse.nir", "[1]", "800 Hz"), ("03_rnn/braille_noDelay_bias_zero.nir", "[12]", "300 Hz")];
    for (graph, size, rate) in cases {
        for semantics in ["norse", "snntorch"] {
            let folder = tempfile::tempdir().expect("a folder");
            let graph = data().join("paper").join(graph);
            let (program, command) = transcribed(folder.path(), &graph).expect("a program");
            let node = &command[command.iter().position(|word| word == "--top").expect("its node") + 1];
            let text = format!(
                "use \"{}\" as file\nuse \"{program}\" as program\n#[allow(W0412)]\ntest \"the same\" {{\n  \
                 semantics = {semantics}; dt = 0.1 ms\n  let a = file()\n  let b = program.{node}()\n  \
                 let s = poisson{size}({rate})\n  s -> a.input\n  box(s.z) -> b.input\n  run a for 100 ms\n  \
                 run b for 100 ms\n  assert any(count(a.output) > 0)\n  \
                 assert all(raster(a.output) == raster(b.output))\n}}\n",
                graph.display()
            );
            std::fs::write(folder.path().join("same.neuro"), text).expect("the test");
            let (worked, said) = neuro(folder.path(), &["test", "same.neuro"]);
            assert!(worked && said.contains("1 passed"), "{}: {said}", graph.display());
        }
    }
}

#[test]
fn arrays_are_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("m.npz"), "mine").expect("a file");
    let graph = data().join("paper/03_rnn/braille_noDelay_bias_zero.nir");
    let (worked, said) = neuro(folder.path(), &["nir", "to-neuro", &graph.display().to_string(), "m.neuro"]);
    assert!(!worked && said.contains("E1102") && said.contains("m.npz"), "{said}");
    assert!(!folder.path().join("m.neuro").exists(), "nothing is half written");
}
