//! What people and scripts see of a file, and what repairing and comparing do.

mod common;

use neuro_nir::{ImportOptions, Recurrence, WriteOptions, diff, import, read, repair, show, to_json, write};

#[test]
fn pages() {
    for name in [
        "paper/02_cnn/cnn_sinabs.nir",
        "paper/03_rnn/braille_noDelay_bias_zero.nir",
        "primitives/metadata.nir",
        "primitives/nested_subgraph.nir",
        "paper/01_lif/lif_rockpool.nir",
        "primitives/bare_node.nir",
    ] {
        let (file, said) = read(&common::bytes(name));
        let file = file.expect("readable");
        insta::assert_snapshot!(name.replace('/', "_"), show(&file, &said));
    }
}

#[test]
fn values() {
    let (file, said) = read(&common::bytes("primitives/conv2d_valid_groups.nir"));
    let value = to_json(&file.expect("readable"), &said);
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).expect("JSON"));
}

#[test]
fn the_papers_dangling_edges_are_mended() {
    for graph in ["bias_zero", "noBias_subtract"] {
        let (broken, said) = read(&common::bytes(&format!("paper/03_rnn/extras/braille_noDelay_{graph}_subgraph.nir")));
        assert!(said.iter().all(|diagnostic| diagnostic.code.id == "E1204"));
        let (repaired, done) = repair(&broken.expect("what is there"));
        assert_eq!(
            done,
            ["`lif1.lif` is not in the file: 4 ends of edges now lead to `lif1.lif1`, the only node without an edge"]
        );
        let options = ImportOptions { recurrence: Recurrence::Step, ..ImportOptions::default() };
        let (imported, said) = import(&repaired, &options);
        assert!(imported.is_some(), "{said:?}");
        // The repaired file of the data set has the same numbers under the other name.
        let other = common::file(&format!("paper/03_rnn/braille_noDelay_{graph}_subgraph_fixed.nir"));
        let differences = diff(&repaired, &other);
        assert!(differences.iter().all(|line| line.contains("only in")), "{differences:#?}");
    }
}

#[test]
fn what_is_whole_is_left_alone() {
    for (name, bytes) in common::all_files() {
        let (Some(file), said) = read(&bytes) else { continue };
        let (repaired, done) = repair(&file);
        if done.is_empty() {
            assert_eq!(repaired, file, "{name}");
            assert!(diff(&repaired, &file).is_empty());
        } else {
            assert!(!said.is_empty() || name.contains("bare") || name.contains("rockpool"), "{name}: {done:?}");
        }
        // Repairing is done once, and gives what can be written and read.
        assert!(repair(&repaired).1.is_empty(), "{name}");
        let (again, said) = read(&write(&repaired, &WriteOptions::default()).expect("it can be written"));
        assert!(again.is_some() && said.is_empty(), "{name}: {said:?}");
    }
}

#[test]
fn differences_are_told() {
    let (a, b) = (common::file("primitives/lif.nir"), common::file("primitives/lif_vreset.nir"));
    insta::assert_snapshot!(diff(&a, &b).join("\n"));
    let (a, b) = (common::file("paper/01_lif/lif_norse.nir"), common::file("paper/01_lif/lif_rockpool.nir"));
    insta::assert_snapshot!(diff(&a, &b).join("\n"));
}
