//! Rules of connection: what stands behind `by`, and what it means between two ends.

use crate::array::shape_text;
use crate::calls::Call;
use crate::codes::{E0701, E0704, E0705, E0706};
use crate::edge_values::{EdgesOf, OnEdges};
use crate::elaborator::{Elaborator, Fallible, Loaded, mistake};
use crate::ends::End;
use crate::evaluate::At;
use crate::functions::Given;
use crate::scope::Scope;
use crate::value::{Array, EdgeFile, Topology, Value};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::Expr;
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_model::Connectivity;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// What a rule means between two ends.
pub(crate) struct Rule {
    /// Who is connected to whom.
    pub(crate) connectivity: Connectivity,
    /// For each source the target that is the same element, where that is not the one with its index.
    pub(crate) own: Option<Arc<[u32]>>,
    /// The rows of a file that its edges are.
    pub(crate) listing: Option<Listing>,
}

impl Rule {
    /// A rule that draws nothing and leaves nothing out.
    pub(crate) fn of(connectivity: Connectivity) -> Self {
        Self { connectivity, own: None, listing: None }
    }
}

/// Which elements of two ends are left out as the same.
enum Same {
    /// None are left out.
    None,
    /// i and i.
    Alike,
    /// For each source its target, `u32::MAX`: none.
    Listed(Arc<[u32]>),
}

impl Same {
    fn target_of(&self, source: u32) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Alike => Some(source),
            Self::Listed(targets) => targets.get(source as usize).copied(),
        }
    }
}

/// The edges of a file between two ends: by source, then target.
pub(crate) struct Listing {
    file: Arc<EdgeFile>,
    /// Which rows of the file the edges are, in their order.
    rows: Vec<u32>,
}

impl<'p> Elaborator<'p> {
    /// A rule from its arguments.
    pub(crate) fn topology_of(&mut self, function: Builtin, given: &Given<'_>) -> Fallible<Topology> {
        let (to_self, multiple) = (given.truth(1, true), given.truth(2, false));
        Ok(match function {
            Builtin::AllToAll => Topology::AllToAll { to_self: given.truth(0, true) },
            Builtin::Random => Topology::Random { probability: given.chance(0)?, to_self },
            Builtin::FixedIn => Topology::FixedIn { count: given.whole(0)?, to_self, multiple },
            Builtin::FixedOut => Topology::FixedOut { count: given.whole(0)?, to_self, multiple },
            Builtin::Total => Topology::Total { count: given.whole(0)?, to_self, multiple },
            Builtin::Matrix => Topology::Matrix { pairs: given.array(0)?, to_self },
            Builtin::Edges => Topology::Edges(self.edge_file(given)?),
            _ => Topology::OneToOne,
        })
    }

    /// `distance(p)`, with p in `src` and `dst`.
    pub(crate) fn distance(&mut self, call: Call<'p>, scope: &Rc<Scope<'p>>, at: At<'_>) -> Fallible<Topology> {
        let of = EdgesOf::default();
        let probability = self.edge_expr(call.argument(0)?, OnEdges { scope, member: at.member, of: &of })?;
        let to_self = match call.optional(1) {
            Some(to_self) => self.evaluate(to_self, scope, at)?.truth().unwrap_or(true),
            None => true,
        };
        Ok(Topology::Distance { probability, to_self })
    }

    /// `edges(file)`: the columns of sources and targets.
    fn edge_file(&mut self, given: &Given<'_>) -> Fallible<Arc<EdgeFile>> {
        let text = |index: usize, otherwise: &str| match given.optional(index) {
            Some(Value::Text(text)) => text.clone(),
            _ => SmolStr::from(otherwise),
        };
        let path = text(0, "");
        let column = |name: SmolStr| {
            let numbers = self.file_column(&path, &name, given.place)?;
            let wrong = numbers.iter().position(|number| number.fract() != 0.0 || !(0.0..4e9).contains(number));
            if let Some(row) = wrong {
                let text = format!("row {} of `{path}` has {} as `{name}`, which is no index", row + 1, numbers[row]);
                return Err(mistake(&E0704, given.place, text));
            }
            Ok(numbers.into_iter().map(|number| number as u32).collect::<Vec<u32>>())
        };
        let (sources, targets) = (column(text(1, "source"))?, column(text(2, "target"))?);
        if sources.len() != targets.len() {
            let text = format!("`{path}` has {} sources and {} targets", sources.len(), targets.len());
            return Err(mistake(&E0701, given.place, text));
        }
        let pairs = sources.into_iter().zip(targets).collect();
        Ok(Arc::new(EdgeFile { path, place: given.place, pairs, to_self: given.truth(3, true) }))
    }

