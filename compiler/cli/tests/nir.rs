//! `neuro nir check | plot | convert` as a user meets them.

use std::path::Path;
use std::process::Command;

fn neuro(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_neuro")).current_dir(folder).args(arguments).output().expect("neuro starts");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().expect("an exit status"), String::from_utf8_lossy(&text).into_owned())
}

fn graph(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/nir").join(name).display().to_string()
}

#[test]
fn check_says_what_is_wrong_and_what_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sound, loops, old) = (
        graph("paper/01_lif/lif_norse.nir"),
        graph("paper/03_rnn/braille_noDelay_bias_zero.nir"),
        graph("by-version/lif_nir0.0.4.nir"),
    );
    let (status, said) = neuro(folder.path(), &["nir", "check", &sound, &loops]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("nothing to complain about") && said.contains("recurrence = step"), "{said}");
    let (status, said) = neuro(folder.path(), &["nir", "check", "--json", &sound, &old]);
    assert_eq!(status, 1, "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines.len() == 1 && lines[0].contains("\"code\":\"E1201\"") && lines[0].contains("lif_nir0.0.4.nir"),
        "{said}"
    );
}

#[test]
fn plot_draws_what_the_ending_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let scnn = graph("paper/02_cnn/cnn_sinabs.nir");
    for (name, begins) in [("g.svg", "<?xml"), ("g.dot", "digraph")] {
        let (status, said) = neuro(folder.path(), &["nir", "plot", &scnn, name]);
        assert_eq!(status, 0, "{said}");
        let text = std::fs::read_to_string(folder.path().join(name)).expect("a picture");
        assert!(text.starts_with(begins) && text.contains("SumPool2d [8, 4, 4]"), "{name}");
    }
    let (status, said) = neuro(folder.path(), &["nir", "plot", &scnn, "g.jpg"]);
    assert!(status == 1 && said.contains("E1102") && said.contains(".svg"), "{said}");
}

#[test]
fn convert_writes_for_a_release_and_as_one_likes() {
    let folder = tempfile::tempdir().expect("a folder");
    let lif = graph("paper/01_lif/lif_norse.nir");
    let size = |name: &str| std::fs::metadata(folder.path().join(name)).expect("the file").len();
    for (name, more) in [
        ("plain.nir", &["--compression", "none"][..]),
        ("small.nir", &["--compression", "gzip:9"]),
        ("lzf.nir", &["--compression", "lzf"]),
        ("old.nir", &["--nir-version", "0.2.0"]),
    ] {
        let (status, said) = neuro(folder.path(), &[&["nir", "convert", &lif, name], more].concat());
        assert_eq!(status, 0, "{name}: {said}");
        let (status, said) = neuro(folder.path(), &["nir", "diff", &lif, name]);
        assert_eq!(status, 0, "{name}: {said}");
    }
    assert!(size("plain.nir") > 0 && size("small.nir") > 0);
    let (_, said) = neuro(folder.path(), &["nir", "show", "old.nir"]);
    assert!(said.starts_with("written by nir 0.2.0"), "{said}");
    for more in [["--compression", "gzip:12"], ["--nir-version", "0.0.4"]] {
        let (status, said) = neuro(folder.path(), &[&["nir", "convert", &lif, "no.nir"][..], &more].concat());
        assert!(status == 2 && !folder.path().join("no.nir").exists(), "{said}");
    }
}
