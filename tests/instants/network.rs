//! Networks of a few cells as programs, in shapes that must not matter.

use proptest::prelude::*;

/// How the same network is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As it is.
    Plain,
    /// Nodes, instances and wires into different cells in another order.
    Shuffled(u64),
    /// Each wire twice with half of its weight.
    Halves,
    /// Each wire through a node that hands events on at once.
    Relayed,
}

/// The kinds of cell. All rest after a spike: else loops of several delays would breed spikes without end where times are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Spikes jump the membrane.
    Delta,
    /// Spikes jump a current.
    Current,
    /// An event handler counts, a condition fires at four.
    Counter,
}

/// From a cell or, where `source` is none, from outside.
#[derive(Clone, Copy, Debug)]
struct Wire {
    source: Option<usize>,
    target: usize,
    /// In 1/16 of a unit.
    weight: i32,
    /// In 0.1 ms; at least 1 between cells.
    delay: u32,
}

/// A few cells, wires between them, and spikes from outside.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    cells: Vec<(Kind, i32)>,
    wires: Vec<Wire>,
    input: Vec<u32>,
}

/// Any network of two to four cells.
pub(crate) fn any() -> impl Strategy<Value = Network> {
    let kind = prop_oneof![Just(Kind::Delta), Just(Kind::Current), Just(Kind::Counter)];
    let cells = proptest::collection::vec((kind, 0..40_i32), 2..5);
    let input = proptest::collection::vec(1_u32..300, 1..12);
    (cells, input).prop_flat_map(|(cells, input)| {
        let count = cells.len();
        let wire = (proptest::option::of(0..count), 0..count, -24..64_i32, 1_u32..30)
            .prop_map(|(source, target, weight, delay)| Wire { source, target, weight, delay });
        let wires = proptest::collection::vec(wire, count..3 * count);
        wires.prop_map(move |wires| Network { cells: cells.clone(), wires, input: input.clone() })
    })
}

const NODES: [(&str, &str); 4] = [
    (
        "Delta",
        "node Delta(drive: real) {
  in s: event real
  out z: spike
  state v: real = 0
  v' = (drive - v) / 5 ms + impulse(s)
  on v > 1 { emit z; v := 0; refractory 1 ms { v' } }
}",
    ),
    (
        "Current",
        "node Current(drive: real) {
  in s: event real
  out z: spike
  state i: real = 0
  state v: real = 0
  i' = -i / 3 ms + impulse(s)
  v' = (drive + 2 * i - v) / 5 ms
  on v > 1 { emit z; v := 0; refractory 1 ms }
}",
    ),
    (
        "Counter",
        "node Counter(drive: real) {
  in s: event real
  out z: spike
  state n: real = drive
  on s as x { n += abs(x) }
  on n > 4 { emit z; n := 0; refractory 1 ms }
}",
    ),
    (
        "Relay",
        "node Relay {
  in s: event real
  out z: event real
  s -> z
}",
    ),
];

impl Network {
    /// One that surely fires.
    pub(crate) fn example() -> Self {
        let wire = |source, target, weight, delay| Wire { source, target, weight, delay };
        Self {
            cells: vec![(Kind::Delta, 32), (Kind::Current, 20), (Kind::Counter, 0)],
            wires: vec![wire(None, 0, 40, 1), wire(Some(0), 1, 16, 5), wire(Some(1), 2, 16, 9), wire(Some(2), 0, 4, 2)],
            input: vec![10, 50, 51],
        }
    }

