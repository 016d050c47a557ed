//! What a program may know of a NIR graph: read off the hybrid graph that its import makes, so that checks and runs see the same.

use neuro_analysis::environment::{NirInterface, NirKind, NirNode, NirPort};
use neuro_analysis::typed::Feedthrough;
use neuro_diagnostics::Diagnostic;
use neuro_model::{Delay, Element, ElementKind, PortKind, Wire};
use neuro_nir::{ImportOptions, Imported, Recurrence};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, EdgeRef};
use smol_str::SmolStr;

/// The interface of a file, or in a sentence why it has none.
pub(crate) fn of(bytes: &[u8]) -> Result<NirInterface, String> {
    let (file, said) = neuro_nir::read(bytes);
    let file = file.ok_or_else(|| reason(&said))?;
    let options = ImportOptions { recurrence: Recurrence::Step, ..ImportOptions::default() };
    let (imported, said) = neuro_nir::import(&file, &options);
    let imported = imported.ok_or_else(|| reason(&said))?;
    Ok(interface(&imported))
}

fn reason(said: &[Diagnostic]) -> String {
    let error = said.iter().find(|diagnostic| diagnostic.is_error());
    error.map_or_else(|| "it is no NIR graph".into(), |error| error.message.clone())
}

fn interface(imported: &Imported) -> NirInterface {
    let graph = &imported.graph.graph;
    let mut found = NirInterface::default();
    let mut borders = (Vec::new(), Vec::new());
    for index in graph.node_indices() {
        let element = &graph[index];
        let name = name_in_programs(&element.name);
        let port = |shape: &[usize], kind| NirPort { name: name.clone(), shape: axes(shape), kind };
        match &element.kind {
            ElementKind::Input(border) => {
                found.inputs.push(port(&border.shape, None));
                borders.0.push(index);
            }
            ElementKind::Output(border) => {
                found.outputs.push(port(&border.shape, kind_of(graph, index)));
                borders.1.push(index);
            }
            ElementKind::Population(population) => found.nodes.push(NirNode {
                output: port(&population.shape, kind_of(graph, index)),
                states: population.dynamics.states.iter().map(|state| SmolStr::from(&state.name)).collect(),
            }),
            ElementKind::Map(map) => {
                found.nodes.push(NirNode { output: port(&map.output, kind_of(graph, index)), states: Vec::new() });
            }
            ElementKind::Source(_) => {}
        }
    }
    found.feedthrough = feedthrough(graph, &borders.0, &borders.1);
    found.cycle = imported.stepped.first().and_then(|edge| {
        let (source, target) = graph.edge_endpoints(*edge)?;
        way(graph, target, source)
    });
    found
}

fn axes(shape: &[usize]) -> Vec<u64> {
    shape.iter().map(|axis| *axis as u64).collect()
}

/// The name under which a program sees a node: what is no letter, digit or `_` becomes `_`, and a digit in front gets an `n`.
pub(crate) fn name_in_programs(name: &str) -> SmolStr {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_digit()) { format!("n{plain}").into() } else { plain.into() }
}

/// What an element gives: populations say it, all else hands on what enters.
fn kind_of(graph: &DiGraph<Element, Wire>, element: NodeIndex) -> Option<NirKind> {
    let mut seen = vec![element];
    let mut open = vec![element];
    while let Some(at) = open.pop() {
        if let ElementKind::Population(population) = &graph[at].kind {
            return population.dynamics.outputs.first().map(|port| match port.kind {
                PortKind::Event => NirKind::Event,
                PortKind::Flow => NirKind::Flow,
            });
        }
        for wire in graph.edges_directed(at, petgraph::Direction::Incoming) {
            if !seen.contains(&wire.source()) {
                seen.push(wire.source());
                open.push(wire.source());
            }
        }
    }
    None
}

/// Maps take no time; a population takes some, except where its input is boxed: then it answers within the step.
fn feedthrough(graph: &DiGraph<Element, Wire>, inputs: &[NodeIndex], outputs: &[NodeIndex]) -> Feedthrough {
    let prompt = graph.filter_map(
        |_, element| Some(matches!(element.kind, ElementKind::Population(_))),
        |_, wire| matches!(wire.delay, Delay::None).then_some(()),
    );
    let mut found = Feedthrough::default();
    for (from, input) in inputs.iter().enumerate() {
        for (to, output) in outputs.iter().enumerate() {
            if reaches(&prompt, *input, *output) {
                found.boxed.push((from, to));
            }
            if reaches_around(&prompt, *input, *output) {
                found.instantaneous.push((from, to));
            }
        }
    }
    found
}

fn reaches<N>(graph: &DiGraph<N, ()>, from: NodeIndex, to: NodeIndex) -> bool {
    let mut search = Dfs::new(graph, from);
    std::iter::from_fn(|| search.next(graph)).any(|node| node == to)
}

/// Whether there is a way that meets no population.
fn reaches_around(graph: &DiGraph<bool, ()>, from: NodeIndex, to: NodeIndex) -> bool {
    let mut seen = vec![from];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        for next in graph.neighbors(at) {
            if !graph[next] && !seen.contains(&next) {
                seen.push(next);
                open.push(next);
            }
        }
    }
    false
}

/// The names along a way, both ends included.
fn way(graph: &DiGraph<Element, Wire>, from: NodeIndex, to: NodeIndex) -> Option<Vec<SmolStr>> {
    let mut before = vec![None; graph.node_count()];
    let mut open = std::collections::VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        if at == to {
            let mut names = vec![SmolStr::from(&graph[at].name)];
            let mut last = at;
            while last != from {
                last = before[last.index()]?;
                names.push(SmolStr::from(&graph[last].name));
            }
            names.reverse();
            return Some(names);
        }
        for next in graph.neighbors(at) {
            if next != from && before[next.index()].is_none() {
                before[next.index()] = Some(at);
                open.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{name_in_programs, of};

    #[test]
    fn names_become_names_of_the_language() {
        assert_eq!(name_in_programs("lif1.lif"), "lif1_lif");
        assert_eq!(name_in_programs("0"), "n0");
    }

    #[test]
    fn what_is_no_graph_says_so() {
        assert!(of(b"not HDF5").is_err());
    }
}
