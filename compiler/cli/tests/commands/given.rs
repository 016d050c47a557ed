//! The files that the command lines name: those of the example itself, graphs of the collection under `tests/nir`, graphs and arrays with faults.

use crate::crafted::{crafted, graph, input, kind, li, numbers, output, scale};
use neuro_runtime::files::{Array, Data, write_npy, write_npz};
use neuro_tests::pages::Example;
use std::path::Path;

/// Graphs of the collection, by the names that examples give them.
const OF_THE_COLLECTION: [(&str, &str); 8] = [
    ("simple.nir", "paper/01_lif/lif_norse.nir"),
    ("lif.nir", "primitives/lif.nir"),
    ("resets.nir", "primitives/lif_vreset.nir"),
    ("srnn.nir", "primitives/recurrent_flat.nir"),
    ("nested.nir", "primitives/nested_subgraph.nir"),
    ("cubali.nir", "primitives/cubali.nir"),
    ("avgpool.nir", "primitives/avgpool2d.nir"),
    ("scale.nir", "primitives/scale.nir"),
];

/// A folder with the files of an example and all that it may name.
pub(crate) fn folder(example: &Example) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = folder.path();
    let collection = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/nir");
    for (name, from) in OF_THE_COLLECTION {
        std::fs::copy(collection.join(from), at.join(name)).expect("a graph of the collection");
    }
    for (name, bytes) in faulty_graphs(&std::fs::read(at.join("lif.nir")).expect("a graph")) {
        std::fs::write(at.join(name), bytes).expect("a graph");
    }
    arrays(at);
    for (name, program) in &example.files {
        let path = at.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, program).expect("a program");
    }
    folder
}

/// Graphs that each have one fault.
fn faulty_graphs(whole: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let of_type = |name: &'static str| crafted(&[("n", &move |group| kind(group, name))], &[]);
    let mut graphs = vec![
        ("nothing.nir", Vec::new()),
        ("text.nir", b"node LIF { }".to_vec()),
        ("half.nir", whole[..whole.len() / 2].to_vec()),
        ("izhikevich.nir", of_type("Izhikevich")),
        ("identity.nir", of_type("Identity")),
        ("large.nir", row_of(500)),
        ("rows.nir", crafted(&[("left", &within(300)), ("right", &within(300))], &[])),
        ("deep.nir", crafted(&[("graph", &nested(40))], &[])),
        ("milliseconds.nir", crafted(&[("input", &|group| input(group, &[2])), ("n", &li(20.0))], &[("input", "n")])),
        ("no_time.nir", crafted(&[("input", &|group| input(group, &[2])), ("n", &li(0.0))], &[("input", "n")])),
    ];
    graphs.extend(wrong_fields());
    graphs.extend(wrong_edges());
    graphs
}

fn wrong_fields() -> Vec<(&'static str, Vec<u8>)> {
    let no_r = crafted(
        &[("n", &|group| {
            kind(group, "LIF");
            numbers(group, "tau", &[0.01], &[1]);
            numbers(group, "v_threshold", &[1.0], &[1]);
        })],
        &[],
    );
    let text_for_numbers = crafted(
        &[("n", &|group| {
            kind(group, "Scale");
            group.create_dataset("scale").with_vlen_strings(&["two"]).with_shape(&[]);
        })],
        &[],
    );
    let unequal = crafted(
        &[("n", &|group| {
            kind(group, "IF");
            numbers(group, "r", &[1.0, 1.0], &[2]);
            numbers(group, "v_threshold", &[1.0, 1.0, 1.0], &[3]);
        })],
        &[],
    );
    let huge = crafted(&[("input", &|group| input(group, &[1 << 40, 1 << 40])), ("n", &scale(3))], &[("input", "n")]);
    let extra_field = crafted(
        &[
            ("input", &|group| input(group, &[1])),
            ("n", &|group| {
                kind(group, "I");
                numbers(group, "r", &[1.0], &[1]);
                numbers(group, "tau", &[1.0], &[1]);
            }),
        ],
        &[("input", "n")],
    );
    vec![
        ("no_r.nir", no_r),
        ("text_for_numbers.nir", text_for_numbers),
        ("unequal.nir", unequal),
        ("extra_field.nir", extra_field),
        ("no_type.nir", crafted(&[("n", &|group| numbers(group, "r", &[1.0], &[1]))], &[])),
        ("negative_size.nir", crafted(&[("n", &|group| input(group, &[-3]))], &[])),
        ("huge.nir", huge),
    ]
}