    /// The network as a program that records the spikes of every cell.
    pub(crate) fn program(&self, settings: &str, shape: Shape) -> String {
        let order = |count: usize| -> Vec<usize> {
            let mut order: Vec<usize> = (0..count).collect();
            if let Shape::Shuffled(by) = shape {
                order.sort_by_key(|index| {
                    ((*index as u64 + 1).wrapping_mul(by * 2 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 40
                });
            }
            order
        };
        let mut text = String::new();
        for index in order(NODES.len()) {
            text.push_str(NODES[index].1);
            text.push_str("\n\n");
        }
        text.push_str("node Net {\n");
        for index in order(self.cells.len()) {
            let (kind, drive) = self.cells[index];
            let drive = f64::from(drive) / 16.0;
            text.push_str(&format!("  let c{index} = {kind:?}(drive = {drive})\n"));
        }
        let times: Vec<String> = self.times().iter().map(|time| format!("{time} ms")).collect();
        text.push_str(&format!("  let outside = spikes_at([{}])\n", times.join(", ")));
        // Wires into one port are added in the order of the text, so that they keep it among themselves.
        for target in order(self.cells.len()) {
            text.push_str(&format!("  outside -> c{target}.s weight 0\n"));
            for (number, wire) in self.wires.iter().enumerate().filter(|(_, wire)| wire.target == target) {
                text.push_str(&wire.text(number, shape));
            }
        }
        for index in order(self.cells.len()) {
            text.push_str(&format!("  out z{index}: spike = c{index}.z\n"));
        }
        text.push_str(&format!("}}\n\nexperiment e {{\n  let net = Net()\n  {settings}\n  run net for 40 ms\n"));
        for index in 0..self.cells.len() {
            text.push_str(&format!("  record net.z{index} as \"c{index}.csv\"\n"));
        }
        text + "}\n"
    }

    /// Times of the spikes from outside in ms, each once.
    fn times(&self) -> Vec<f64> {
        let mut times = self.input.clone();
        times.sort_unstable();
        times.dedup();
        times.into_iter().map(|time| f64::from(time) / 10.0).collect()
    }
}

impl Wire {
    fn text(&self, number: usize, shape: Shape) -> String {
        let source = self.source.map_or("outside".to_owned(), |cell| format!("c{cell}.z"));
        let (weight, delay) = (f64::from(self.weight) / 16.0, f64::from(self.delay) / 10.0);
        let target = self.target;
        match shape {
            Shape::Plain | Shape::Shuffled(_) => {
                format!("  {source} -> c{target}.s weight {weight} delay {delay} ms\n")
            }
            Shape::Halves => format!("  {source} -> c{target}.s weight {} delay {delay} ms\n", weight / 2.0).repeat(2),
            Shape::Relayed => format!(
                "  let r{number} = Relay()\n  {source} -> r{number}.s delay {delay} ms\n  r{number}.z -> c{target}.s weight {weight}\n"
            ),
        }
    }
}

/// Cells in a row, each fired by the one before.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// Input of the first cell, in 1/16 of a unit.
    drive: i32,
    /// The delays between the cells, in 0.1 ms.
    delays: Vec<u32>,
}

/// A first cell under a constant input, and up to four more.
pub(crate) fn chain() -> impl Strategy<Value = Chain> {
    (20..80_i32, proptest::collection::vec(1_u32..40, 0..4)).prop_map(|(drive, delays)| Chain { drive, delays })
}

impl Chain {
    /// The chain as a program that records the spikes of every cell.
    pub(crate) fn program(&self, settings: &str) -> String {
        let drive = f64::from(self.drive) / 16.0;
        let mut text = format!("{}\n\nexperiment e {{\n  let c0 = Delta(drive = {drive})\n", NODES[0].1);
        text.push_str("  spikes_at([]) -> c0.s\n");
        for (index, delay) in self.delays.iter().enumerate() {
            let (next, delay) = (index + 1, f64::from(*delay) / 10.0);
            text.push_str(&format!(
                "  let c{next} = Delta(drive = 0)\n  c{index}.z -> c{next}.s weight 1.5 delay {delay} ms\n"
            ));
        }
        text.push_str(&format!("  {settings}\n  run c0 for {} ms\n", 20 + self.delays.iter().sum::<u32>() / 10));
        for index in 0..=self.delays.len() {
            text.push_str(&format!("  record isi(c{index}.z) as \"c{index}.csv\"\n"));
        }
        text + "}\n"
    }

    /// How far an interval on the grid of steps of `dt` seconds may be from the exact one, in ms: each of its ends is a stamp.
    pub(crate) fn late_by(&self, dt: f64) -> f64 {
        2.0 * dt * 1e3
    }
}
