//! Ports and the hops between them, before they become elements and wires of the graph.
//!
//! Every in- and out-port of an instance is a port here, also those of composites, through which hops only pass; the collapse
//! ([`crate::collapse`]) leaves those of elements. Indices of hops are absolute: row-major in the whole port, population axes first.

use crate::instances::InstanceId;
use crate::value::EdgesId;
use neuro_diagnostics::Place;
use neuro_model as model;
use std::sync::Arc;

/// Names a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PortId(pub(crate) usize);

/// A port.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    /// `net.p.z`
    pub(crate) name: String,
    /// Whose.
    pub(crate) instance: Option<InstanceId>,
    /// Population axes, then those of the port.
    pub(crate) shape: Vec<usize>,
    /// When its values exist; `None`: as what is wired to it (NIR).
    pub(crate) kind: Option<model::PortKind>,
    /// Unit as declared.
    pub(crate) unit: model::Unit,
    /// What it stands for.
    pub(crate) what: PortWhat,
    /// What a flow in-port has while nothing is wired.
    pub(crate) default: Option<model::Values>,
    /// Where it is declared.
    pub(crate) place: Option<Place>,
}

/// What a port stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortWhat {
    /// A port of an instance, through which hops pass.
    Passage { input: bool },
    /// A port of an element.
    Element { element: usize, index: usize },
}

impl Port {
    /// How many elements it has.
    pub(crate) fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// One hop. Its [`model::Wire`] has no ports yet: those are `from` and `to`.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    /// Where it begins.
    pub(crate) from: PortId,
    /// Where it leads.
    pub(crate) to: PortId,
    /// Slices, connectivity, weight, delay, edge node.
    pub(crate) wire: model::Wire,
    /// What feeds the edge nodes' other in-ports.
    pub(crate) fed: Vec<(usize, PortId)>,
    /// Its name in the task or node, if `as` gave one.
    pub(crate) edges: Option<EdgesId>,
    /// Its place in the order of the text: what meets in a port is added in this order.
    pub(crate) order: Order,
}

/// The place of a hop in the order of the text: the last of the hops it was made of, then the first of them, then the member.
pub(crate) type Order = (u32, u32, u32);

/// Indices as a slice: `None` if they are all of `size` in order.
pub(crate) fn slice_of(indices: &[u32], size: usize) -> Option<model::Slice> {
    let run = indices.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1));
    match indices.first() {
        Some(0) if run && indices.len() == size => None,
        Some(first) if run => Some(model::Slice::Range(*first as usize..*first as usize + indices.len())),
        None => Some(model::Slice::Range(0..0)),
        Some(_) => Some(model::Slice::Indices(Arc::from(indices))),
    }
}

/// The indices of a slice of a port with `size` elements.
pub(crate) fn indices_of(slice: &Option<model::Slice>, size: usize) -> Vec<u32> {
    match slice {
        None => (0..size as u32).collect(),
        Some(model::Slice::Range(range)) => (range.start as u32..range.end as u32).collect(),
        Some(model::Slice::Indices(indices)) => indices.to_vec(),
    }
}

/// How many elements a slice of a port with `size` elements has.
pub(crate) fn slice_length(slice: &Option<model::Slice>, size: usize) -> usize {
    slice.as_ref().map_or(size, model::Slice::len)
}
