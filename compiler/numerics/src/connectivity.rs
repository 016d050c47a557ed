//! Who is connected to whom: turns the connectivity, weight and delay of a wire into tables of synapses.
//!
//! Every choice is drawn from the seed, the wire and the index of a target, a source or an edge, so that it depends neither on threads nor on
//! the order in which it is drawn. It knows no populations, only ends with so many lanes.

mod draw;
mod edges;
pub(crate) mod listed;
mod pairs;
#[cfg(test)]
mod tests;
mod unfit;

pub(crate) use edges::values;
pub(crate) use unfit::judged;

use crate::codes::{E0509, E0701, E0825, E0829};
use crate::handlers::whole_steps;
use draw::{Choice, Own};
use listed::Connection;
use neuro_diagnostics::Code;
use neuro_mathematics::random::scramble;
use neuro_model::{Connectivity, Delay, EdgeExpr, Slice, Weight, Wire};
use neuro_program::footprint::available_bytes;
use neuro_program::random::Stream;
use neuro_program::{Delays, Number, Numbers, Sparse, Synapses, Weights};
use pairs::Chances;
use std::borrow::Cow;
use std::sync::Arc;

/// What realising a wire needs to know beside the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// The seed of the run.
    pub(crate) seed: u64,
    /// The step in seconds.
    pub(crate) dt: f64,
    /// The number format of weights.
    pub(crate) number: Number,
    /// Lanes of the source's out-port.
    pub(crate) source_lanes: usize,
    /// Lanes of the target's in-port.
    pub(crate) target_lanes: usize,
    /// Whether an event of size 0 is no event, so that edges of weight 0 may be left out.
    pub(crate) drop_zeros: bool,
}

/// The synapses of a wire.
#[derive(Clone, Debug)]
pub(crate) struct Realised {
    /// Who is connected to whom.
    pub(crate) synapses: Synapses,
    /// The least delay in steps, of all edges.
    pub(crate) least_delay: u32,
    /// The greatest delay in steps.
    pub(crate) greatest_delay: u32,
    /// A delay in seconds that is no whole number of steps, by more than 1e-6 of one.
    pub(crate) off_grid: Option<f64>,
}

/// Why a wire cannot be realised.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Misfit {
    /// A delay, in seconds, that is no time from 0 on, or too long to be counted in steps.
    Delay(f64),
    /// One to one, but the ends have different sizes.
    Sizes(usize, usize),
    /// A table of weights or delays has not as many entries as there are edges.
    Table {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// More sources or targets are asked for than there are.
    TooMany(usize, usize),
    /// More edges are asked for than there are pairs.
    TooFewPairs(usize, u64),
    /// What is said to be the chance of a pair is none.
    Chance {
        /// Index of the source.
        source: usize,
        /// Index of the target.
        target: usize,
        /// What it is.
        chance: f64,
    },
    /// A weight or delay has no value from this source to this target.
    Undefined(usize, usize),
    /// An index is not among the lanes of a port.
    Lane(usize, usize),
    /// A port has more elements than can be numbered.
    Port(usize),
    /// The connections need more bytes than are free.
    Memory {
        /// How many there are, as far as can be told before they are drawn.
        edges: f64,
        /// What they need.
        needed: f64,
        /// What there is.
        free: u64,
    },
}

impl Misfit {
    /// Under which code it is told.
    pub(crate) fn code(&self) -> &'static Code {
        match self {
            Self::Delay(_) => &E0509,
            Self::Sizes(..) | Self::Table { .. } | Self::TooMany(..) | Self::TooFewPairs(..) | Self::Lane(..) => &E0701,
            Self::Chance { .. } | Self::Undefined(..) => &E0829,
            Self::Port(_) | Self::Memory { .. } => &E0825,
        }
    }
}

/// Edges by source, in indices of the slices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// One more than there are sources.
    pub(crate) starts: Vec<u64>,
    /// Targets, ascending within a row.
    pub(crate) targets: Vec<u32>,
}

