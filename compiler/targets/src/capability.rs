//! What a target can express, as a table; and the check of a program against it.

use neuro_diagnostics::{Code, Diagnostic};
use neuro_program::random::{Poisson, Stream};
use neuro_program::{
    Delays, Distribution, Initial, Instruction, MapKind, Number, Projection, SourceKind, StepProgram, Synapses,
    UnaryOperation, Weights,
};
use std::collections::BTreeMap;

/// Too many of something.
pub static E0908: Code =
    Code::new("E0908", "the program is too large for the target", include_str!("explain/E0908.md"));
/// Something that the target does not have.
pub static E0910: Code = Code::new("E0910", "the target cannot express this", include_str!("explain/E0910.md"));

/// Something that a program may use and a target may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// 32-bit floating-point numbers.
    F32,
    /// 64-bit floating-point numbers.
    F64,
    /// 64-bit integers.
    I64,
    /// Division.
    Division,
    /// Square roots.
    SquareRoot,
    /// Multiplication and addition with one rounding.
    FusedMultiplyAdd,
    /// Events with payloads other than 1.
    Payloads,
    /// Connections one to one.
    OneToOne,
    /// Connections all to all.
    AllToAll,
    /// Rows of connections.
    Sparse,
    /// Weights that differ from connection to connection.
    EdgeWeights,
    /// Delays that differ from connection to connection.
    EdgeDelays,
    /// Counters of arrivals beside their sums.
    Counters,
    /// Dense linear maps of flows.
    DenseMap,
    /// Flows scaled one to one, or sent from one to many.
    ScaleMap,
    /// Flows delayed by steps.
    DelayMap,
    /// Values given from outside, row by row.
    TableSource,
    /// Events given with the program.
    EventsSource,
    /// Poisson events.
    PoissonSource,
    /// Poisson events of more than 256 different means in one source.
    PoissonManyMeans,
    /// Clocks.
    ClockSource,
    /// Uniform random numbers in each step.
    UniformDraw,
    /// Normal random numbers in each step (noise).
    NormalDraw,
    /// Event lines delayed by steps.
    DelayedEvents,
    /// Exact spike times within steps.
    Crossings,
}

impl Feature {
    /// What it is, to end the sentence "the target has no …".
    pub fn words(self) -> &'static str {
        match self {
            Self::F32 => "32-bit floating-point numbers",
            Self::F64 => "64-bit floating-point numbers",
            Self::I64 => "64-bit integers",
            Self::Division => "division",
            Self::SquareRoot => "square root",
            Self::FusedMultiplyAdd => "multiplication and addition with one rounding",
            Self::Payloads => "events that carry a size",
            Self::OneToOne => "one-to-one connections",
            Self::AllToAll => "all-to-all connections",
            Self::Sparse => "connections listed one by one",
            Self::EdgeWeights => "weights that differ from connection to connection",
            Self::EdgeDelays => "delays that differ from connection to connection",
            Self::Counters => "counters of arriving events",
            Self::DenseMap => "dense linear maps of flows",
            Self::ScaleMap => "scaled flows",
            Self::DelayMap => "delayed flows",
            Self::TableSource => "values given row by row",
            Self::EventsSource => "events given with the program",
            Self::PoissonSource => "Poisson events",
            Self::PoissonManyMeans => "Poisson events of more than 256 different rates in one source",
            Self::ClockSource => "clocks",
            Self::UniformDraw => "random numbers in each step",
            Self::NormalDraw => "normal random numbers in each step",
            Self::DelayedEvents => "delayed event lines",
            Self::Crossings => "exact spike times within a step",
        }
    }
}

/// What a target can express.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// The target's name on the command line.
    pub target: &'static str,
    /// What it has.
    pub features: &'static [Feature],
    /// Members of all populations together.
    pub most_lanes: Option<u64>,
    /// Connections of all projections together.
    pub most_connections: Option<u64>,
    /// The longest delay, in steps.
    pub most_delay: Option<u64>,
    /// Bytes of all states, rings, weights and tables, at the size of the number format.
    pub most_bytes: Option<u64>,
}

/// All that a program uses and a target does not have; empty if it can be expressed.
pub fn check(program: &StepProgram, capabilities: &Capabilities) -> Vec<Diagnostic> {
    let target = capabilities.target;
    let mut diagnostics = Vec::new();
    for (feature, places) in needs(program) {
        if capabilities.features.contains(&feature) {
            continue;
        }
        let message = format!("the target `{target}` has no {}", feature.words());
        let needed = match &places[..] {
            [] => None,
            [place] => Some(format!("needed by {place}")),
            [place, others @ ..] => Some(format!("needed by {place} and {} more", others.len())),
        };
        let mut diagnostic = Diagnostic::unplaced(&E0910, message);
        if let Some(needed) = needed {
            diagnostic = diagnostic.note(needed);
        }
        diagnostics.push(diagnostic.help("run it with `neuro run`, which has all of them, or say it in another way"));
    }
    let sizes = Sizes::of(program);
    for (what, is, most) in [
        ("members of populations", sizes.lanes, capabilities.most_lanes),
        ("connections", sizes.connections, capabilities.most_connections),
        ("steps of delay", sizes.delay, capabilities.most_delay),
        ("bytes of states, weights and tables", sizes.bytes, capabilities.most_bytes),
    ] {
        if let Some(most) = most.filter(|most| is > *most) {
            let message = format!("the program needs {is} {what}, and the target `{target}` has {most}");
            diagnostics.push(
                Diagnostic::unplaced(&E0908, message).help("make the network smaller, or choose a larger target"),
            );
        }
    }
    diagnostics
}

