//! `neuro compare`: the paper's recurrent network under the conventions of simulators, with the input that their traces were recorded for.

use std::path::Path;
use std::process::Command;

/// Compares the paper's graph; what it printed.
fn compare(graph: &str, input: &str, more: &[&str]) -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let graph = tests.join("nir/paper").join(graph).display().to_string();
    let input = format!("input={}", tests.join("conformance/data").join(input).display());
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_neuro"))
        .current_dir(folder.path())
        .args(["compare", &graph, "--input", &input, "--dt", "0.1ms"])
        .args(more)
        .output()
        .expect("neuro starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// norse lets the bias of the recurrent map act from the second step on, snnTorch from the first: that, and nothing else, parts them here. The
/// recorded traces of the two have the same spikes.
#[test]
fn the_cause_is_found() {
    let input = "braille_like.npz:x";
    let text =
        compare("03_rnn/braille_noDelay_bias_zero.nir", input, &["--semantics", "norse,snntorch,spikingjelly,sinabs"]);
    assert!(text.contains("cause: `rec_bias`, when the bias of a map on such a loop acts"), "{text}");
    assert!(text.contains("(`norse,rec_bias=first_step`) none of the 52 differences are left"), "{text}");
    assert!(text.contains("sinabs        does not run: sinabs imports no CubaLIF"), "{text}");
    assert!(text.contains("every spike is the same"), "SpikingJelly is norse here: {text}");
    assert!(
        text.contains("lif2                    827 and 827  50      step 2 (0.3000 ms), neuron 0: 1 and 0"),
        "{text}"
    );
}

#[test]
fn a_script_reads_it() {
    let more = ["--semantics", "norse", "--semantics", "norse,reset=subtract", "--json"];
    let json: serde_json::Value =
        serde_json::from_str(&compare("03_rnn/braille_noDelay_bias_zero.nir", "braille_like.npz:x", &more))
            .expect("JSON");
    let pair = &json["pairs"][0];
    assert_eq!(pair["reference"], "norse");
    assert_eq!(pair["semantics"], "norse,reset=subtract");
    assert_eq!(pair["cause"]["axis"], "reset");
    assert_eq!(json["steps"], 256);
    assert!(pair["layers"][0]["first"]["step"].is_u64(), "{pair}");
}

/// The feed-forward graph runs under `ideal`, too: norse has its spikes in the same steps, sinabs is far away.
#[test]
fn each_has_its_distance_to_ideal() {
    let text =
        compare("01_lif/lif_norse.nir", "lif_paper.npz:x", &["--semantics", "norse,sinabs", "--plot", "spikes.svg"]);
    let (_, distances) = text.split_once("distance to ideal").expect("distances");
    let row = |name: &str| distances.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(row("norse").contains("4 and 4") && row("norse").contains(" 0 "), "{text}");
    assert!(row("sinabs").contains("4 and 340"), "{text}");
}