impl Rows {
    /// (source, target) of each edge from the `first` on.
    pub(crate) fn edges(&self, first: usize, count: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut row = self.starts.partition_point(|start| *start <= first as u64).saturating_sub(1);
        (first..first + count).map(move |edge| {
            while self.starts.get(row + 1).is_some_and(|end| *end <= edge as u64) {
                row += 1;
            }
            (row as u32, self.targets[edge])
        })
    }
}

/// The synapses of a wire of events.
pub(crate) fn realise(wire: &Wire, context: &Context) -> Result<Realised, Misfit> {
    let (sources, targets) = (
        lanes(wire.source_slice.as_ref(), context.source_lanes)?,
        lanes(wire.target_slice.as_ref(), context.target_lanes)?,
    );
    if let Some(realised) = plain(wire, context, &sources, &targets)? {
        return Ok(realised);
    }
    let rows = rows(wire, context, sources.len(), targets.len())?;
    let mut weights = weights(wire, context, &rows, sources.len(), targets.len())?;
    let seconds = delays(wire, context, &rows, sources.len(), targets.len())?;
    let (mut steps, off_grid) = steps(&seconds, context.dt);
    let mut rows = rows;
    if context.drop_zeros {
        drop_zeros(&mut rows, &mut weights, &mut steps);
    }
    let range = match &steps {
        Delays::Uniform(steps) => (*steps, *steps),
        Delays::PerEdge(steps) => (steps.iter().copied().min().unwrap_or(0), steps.iter().copied().max().unwrap_or(0)),
    };
    let weights = match weights {
        Cow::Owned(each) => uniform_or_each(each, context.number),
        Cow::Borrowed(one) => Weights::Uniform(one.first().copied().unwrap_or(0.0)),
    };
    let sparse = in_lanes(rows, weights, steps, &sources, &targets);
    Ok(Realised {
        synapses: Synapses::Sparse(Arc::new(sparse)),
        least_delay: range.0,
        greatest_delay: range.1,
        off_grid,
    })
}

fn uniform_or_each(each: Vec<f64>, number: Number) -> Weights {
    match each.first() {
        Some(first) if each.iter().all(|weight| weight.to_bits() == first.to_bits()) => Weights::Uniform(*first),
        Some(_) | None => Weights::PerEdge(Arc::new(Numbers::from_f64(number, &each))),
    }
}

/// Calls `visit` for every edge, (source lane, target lane, weight, delay), by source.
pub(crate) fn for_each_edge(synapses: &Synapses, mut visit: impl FnMut(u32, u32, f64, u32)) {
    match synapses {
        Synapses::OneToOne { source, target, count, weights, delay } => {
            (0..*count).for_each(|at| visit(source + at, target + at, weight_of(weights, at as usize), *delay));
        }
        Synapses::AllToAll { source, source_count, target, target_count, weight, delay } => {
            let pairs = (0..*source_count).flat_map(|from| (0..*target_count).map(move |to| (from, to)));
            pairs.for_each(|(from, to)| visit(source + from, target + to, *weight, *delay));
        }
        Synapses::Sparse(sparse) => {
            for (row, bounds) in sparse.row_starts.windows(2).enumerate() {
                for edge in bounds[0] as usize..bounds[1] as usize {
                    let delay = match &sparse.delays {
                        Delays::Uniform(steps) => *steps,
                        Delays::PerEdge(each) => each[edge],
                    };
                    visit(sparse.source + row as u32, sparse.targets[edge], weight_of(&sparse.weights, edge), delay);
                }
            }
        }
    }
}

fn weight_of(weights: &Weights, edge: usize) -> f64 {
    match weights {
        Weights::Uniform(weight) => *weight,
        Weights::PerEdge(each) => each.get(edge),
    }
}