/// What a program uses, and by what.
fn needs(program: &StepProgram) -> BTreeMap<Feature, Vec<String>> {
    let mut needs: BTreeMap<Feature, Vec<String>> = BTreeMap::new();
    let mut need = |feature: Feature, place: &str| {
        let places = needs.entry(feature).or_default();
        let place = format!("`{place}`");
        if !places.contains(&place) {
            places.push(place);
        }
    };
    let format = match program.number {
        Number::F32 => Feature::F32,
        Number::F64 => Feature::F64,
        Number::I64 => Feature::I64,
    };
    need(format, "the whole program");
    program.events.iter().filter(|line| line.payload.is_some()).for_each(|line| need(Feature::Payloads, &line.name));
    for kernel in &program.kernels {
        for instruction in &kernel.instructions {
            match instruction {
                Instruction::FusedMultiplyAdd { .. } => need(Feature::FusedMultiplyAdd, &kernel.name),
                Instruction::Unary { operation: UnaryOperation::SquareRoot, .. } => {
                    need(Feature::SquareRoot, &kernel.name)
                }
                Instruction::Binary { operation: neuro_program::BinaryOperation::Divide, .. } => {
                    need(Feature::Division, &kernel.name)
                }
                _ => {}
            }
        }
    }
    for projection in &program.projections {
        projection_needs(projection, &mut need);
    }
    for map in &program.maps {
        match &map.kind {
            MapKind::Dense { .. } => need(Feature::DenseMap, &map.name),
            MapKind::Scale { .. } | MapKind::Broadcast { .. } => need(Feature::ScaleMap, &map.name),
            MapKind::Delay { .. } => need(Feature::DelayMap, &map.name),
        }
    }
    for source in &program.sources {
        let feature = match &source.kind {
            SourceKind::Table { .. } | SourceKind::Input { .. } => Feature::TableSource,
            SourceKind::Events { .. } => Feature::EventsSource,
            SourceKind::Poisson { mean, .. } => {
                if matches!(mean, Initial::PerLane(means) if Poisson::per_lane(Stream::new(0, 0), means).tables().is_none())
                {
                    need(Feature::PoissonManyMeans, &source.name);
                }
                Feature::PoissonSource
            }
            SourceKind::Clock { .. } => Feature::ClockSource,
            SourceKind::Draw { distribution: Distribution::Uniform, .. } => Feature::UniformDraw,
            SourceKind::Draw { distribution: Distribution::Normal, .. } => Feature::NormalDraw,
            SourceKind::DelayedEvents { .. } => Feature::DelayedEvents,
        };
        need(feature, &source.name);
    }
    if let Some(crossings) = &program.crossings {
        crossings.populations.iter().for_each(|population| need(Feature::Crossings, &population.name));
    }
    needs
}

fn projection_needs(projection: &Projection, need: &mut impl FnMut(Feature, &str)) {
    let name = &projection.name;
    if projection.present.is_some() {
        need(Feature::Counters, name);
    }
    let mut weights_of = |weights: &Weights| {
        if matches!(weights, Weights::PerEdge(_)) {
            need(Feature::EdgeWeights, name);
        }
    };
    let kind = match &projection.synapses {
        Synapses::OneToOne { weights, .. } => {
            weights_of(weights);
            Feature::OneToOne
        }
        Synapses::AllToAll { .. } => Feature::AllToAll,
        Synapses::Sparse(sparse) => {
            weights_of(&sparse.weights);
            if matches!(sparse.delays, Delays::PerEdge(_)) {
                need(Feature::EdgeDelays, name);
            }
            Feature::Sparse
        }
    };
    need(kind, name);
}

/// How large a program is.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    lanes: u64,
    connections: u64,
    delay: u64,
    bytes: u64,
}

impl Sizes {
    fn of(program: &StepProgram) -> Self {
        let number_size = if program.number == Number::F32 { 4 } else { 8 };
        let buffers = program.buffers.iter().map(|buffer| (buffer.lanes * buffer.slots) as u64 * number_size);
        let lanes = program.kernels.iter().map(|kernel| kernel.lanes as u64).sum();
        let mut sizes = Self { lanes, bytes: buffers.sum(), connections: 0, delay: 0 };
        let weight_bytes = |weights: &Weights| match weights {
            Weights::Uniform(_) => 0,
            Weights::PerEdge(weights) => weights.len() as u64 * number_size,
        };
        for projection in &program.projections {
            match &projection.synapses {
                Synapses::OneToOne { count, weights, delay, .. } => {
                    sizes.connections += u64::from(*count);
                    sizes.delay = sizes.delay.max(u64::from(*delay));
                    sizes.bytes += weight_bytes(weights);
                }
                Synapses::AllToAll { source_count, target_count, delay, .. } => {
                    sizes.connections += u64::from(*source_count) * u64::from(*target_count);
                    sizes.delay = sizes.delay.max(u64::from(*delay));
                }
                Synapses::Sparse(sparse) => {
                    sizes.connections += sparse.targets.len() as u64;
                    sizes.bytes +=
                        4 * (sparse.targets.len() + sparse.row_starts.len()) as u64 + weight_bytes(&sparse.weights);
                    let longest = match &sparse.delays {
                        Delays::Uniform(delay) => *delay,
                        Delays::PerEdge(delays) => delays.iter().copied().max().unwrap_or(0),
                    };
                    sizes.delay = sizes.delay.max(u64::from(longest));
                }
            }
        }
        for map in &program.maps {
            if let MapKind::Dense { rows, columns, .. } = map.kind {
                sizes.connections += (rows * columns) as u64;
                sizes.bytes += (rows * columns) as u64 * number_size;
            }
        }
        sizes
    }
}
