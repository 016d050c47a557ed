//! One recorded trace: which graph, whose run, and its arrays.
//!
//! A file is called `<graph>[_<variant>]__<simulator>[-<version>].npz`. Its arrays are `x` (what entered), `out` (what left), and after
//! each step `spk_<node>`, `v_<node>`, `i_<node>`, or `state_…` where a simulator keeps states without names. Number types do not matter.

use neuro_runtime::files::{Array, npz};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// A graph that traces name, its file in this crate, and the input of those that do not hold theirs.
const GRAPHS: &[(&str, &str, &str)] = &[
    ("lif_random", "nir/paper/01_lif/lif_norse.nir", "lif_random"),
    ("lif", "nir/paper/01_lif/lif_norse.nir", "lif_paper"),
    ("two_lif", "nir/paper/01_lif/debug_spike_representation/two_lif_neurons.nir", "two_lif"),
    ("cnn", "nir/paper/02_cnn/cnn_sinabs.nir", "cnn_nmnist_like"),
    ("zero", "nir/paper/03_rnn/braille_noDelay_bias_zero.nir", "braille_like"),
    ("sub", "nir/paper/03_rnn/braille_noDelay_noBias_subtract.nir", "braille_like"),
];

/// A recorded trace.
pub(super) struct Recording {
    /// The graph's name: `lif`.
    pub(super) graph: String,
    /// How the graph was changed before the run, if it was: `w004`.
    pub(super) variant: String,
    /// Whose run it is, without the release: `lava-nc-fixed`.
    pub(super) simulator: String,
    /// By their names.
    pub(super) arrays: BTreeMap<String, Array>,
}

impl Recording {
    /// Reads a file; the reason if it is no recording.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (what, whose) = stem.split_once("__").ok_or("its name has no `<graph>__<simulator>`")?;
        let (graph, variant) = named(what, path);
        let open = || File::open(path).map_err(|error| error.to_string());
        let names = npz::names(open()?).map_err(|error| format!("{error:?}"))?;
        let mut arrays = BTreeMap::new();
        for name in names {
            let array = npz::decode(open()?, &name).map_err(|error| format!("`{name}`: {error:?}"))?;
            arrays.insert(name, array);
        }
        if !arrays.contains_key("x") && !arrays.contains_key("input") {
            arrays.insert("x".to_owned(), shared_input(&graph, path)?);
        }
        Ok(Self { graph, variant, simulator: without_version(whose), arrays })
    }

    /// What entered: as the simulator's user had to scale it, where that was so.
    pub(super) fn input(&self) -> Result<&Array, String> {
        ["x_scaled", "x", "input"]
            .iter()
            .filter_map(|name| self.arrays.get(*name))
            .find(|array| !array.data.is_empty())
            .ok_or_else(|| format!("it has no `x`, only {:?}", self.arrays.keys()))
    }

    /// The step, seconds; recordings that count steps say 1, and the graphs are the paper's, of 0.1 ms.
    pub(super) fn dt(&self) -> f64 {
        let stated = self.arrays.get("dt").filter(|dt| dt.data.len() == 1).map(|dt| dt.data.get(0));
        stated.filter(|dt| *dt > 0.0 && *dt < 1.0).unwrap_or(crate::support::DT)
    }
}

/// The input that several recordings of a graph share: a file beside them, or of this crate.
fn shared_input(graph: &str, path: &Path) -> Result<Array, String> {
    let (.., input) = GRAPHS.iter().find(|(name, ..)| *name == graph).ok_or("it has no `x`")?;
    let beside = path.with_file_name(format!("{input}.npz"));
    let file = if beside.exists() { beside } else { crate::support::path(&format!("conformance/data/{input}.npz")) };
    let file = File::open(&file).map_err(|error| format!("it has no `x`, and {}: {error}", file.display()))?;
    npz::decode(file, "x").map_err(|error| format!("{error:?}"))
}

/// The graph and the variant of a name. What no graph of the paper is called is a file beside the recording.
fn named(what: &str, path: &Path) -> (String, String) {
    let of = |graph: &str| {
        let rest = what.strip_prefix(graph)?;
        (rest.is_empty() || rest.starts_with('_')).then(|| rest.trim_start_matches('_').to_owned())
    };
    let beside = path.with_file_name(format!("{what}.nir")).exists();
    GRAPHS
        .iter()
        .filter(|_| !beside)
        .find_map(|(graph, ..)| of(graph).map(|variant| ((*graph).to_owned(), variant)))
        .unwrap_or_else(|| (what.to_owned(), String::new()))
}

/// Where the file of a graph is.
pub(super) fn file_of(graph: &str, beside: &Path) -> std::path::PathBuf {
    match GRAPHS.iter().find(|(name, ..)| *name == graph) {
        Some((_, file, _)) => crate::support::path(file),
        None => beside.with_file_name(format!("{graph}.nir")),
    }
}

/// `lava-nc-0.10.0-fixed` is lava-nc-fixed.
fn without_version(text: &str) -> String {
    let number = |part: &&str| !part.starts_with(|first: char| first.is_ascii_digit());
    text.split('-').filter(number).collect::<Vec<_>>().join("-")
}