/// The edges of a wire in the indices of its slices, its weights and its delays in steps, by edge.
pub(crate) struct Edges {
    /// Who is connected to whom.
    pub(crate) rows: Rows,
    /// The lanes of the sources.
    pub(crate) sources: Lanes,
    /// The lanes of the targets.
    pub(crate) targets: Lanes,
    /// A weight an edge.
    pub(crate) weights: Vec<f64>,
    /// A delay an edge, in steps.
    pub(crate) delays: Vec<u32>,
    /// A delay that is no whole number of steps.
    pub(crate) off_grid: Option<f64>,
}

/// The edges of a wire, one by one.
pub(crate) fn edges(wire: &Wire, context: &Context) -> Result<Edges, Misfit> {
    let (sources, targets) = (
        lanes(wire.source_slice.as_ref(), context.source_lanes)?,
        lanes(wire.target_slice.as_ref(), context.target_lanes)?,
    );
    let rows = rows(wire, context, sources.len(), targets.len())?;
    let count = rows.targets.len();
    let weights = match weights(wire, context, &rows, sources.len(), targets.len())? {
        Cow::Borrowed(one) => vec![one.first().copied().unwrap_or(0.0); count],
        Cow::Owned(each) => each,
    };
    let (delays, off_grid) = steps(&delays(wire, context, &rows, sources.len(), targets.len())?, context.dt);
    let delays = match delays {
        Delays::Uniform(steps) => vec![steps; count],
        Delays::PerEdge(each) => each.to_vec(),
    };
    Ok(Edges { rows, sources, targets, weights, delays, off_grid })
}

/// The edges of a wire with their delays in seconds, for those who do not step.
pub(crate) fn connections(wire: &Wire, context: &Context) -> Result<Vec<Connection>, Misfit> {
    let (sources, targets) = (
        lanes(wire.source_slice.as_ref(), context.source_lanes)?,
        lanes(wire.target_slice.as_ref(), context.target_lanes)?,
    );
    let rows = rows(wire, context, sources.len(), targets.len())?;
    let weights = weights(wire, context, &rows, sources.len(), targets.len())?;
    let delays = delays(wire, context, &rows, sources.len(), targets.len())?;
    let one_or_each = |values: &[f64], edge: usize| values.get(edge).or(values.first()).copied().unwrap_or(0.0);
    let edges = rows.edges(0, rows.targets.len()).enumerate();
    Ok(edges
        .map(|(edge, (source, target))| Connection {
            source: sources.at(source as usize),
            target: targets.at(target as usize),
            weight: one_or_each(&weights, edge),
            delay: match &delays {
                Times::Steps(_) => 0.0,
                Times::Seconds(seconds) => one_or_each(seconds, edge),
            },
        })
        .collect())
}

/// The lanes of an end.
#[derive(Clone, Debug)]
pub(crate) enum Lanes {
    /// So many from one on.
    Range(std::ops::Range<usize>),
    /// Any.
    Indices(Arc<[u32]>),
}

impl Lanes {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::Indices(indices) => indices.len(),
        }
    }

    /// The lane of an index.
    pub(crate) fn at(&self, index: usize) -> usize {
        match self {
            Self::Range(range) => range.start + index,
            Self::Indices(indices) => indices[index] as usize,
        }
    }
}

/// The lanes of an end of a wire.
pub(crate) fn lanes(slice: Option<&Slice>, count: usize) -> Result<Lanes, Misfit> {
    if count > u32::MAX as usize {
        return Err(Misfit::Port(count));
    }
    match slice {
        None => Ok(Lanes::Range(0..count)),
        Some(Slice::Range(range)) if range.end <= count => Ok(Lanes::Range(range.clone())),
        Some(Slice::Range(range)) => Err(Misfit::Lane(range.end.saturating_sub(1), count)),
        Some(Slice::Indices(indices)) => match indices.iter().find(|index| **index as usize >= count) {
            None => Ok(Lanes::Indices(Arc::clone(indices))),
            Some(index) => Err(Misfit::Lane(*index as usize, count)),
        },
    }
}