fn wrong_edges() -> Vec<(&'static str, Vec<u8>)> {
    let in_and_out = |between: &str, shape: i64, edges: &[(&str, &str)]| {
        let (first, last) = (move |group: &mut _| input(group, &[shape]), move |group: &mut _| output(group, &[shape]));
        crafted(&[("input", &first), (between, &scale(3)), ("output", &last)], edges)
    };
    let maps = crafted(
        &[("input", &|group| input(group, &[2])), ("b", &scale(2)), ("c", &scale(2))],
        &[("input", "b"), ("b", "c"), ("c", "b")],
    );
    let inner = |inputs: &'static [&'static str]| {
        move |group: &mut hdf5_pure::GroupBuilder| {
            let border = |group: &mut hdf5_pure::GroupBuilder| input(group, &[3]);
            let gain = scale(3);
            let mut nodes: Vec<(&str, crate::crafted::Fill)> =
                inputs.iter().map(|name| (*name, &border as _)).collect();
            nodes.push(("gain", &gain));
            let edges: Vec<(&str, &str)> = inputs.iter().map(|name| (*name, "gain")).collect();
            graph(group, &nodes, &edges);
        }
    };
    let around = |inner: &dyn Fn(&mut hdf5_pure::GroupBuilder)| {
        crafted(&[("input", &|group| input(group, &[3])), ("inner", inner)], &[("input", "inner")])
    };
    let edges = [("input", "gain"), ("gain", "output")];
    vec![
        ("renamed.nir", in_and_out("lif1", 3, &[("input", "lif"), ("lif", "output")])),
        ("misfit.nir", in_and_out("gain", 2, &edges)),
        ("twice.nir", in_and_out("gain", 3, &[edges[0], edges[0], edges[1]])),
        ("gone.nir", crafted(&[("input", &|group| input(group, &[2])), ("n", &scale(2))], &[("input", "gone")])),
        ("maps.nir", maps),
        ("two_inputs.nir", around(&inner(&["left", "right"]))),
        ("no_input.nir", around(&inner(&[]))),
    ]
}

/// So many Scales in a row, as a file.
fn row_of(count: usize) -> Vec<u8> {
    crafted(&[("row", &within(count))], &[])
}

/// A graph of so many Scales.
fn within(count: usize) -> impl Fn(&mut hdf5_pure::GroupBuilder) {
    move |group| {
        let names: Vec<String> = (0..count).map(|number| format!("n{number}")).collect();
        let one = scale(1);
        let nodes: Vec<(&str, crate::crafted::Fill)> = names.iter().map(|name| (name.as_str(), &one as _)).collect();
        let edges: Vec<(&str, &str)> = names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
        graph(group, &nodes, &edges);
    }
}

/// A graph within a graph, so many times.
fn nested(depth: usize) -> impl Fn(&mut hdf5_pure::GroupBuilder) {
    move |group| match depth {
        0 => input(group, &[3]),
        _ => graph(group, &[("graph", &nested(depth - 1) as &dyn Fn(&mut _))], &[]),
    }
}

/// Arrays: spikes of one to four neurons over 50 steps, sounds, and files that are none.
fn arrays(at: &Path) {
    let spikes = |neurons: usize| {
        let values = (0..50 * neurons).map(|index| f64::from(u8::from(index % 7 == 0))).collect();
        Array { shape: vec![50, neurons], data: Data::F64(values) }
    };
    for (name, neurons) in [("spikes.npy", 3), ("spikes1.npy", 1), ("spikes2.npy", 2), ("spikes4.npy", 4)] {
        write_npy(&at.join(name), &spikes(neurons)).expect("an array");
    }
    let sound = |shape: [usize; 2]| Array { shape: shape.to_vec(), data: Data::F32(vec![0.5; shape[0] * shape[1]]) };
    write_npy(&at.join("channels_first.npy"), &sound([2, 100])).expect("an array");
    write_npy(&at.join("steps_first.npy"), &sound([100, 2])).expect("an array");
    let ears = ["left", "right"].map(|name| (name.to_owned(), sound([20, 2])));
    write_npz(&at.join("cochlea.npz"), ears).expect("arrays");
    let current: String = (0..50).map(|_| "0.02\n").collect();
    let whole = std::fs::read(at.join("spikes.npy")).expect("an array");
    let texts = b"\x93NUMPY\x01\x00\x46\x00{'descr': '<U5', 'fortran_order': False, 'shape': (2, 2), }          \n";
    for (name, bytes) in [
        ("current.csv", current.as_bytes()),
        ("words.csv", b"loud,quiet\nvery,not\n".as_slice()),
        ("half.npy", &whole[..whole.len() / 2]),
        ("text.npy", &[texts.as_slice(), &[0; 80]].concat()),
    ] {
        std::fs::write(at.join(name), bytes).expect("a file");
    }
}
