//! Pictures of graphs: the paper's, and any that has borders, loops and edges that stand twice.

mod common;

use neuro_nir::{File, Graph, Node, NodeKind, Tensor, dot, svg};
use proptest::prelude::*;

#[test]
fn a_recurrent_network_as_dot() {
    let file = common::file("paper/03_rnn/braille_noDelay_bias_zero.nir");
    insta::assert_snapshot!(dot(&file).0);
    let (picture, said) = svg(&file);
    let picture = picture.expect("a picture");
    assert!(said.is_empty() && picture.contains("lif1.w_rec") && picture.contains("CubaLIF [38]"), "{picture}");
}

#[test]
fn a_graph_of_a_thousand_nodes_is_no_picture() {
    let mut graph = Graph::default();
    for number in 0..1000 {
        graph.add(format!("n{number}"), NodeKind::Scale { scale: Tensor::vector(vec![1.0]) });
    }
    let file = File { version: None, root: Node::new(NodeKind::Graph(graph)) };
    let (picture, said) = svg(&file);
    assert!(picture.is_none() && said.iter().any(|said| said.code.id == "E1212"), "{said:?}");
}

proptest! {
    /// Names come from strangers, and edges may lead anywhere: a picture is made all the same, and its names are text in it.
    #[test]
    fn any_graph_is_drawn(edges in proptest::collection::vec((0_usize..9, 0_usize..9), 0..24), name in "[<>&\"'a-z ]{1,8}") {
        let mut graph = Graph::default();
        for number in 0..9 {
            graph.add(format!("{name}{number}"), NodeKind::I { r: Tensor::vector(vec![1.0]) });
        }
        for (from, to) in edges {
            graph.connect(format!("{name}{from}"), format!("{name}{to}"));
        }
        let file = File { version: None, root: Node::new(NodeKind::Graph(graph)) };
        let picture = svg(&file).0.expect("a picture");
        prop_assert!(picture.ends_with("</svg>"));
        prop_assert_eq!(picture.matches("<rect ").count(), picture.matches("rx=").count());
        let graph = dot(&file).0;
        prop_assert_eq!(graph.lines().last(), Some("}"));
    }
}