/// Wires that need no tables.
fn plain(wire: &Wire, context: &Context, sources: &Lanes, targets: &Lanes) -> Result<Option<Realised>, Misfit> {
    let (Lanes::Range(from), Lanes::Range(to)) = (sources, targets) else { return Ok(None) };
    let (delay, off_grid) = match &wire.delay {
        Delay::None => (0, None),
        Delay::Steps(steps) => (*steps, None),
        Delay::Uniform(seconds) => delay_steps(*seconds, context.dt)?,
        Delay::PerElement(_) | Delay::Matrix(_) | Delay::PerEdge(_) => return Ok(None),
    };
    let done = |synapses| Ok(Some(Realised { synapses, least_delay: delay, greatest_delay: delay, off_grid }));
    let (source, target) = (from.start as u32, to.start as u32);
    let (source_count, target_count) = (from.len() as u32, to.len() as u32);
    match (&wire.connectivity, &wire.weight) {
        (Connectivity::OneToOne, _) if from.len() != to.len() && from.len() != 1 => {
            Err(Misfit::Sizes(from.len(), to.len()))
        }
        (Connectivity::OneToOne, Weight::Uniform(weight)) if from.len() == to.len() => {
            done(Synapses::OneToOne { source, target, count: source_count, weights: Weights::Uniform(*weight), delay })
        }
        (Connectivity::OneToOne, Weight::PerElement(each)) if from.len() == to.len() => {
            if each.len() != from.len() {
                return Err(Misfit::Table { found: each.len(), expected: from.len() });
            }
            let weights = uniform_or_each(each.to_vec(), context.number);
            done(Synapses::OneToOne { source, target, count: source_count, weights, delay })
        }
        (Connectivity::OneToOne | Connectivity::AllToAll { to_self: true }, Weight::Uniform(weight)) => {
            done(Synapses::AllToAll { source, source_count, target, target_count, weight: *weight, delay })
        }
        _ => Ok(None),
    }
}

/// Below this no question is asked: 64 MB.
const SMALL: f64 = 64e6;

/// Whether the edges of a wire fit into what is free, found before they are made.
fn fits(wire: &Wire, context: &Context, sources: usize, targets: usize) -> Result<(), Misfit> {
    let pairs = sources as f64 * targets as f64;
    let partners = |count: usize, multiple: bool, of: usize| if multiple { count } else { count.min(of) } as f64;
    let edges = match &wire.connectivity {
        Connectivity::OneToOne => sources.max(targets) as f64,
        Connectivity::AllToAll { .. } => pairs,
        Connectivity::Random { probability, .. } => pairs * probability.clamp(0.0, 1.0),
        Connectivity::FixedIn { count, multiple, .. } => targets as f64 * partners(*count, *multiple, sources),
        Connectivity::FixedOut { count, multiple, .. } => sources as f64 * partners(*count, *multiple, targets),
        Connectivity::Total { count, .. } => *count as f64,
        // Short rows are not worth to be asked for twice.
        Connectivity::Chance { .. } if pairs * 8.0 <= SMALL => pairs,
        Connectivity::Chance { probability, .. } => chances(probability, wire, context).expected(sources, targets)?,
        Connectivity::Edges(edges) => edges.len() as f64,
    };
    // Targets as drawn and in order; weights as they come, in their order, and in the program's format; likewise delays, in seconds and steps.
    let weights = if matches!(wire.weight, Weight::Uniform(_)) { 0.0 } else { 24.0 };
    let delays = match &wire.delay {
        Delay::None | Delay::Steps(_) | Delay::Uniform(_) => 0.0,
        Delay::PerElement(_) | Delay::Matrix(_) | Delay::PerEdge(_) => 20.0,
    };
    // Four tables for tasks, or two projections.
    let each = if wire.name.is_some() || wire.via.is_some() { 48.0 } else { 0.0 };
    // The numbers of the pairs that are drawn, or not drawn.
    let drawn = if matches!(wire.connectivity, Connectivity::Total { .. }) { 8.0 } else { 0.0 };
    let needed = edges * (8.0 + weights + delays + each + drawn) + 8.0 * sources as f64;
    if needed <= SMALL {
        return Ok(());
    }
    match available_bytes() {
        Some(free) if needed > free as f64 => Err(Misfit::Memory { edges, needed, free }),
        Some(_) | None => Ok(()),
    }
}