    fn file_column(&self, path: &str, name: &str, place: Place) -> Fallible<Vec<f64>> {
        match self.hooks.load(place, path, Some(name), false)? {
            Loaded::Array { shape, values } if shape.len() == 1 => Ok(values),
            Loaded::Array { shape, .. } => {
                let text =
                    format!("`{name}` of `{path}` has the shape {}: a number an edge is needed", shape_text(&shape));
                Err(mistake(&E0701, place, text))
            }
            Loaded::Events { .. } => Err(mistake(&E0701, place, "a column of numbers is needed here")),
        }
    }

    /// `column(name)` on the edges of a file.
    pub(crate) fn edge_column(
        &mut self,
        name: &'p Expr,
        scope: &Rc<Scope<'p>>,
        listing: Option<&Listing>,
        place: Place,
    ) -> Fallible<model::EdgeExpr> {
        let Some(Listing { file, rows }) = listing else {
            let text = "these edges are those of no file, so that they have no columns";
            return Err(Box::new(mistake(&E0706, place, text).help("say which: by edges(\"edges.csv\")")));
        };
        let Value::Text(name) = self.evaluate(name, scope, At::first(scope))? else {
            return Err(mistake(&E0705, place, "the name of a column is needed here"));
        };
        let numbers = self.file_column(&file.path, &name, place)?;
        if numbers.len() != file.pairs.len() {
            let text = format!("`{name}` has {} rows, and there are {} edges", numbers.len(), file.pairs.len());
            return Err(mistake(&E0701, place, text));
        }
        Ok(model::EdgeExpr::Column(rows.iter().map(|row| numbers[*row as usize]).collect()))
    }

    /// What a rule means between two ends.
    pub(crate) fn rule(&self, topology: &Topology, source: &End, target: &End, place: Place) -> Fallible<Rule> {
        let same = match leaves_itself_out(topology) {
            true => self.same(source, target, place)?,
            false => Same::None,
        };
        let kept = matches!(same, Same::None);
        let (connectivity, listing) = match topology {
            Topology::OneToOne => (Connectivity::OneToOne, None),
            Topology::AllToAll { .. } => (Connectivity::AllToAll { to_self: kept }, None),
            Topology::Random { probability, .. } => {
                (Connectivity::Random { probability: *probability, to_self: kept }, None)
            }
            Topology::Distance { probability, .. } => {
                (Connectivity::Chance { probability: probability.clone(), to_self: kept }, None)
            }
            Topology::FixedIn { count, multiple, .. } => {
                (Connectivity::FixedIn { count: *count, to_self: kept, multiple: *multiple }, None)
            }
            Topology::FixedOut { count, multiple, .. } => {
                (Connectivity::FixedOut { count: *count, to_self: kept, multiple: *multiple }, None)
            }
            Topology::Total { count, multiple, .. } => {
                (Connectivity::Total { count: *count, to_self: kept, multiple: *multiple }, None)
            }
            Topology::Matrix { pairs, .. } => {
                (Connectivity::Edges(pairs_of_matrix(pairs, source, target, &same, place)?), None)
            }
            Topology::Edges(file) => {
                let (edges, listing) = edges_of_file(file, source, target, &same)?;
                (edges, Some(listing))
            }
        };
        let own = match same {
            Same::Listed(targets) => Some(targets),
            Same::None | Same::Alike => None,
        };
        Ok(Rule { connectivity, own, listing })
    }