fn rows(wire: &Wire, context: &Context, sources: usize, targets: usize) -> Result<Rows, Misfit> {
    fits(wire, context, sources, targets)?;
    let stream = Stream::new(context.seed, stream(wire.stream, 0));
    match &wire.connectivity {
        Connectivity::OneToOne if sources == targets => {
            Ok(Rows { starts: (0..=sources as u64).collect(), targets: (0..targets as u32).collect() })
        }
        Connectivity::OneToOne if sources == 1 => {
            Ok(Rows { starts: vec![0, targets as u64], targets: (0..targets as u32).collect() })
        }
        Connectivity::OneToOne => Err(Misfit::Sizes(sources, targets)),
        Connectivity::AllToAll { to_self } => Ok(draw::all_to_all(sources, targets, own(wire, *to_self))),
        Connectivity::Random { probability, to_self } => {
            Ok(draw::random(sources, targets, *probability, own(wire, *to_self), stream))
        }
        Connectivity::Chance { probability, to_self } => {
            let chances = chances(probability, wire, context);
            pairs::chance(sources, targets, &chances, own(wire, *to_self), stream)
        }
        Connectivity::FixedIn { count, to_self, multiple } => {
            let choice = Choice { count: *count, multiple: *multiple };
            draw::fixed_in(sources, targets, choice, own(wire, *to_self), stream)
        }
        Connectivity::FixedOut { count, to_self, multiple } => {
            let choice = Choice { count: *count, multiple: *multiple };
            draw::fixed_out(sources, targets, choice, own(wire, *to_self), stream)
        }
        Connectivity::Total { count, to_self, multiple } => {
            let choice = Choice { count: *count, multiple: *multiple };
            pairs::total(sources, targets, choice, own(wire, *to_self), stream)
        }
        Connectivity::Edges(edges) => draw::given(sources, targets, edges),
    }
}

/// The pairs that a rule leaves out because they are an element with itself.
fn own(wire: &Wire, to_self: bool) -> Own<'_> {
    match &wire.own {
        _ if to_self => Own::Kept,
        None => Own::Alike,
        Some(own) => Own::Listed(own),
    }
}

/// The chances of a wire's pairs; a draw in them has the same number as no edge's.
fn chances<'a>(probability: &'a EdgeExpr, wire: &Wire, context: &Context) -> Chances<'a> {
    Chances { probability, seed: context.seed, stream: stream(wire.stream, CHANCES) }
}

/// Tells the draws of chances, pair by pair, from those of edges.
const CHANCES: u64 = 1;

/// The weights in the order of the edges; borrowed, one for all.
fn weights<'a>(
    wire: &'a Wire,
    context: &Context,
    rows: &Rows,
    sources: usize,
    targets: usize,
) -> Result<Cow<'a, [f64]>, Misfit> {
    match &wire.weight {
        Weight::Uniform(weight) => Ok(Cow::Borrowed(std::slice::from_ref(weight))),
        Weight::Matrix(matrix) => by_pair(matrix, rows, sources, targets).map(Cow::Owned),
        Weight::PerElement(each) => by_edge(each, rows).map(Cow::Owned),
        Weight::PerEdge(expr) => values(expr, rows, context.seed, wire.stream).map(Cow::Owned),
    }
}

/// The delays in the order of the edges, in seconds or steps; borrowed, one for all.
enum Times<'a> {
    Steps(u32),
    Seconds(Cow<'a, [f64]>),
}

fn delays<'a>(
    wire: &'a Wire,
    context: &Context,
    rows: &Rows,
    sources: usize,
    targets: usize,
) -> Result<Times<'a>, Misfit> {
    let times = match &wire.delay {
        Delay::None => Times::Steps(0),
        Delay::Steps(steps) => Times::Steps(*steps),
        Delay::Uniform(seconds) => Times::Seconds(Cow::Borrowed(std::slice::from_ref(seconds))),
        Delay::Matrix(matrix) => Times::Seconds(Cow::Owned(by_pair(matrix, rows, sources, targets)?)),
        Delay::PerElement(each) => Times::Seconds(Cow::Owned(by_edge(each, rows)?)),
        Delay::PerEdge(expr) => Times::Seconds(Cow::Owned(values(expr, rows, context.seed, wire.stream)?)),
    };
    if let Times::Seconds(seconds) = &times {
        seconds.iter().try_for_each(|seconds| timely(*seconds, context.dt).map(|_| ()))?;
    }
    Ok(times)
}

/// A delay in whole steps, and the delay itself if it is off by more than 1e-6 of a step.
pub(crate) fn delay_steps(seconds: f64, dt: f64) -> Result<(u32, Option<f64>), Misfit> {
    timely(seconds, dt).map(|seconds| whole(seconds, dt))
}

/// A delay, if it is one.
fn timely(seconds: f64, dt: f64) -> Result<f64, Misfit> {
    let fits = seconds >= 0.0 && seconds / dt < f64::from(u32::MAX);
    if fits { Ok(seconds) } else { Err(Misfit::Delay(seconds)) }
}

fn by_pair(matrix: &[f64], rows: &Rows, sources: usize, targets: usize) -> Result<Vec<f64>, Misfit> {
    let expected = sources.saturating_mul(targets);
    if matrix.len() != expected {
        return Err(Misfit::Table { found: matrix.len(), expected });
    }
    let edges = rows.edges(0, rows.targets.len());
    Ok(edges.map(|(source, target)| matrix[target as usize * sources + source as usize]).collect())
}

/// One a source or, where a single source goes to all, one a target: both are the order of the edges.
fn by_edge(each: &[f64], rows: &Rows) -> Result<Vec<f64>, Misfit> {
    let expected = rows.targets.len();
    if each.len() == expected { Ok(each.to_vec()) } else { Err(Misfit::Table { found: each.len(), expected }) }
}

fn steps(times: &Times, dt: f64) -> (Delays, Option<f64>) {
    match times {
        Times::Steps(steps) => (Delays::Uniform(*steps), None),
        Times::Seconds(Cow::Borrowed(seconds)) => {
            let (steps, off_grid) = whole(seconds.first().copied().unwrap_or(0.0), dt);
            (Delays::Uniform(steps), off_grid)
        }
        Times::Seconds(Cow::Owned(seconds)) => {
            let each: Vec<u32> = seconds.iter().map(|seconds| whole(*seconds, dt).0).collect();
            let off_grid = seconds.iter().find_map(|seconds| whole(*seconds, dt).1);
            match each.first() {
                Some(first) if each.iter().all(|steps| steps == first) => (Delays::Uniform(*first), off_grid),
                Some(_) | None => (Delays::PerEdge(each.into()), off_grid),
            }
        }
    }
}

/// A time in whole steps, and the time itself if it is off by more than 1e-6 of a step.
pub(crate) fn whole(seconds: f64, dt: f64) -> (u32, Option<f64>) {
    let steps = whole_steps(seconds, dt);
    let off_grid = seconds > 0.0 && (seconds / dt - steps).abs() > 1e-6;
    (steps as u32, off_grid.then_some(seconds))
}