    /// Which elements of two ends are the same: of one instance those with the same index in their ports, of two those with the same index
    /// in the ends.
    fn same(&self, source: &End, target: &End, place: Place) -> Fallible<Same> {
        let (from, to) = (&self.ports[source.port.0], &self.ports[target.port.0]);
        if from.instance.is_none() || from.instance != to.instance {
            return Ok(Same::Alike);
        }
        if source.per_member != target.per_member {
            let text = format!(
                "`self = false` needs both ports to have an element for each other, and `{}` has the shape {}, `{}` {}",
                from.name,
                shape_text(&from.shape),
                to.name,
                shape_text(&to.shape)
            );
            return Err(mistake(&E0701, place, text));
        }
        if source.indices == target.indices {
            return Ok(Same::Alike);
        }
        let index = |end: &End, at: usize| end.indices.as_ref().map_or(at as u32, |indices| indices[at]);
        let targets: BTreeMap<u32, u32> = (0..target.size()).map(|at| (index(target, at), at as u32)).collect();
        let own = |at: usize| targets.get(&index(source, at)).copied().unwrap_or(u32::MAX);
        Ok(Same::Listed((0..source.size()).map(own).collect()))
    }
}

/// Whether a rule was told that nothing is connected to itself.
fn leaves_itself_out(topology: &Topology) -> bool {
    match topology {
        Topology::OneToOne => false,
        Topology::AllToAll { to_self }
        | Topology::Random { to_self, .. }
        | Topology::Distance { to_self, .. }
        | Topology::FixedIn { to_self, .. }
        | Topology::FixedOut { to_self, .. }
        | Topology::Total { to_self, .. }
        | Topology::Matrix { to_self, .. } => !to_self,
        Topology::Edges(file) => !file.to_self,
    }
}

/// The pairs that a matrix [target, source] does not leave at 0, by source, then target.
fn pairs_of_matrix(
    matrix: &Array,
    source: &End,
    target: &End,
    same: &Same,
    place: Place,
) -> Fallible<Arc<[(u32, u32)]>> {
    let (rows, columns) = (target.size(), source.size());
    if matrix.shape != [rows, columns] {
        let found = shape_text(&matrix.shape);
        let text = format!("who is connected to whom is [target, source] = [{rows},{columns}], and this is {found}");
        return Err(mistake(&E0701, place, text));
    }
    if let Some(index) = matrix.values.iter().position(|value| value.is_nan()) {
        let text = format!("element [{},{}] is no number", index / columns, index % columns);
        return Err(mistake(&E0705, place, text));
    }
    let mut pairs = Vec::new();
    for from in 0..columns {
        let own = same.target_of(from as u32);
        let reached = (0..rows).filter(|to| matrix.values[to * columns + from] != 0.0).map(|to| to as u32);
        pairs.extend(reached.filter(|to| Some(*to) != own).map(|to| (from as u32, to)));
    }
    Ok(pairs.into())
}

/// The edges of a file in their order, and which of its rows they are.
fn edges_of_file(file: &Arc<EdgeFile>, source: &End, target: &End, same: &Same) -> Fallible<(Connectivity, Listing)> {
    for (row, (from, to)) in file.pairs.iter().enumerate() {
        for (index, count, what) in [(*from, source.size(), "source"), (*to, target.size(), "target")] {
            if index as usize >= count {
                let text = format!("row {} of `{}` names {what} {index}, and there are {count}", row + 1, file.path);
                return Err(Box::new(mistake(&E0704, file.place, text).help("they are counted from 0")));
            }
        }
    }
    let kept = |(from, to): (u32, u32)| same.target_of(from) != Some(to);
    let mut rows: Vec<u32> = (0..file.pairs.len() as u32).filter(|row| kept(file.pairs[*row as usize])).collect();
    // Stable: of edges with the same ends those that stand first come first.
    rows.sort_by_key(|row| file.pairs[*row as usize]);
    let edges = Connectivity::Edges(rows.iter().map(|row| file.pairs[*row as usize]).collect());
    Ok((edges, Listing { file: file.clone(), rows }))
}