fn drop_zeros(rows: &mut Rows, weights: &mut Cow<[f64]>, delays: &mut Delays) {
    let Cow::Owned(each) = weights else { return };
    if each.len() != rows.targets.len() || each.iter().all(|weight| *weight != 0.0) {
        return;
    }
    let kept = |edge: usize| each[edge] != 0.0;
    let mut starts = Vec::with_capacity(rows.starts.len());
    let mut count = 0;
    for (row, start) in rows.starts.iter().enumerate() {
        starts.push(count);
        let end = rows.starts.get(row + 1).copied().unwrap_or(*start);
        count += (*start..end).filter(|edge| kept(*edge as usize)).count() as u64;
    }
    if let Delays::PerEdge(steps) = delays {
        *steps = steps.iter().enumerate().filter(|(edge, _)| kept(*edge)).map(|(_, steps)| *steps).collect();
    }
    rows.targets = rows.targets.iter().enumerate().filter(|(edge, _)| kept(*edge)).map(|(_, target)| *target).collect();
    rows.starts = starts;
    each.retain(|weight| *weight != 0.0);
}

/// From indices of the slices to lanes of the ports.
fn in_lanes(rows: Rows, weights: Weights, delays: Delays, sources: &Lanes, targets: &Lanes) -> Sparse {
    let targets_in_lanes: Vec<u32> = match targets {
        Lanes::Range(range) if range.start == 0 => rows.targets,
        Lanes::Range(_) | Lanes::Indices(_) => {
            rows.targets.iter().map(|target| targets.at(*target as usize) as u32).collect()
        }
    };
    let sparse = Sparse { source: 0, row_starts: rows.starts, targets: targets_in_lanes, weights, delays };
    match (sources, targets) {
        (Lanes::Range(range), Lanes::Range(_)) => Sparse { source: range.start as u32, ..sparse },
        (Lanes::Range(_) | Lanes::Indices(_), Lanes::Range(_) | Lanes::Indices(_)) => reordered(sparse, sources),
    }
}

/// Rows in the order of source lanes, targets ascending in each.
fn reordered(sparse: Sparse, sources: &Lanes) -> Sparse {
    let mut order: Vec<(usize, u32, u64)> = Vec::with_capacity(sparse.targets.len());
    for row in 0..sources.len() {
        let edges = sparse.row_starts[row]..sparse.row_starts[row + 1];
        order.extend(edges.map(|edge| (sources.at(row), sparse.targets[edge as usize], edge)));
    }
    order.sort_by_key(|(lane, target, edge)| (*lane, *target, *edge));
    let first = order.first().map_or(0, |(lane, ..)| *lane);
    let last = order.last().map_or(0, |(lane, ..)| *lane + 1);
    let mut row_starts = vec![0; last - first + 1];
    order.iter().for_each(|(lane, ..)| row_starts[lane - first + 1] += 1);
    for row in 1..row_starts.len() {
        row_starts[row] += row_starts[row - 1];
    }
    let pick = |edge: &(usize, u32, u64)| edge.2 as usize;
    let weights = match sparse.weights {
        Weights::Uniform(weight) => Weights::Uniform(weight),
        Weights::PerEdge(each) => {
            Weights::PerEdge(Arc::new(permuted(&each, &order.iter().map(pick).collect::<Vec<_>>())))
        }
    };
    let delays = match sparse.delays {
        Delays::Uniform(steps) => Delays::Uniform(steps),
        Delays::PerEdge(each) => Delays::PerEdge(order.iter().map(|edge| each[pick(edge)]).collect()),
    };
    let targets = order.iter().map(|(_, target, _)| *target).collect();
    Sparse { source: first as u32, row_starts, targets, weights, delays }
}

fn permuted(numbers: &Numbers, order: &[usize]) -> Numbers {
    match numbers {
        Numbers::F32(values) => Numbers::F32(order.iter().map(|at| values[*at]).collect()),
        Numbers::F64(values) => Numbers::F64(order.iter().map(|at| values[*at]).collect()),
        Numbers::I64(values) => Numbers::I64(order.iter().map(|at| values[*at]).collect()),
    }
}

/// The number of a stream of random numbers: of a wire or element, and of one of its draws (0: who is connected).
pub(crate) fn stream(of: u64, draw: u64) -> u64 {
    scramble(of ^ scramble(draw))
}
