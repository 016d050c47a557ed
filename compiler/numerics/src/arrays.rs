//! Arrays inside a member: what moves numbers between lanes, as maps between kernels.
//!
//! Elementwise work stays in kernels ([`crate::lanes`]); here are products with matrices, sums, slices and repetitions. It knows no model.

use crate::evaluate;
use crate::known::Known;
use crate::lanes::{Code, Operand, Running};
use neuro_model::{BinaryFunction, Reduction};
use neuro_program::{BufferId, Map, MapKind, Numbers, Operation, Weights};
use std::sync::Arc;

impl Code<'_> {
    /// `[n,m] @ [m]` or `[n,m] @ [m,k]`.
    pub(crate) fn matrix_product(&mut self, left: &Operand, right: &Operand) -> Operand {
        let (rows, inner) = (extent(left, 0), extent(left, 1));
        let columns = extent(right, 1);
        let shape: Vec<usize> = left.shape().iter().take(1).chain(right.shape().iter().skip(1)).copied().collect();
        match (left, right) {
            (Operand::Known(left), Operand::Known(right)) => Operand::Known(evaluate::matrix_product(left, right)),
            (Operand::Known(matrix), Operand::Running(vector)) if columns == 1 => {
                let source = self.stored(vector.temporary);
                self.dense(source, matrix, shape, Blocks { count: 1, rows, columns: inner })
            }
            // Row by row, with the transposed matrix.
            (Operand::Running(rows_of), Operand::Known(matrix)) => {
                let transposed = transpose(matrix, inner, columns);
                let source = self.stored(rows_of.temporary);
                self.dense(source, &transposed, shape, Blocks { count: rows, rows: columns, columns: inner })
            }
            // All products [n,m,k], then sums over m.
            (_, Operand::Running(_)) => {
                let spread = self.repeat_each(left, columns);
                let tiled = self.tile(right, rows);
                let products = self.multiply(&spread, &relabel(&tiled, spread.shape().to_vec()));
                let sums = Known::array(vec![columns, inner * columns], sum_over_middle(inner, columns));
                let Operand::Running(products) = &products else { return products };
                let source = self.stored(products.temporary);
                self.dense(source, &sums, shape, Blocks { count: rows, rows: columns, columns: inner * columns })
            }
        }
    }

    /// `outer([n], [m])`
    pub(crate) fn outer(&mut self, left: &Operand, right: &Operand) -> Operand {
        if let (Operand::Known(left), Operand::Known(right)) = (left, right) {
            return Operand::Known(evaluate::outer(left, right));
        }
        let shape = [left.shape(), right.shape()].concat();
        let spread = self.repeat_each(left, right.elements());
        let tiled = self.tile(right, left.elements());
        self.multiply(&relabel(&spread, shape.clone()), &relabel(&tiled, shape))
    }

    /// `diag([n])`
    pub(crate) fn diagonal(&mut self, operand: &Operand) -> Operand {
        let running = match operand {
            Operand::Known(known) => return Operand::Known(evaluate::diagonal(known)),
            Operand::Running(running) => running,
        };
        let size = operand.elements();
        // The scratch holds 0 at first, and only its diagonal is ever written.
        self.moved(running, vec![size, size], size, 1, |piece| (piece, piece * size + piece))
    }

    /// All elements to one.
    pub(crate) fn reduce(&mut self, reduction: Reduction, operand: &Operand) -> Operand {
        let size = operand.elements();
        match (operand, reduction) {
            (Operand::Known(known), _) => Operand::Known(evaluate::reduce(reduction, known)),
            (Operand::Running(_), _) if size == 1 => relabel(operand, Vec::new()),
            (Operand::Running(running), Reduction::Sum) => {
                let source = self.stored(running.temporary);
                let ones = Known::array(vec![1, size], vec![1.0; size]);
                self.dense(source, &ones, Vec::new(), Blocks { count: 1, rows: 1, columns: size })
            }
            (Operand::Running(_), Reduction::Any) => {
                let count = self.reduce(Reduction::Sum, operand);
                self.binary(BinaryFunction::Greater, &count, &Operand::number(0.0))
            }
            (Operand::Running(_), Reduction::All) => {
                let count = self.reduce(Reduction::Sum, operand);
                self.binary(BinaryFunction::Equal, &count, &Operand::number(size as f64))
            }
            (Operand::Running(_), Reduction::Product) => self.halve(BinaryFunction::Multiply, operand),
            (Operand::Running(_), Reduction::Minimum) => self.halve(BinaryFunction::Minimum, operand),
            (Operand::Running(_), Reduction::Maximum) => self.halve(BinaryFunction::Maximum, operand),
        }
    }

    /// Combines the first half with the second until one is left; an odd one joins the end.
    fn halve(&mut self, function: BinaryFunction, operand: &Operand) -> Operand {
        let mut rest = relabel(operand, vec![operand.elements()]);
        while rest.elements() > 1 {
            let (half, odd) = (rest.elements() / 2, rest.elements() % 2);
            let first = self.element(&rest, 0, &[half]);
            let second = self.element(&rest, half, &[half]);
            let mut both = self.binary(function, &first, &second);
            if odd == 1 {
                let last = self.element(&rest, 2 * half, &[]);
                let tail = self.element(&both, half - 1, &[]);
                let joined = self.binary(function, &tail, &last);
                both = if half == 1 { joined } else { self.join(&both, half - 1, &joined) };
            }
            rest = both;
        }
        relabel(&rest, Vec::new())
    }

    /// The first `count` elements, then a scalar.
    fn join(&mut self, array: &Operand, count: usize, scalar: &Operand) -> Operand {
        let (Operand::Running(array), Operand::Running(scalar)) = (array, scalar) else { return array.clone() };
        let (first, second) = (self.stored(array.temporary), self.stored(scalar.temporary));
        let size: usize = array.shape.iter().product();
        let target = self.scratch(count + 1);
        for member in 0..self.members {
            self.copy(first, target, count, member * size, member * (count + 1));
            self.copy(second, target, 1, member, member * (count + 1) + count);
        }
        self.in_buffer(vec![count + 1], target)
    }

    /// A sub-array that begins at an element.
    pub(crate) fn element(&mut self, array: &Operand, start: usize, shape: &[usize]) -> Operand {
        let count: usize = shape.iter().product();
        match array {
            Operand::Known(known) => Operand::Known(evaluate::element(known, start, shape)),
            Operand::Running(_) if count == array.elements() => relabel(array, shape.to_vec()),
            Operand::Running(running) => self.moved(running, shape.to_vec(), 1, count, |_| (start, 0)),
        }
    }

    /// `[…]` to `[…, times]`: each element again and again.
    pub(crate) fn repeat_each(&mut self, operand: &Operand, times: usize) -> Operand {
        let shape: Vec<usize> = operand.shape().iter().copied().chain([times]).collect();
        let running = match operand {
            Operand::Known(known) => {
                let repeat =
                    |values: &[f64]| values.iter().flat_map(|value| std::iter::repeat_n(*value, times)).collect();
                return Operand::Known(known.rearranged(shape, repeat));
            }
            Operand::Running(running) => running,
        };
        let size = operand.elements();
        let source = self.stored(running.temporary);
        let target = self.scratch(size * times);
        for at in 0..self.members * size {
            let kind = MapKind::Broadcast { count: times, scale: 1.0, source_offset: at, target_offset: at * times };
            self.map(source, target, kind);
        }
        self.in_buffer(shape, target)
    }

    /// `[…]` to `[times, …]`: the whole again and again.
    pub(crate) fn tile(&mut self, operand: &Operand, times: usize) -> Operand {
        let shape: Vec<usize> = std::iter::once(times).chain(operand.shape().iter().copied()).collect();
        let size = operand.elements();
        match operand {
            Operand::Known(known) => Operand::Known(known.rearranged(shape, |values| values.repeat(times))),
            Operand::Running(running) => self.moved(running, shape, times, size, |piece| (0, piece * size)),
        }
    }

    /// A scalar to every element of its member.
    pub(crate) fn broadcast(&mut self, temporary: usize, elements: usize) -> usize {
        let source = self.stored(temporary);
        let target = self.scratch(elements);
        for member in 0..self.members {
            let kind = MapKind::Broadcast {
                count: elements,
                scale: 1.0,
                source_offset: member,
                target_offset: member * elements,
            };
            self.map(source, target, kind);
        }
        match self.in_buffer(vec![elements], target) {
            Operand::Running(running) => running.temporary,
            Operand::Known(_) => temporary,
        }
    }

    /// Copies pieces of each member to where `place` says: (from, to) of a piece.
    fn moved(
        &mut self,
        running: &Running,
        shape: Vec<usize>,
        pieces: usize,
        count: usize,
        place: impl Fn(usize) -> (usize, usize),
    ) -> Operand {
        let (size, elements): (usize, usize) = (running.shape.iter().product(), shape.iter().product());
        let source = self.stored(running.temporary);
        let target = self.scratch(elements);
        for member in 0..self.members {
            for piece in 0..pieces {
                let (from, to) = place(piece);
                self.copy(source, target, count, member * size + from, member * elements + to);
            }
        }
        self.in_buffer(shape, target)
    }

    fn copy(&mut self, source: BufferId, target: BufferId, count: usize, source_offset: usize, target_offset: usize) {
        let kind = MapKind::Scale { count, scale: Weights::Uniform(1.0), source_offset, target_offset };
        self.map(source, target, kind);
    }

    /// Products of blocks of each member with the members' matrices.
    fn dense(&mut self, source: BufferId, matrix: &Known, shape: Vec<usize>, blocks: Blocks) -> Operand {
        let Blocks { count, rows, columns } = blocks;
        let target = self.scratch(count * rows);
        let number = self.assembly.program.number;
        let weights: Vec<Arc<Numbers>> =
            matrix.numbers().chunks(rows * columns).map(|values| Arc::new(Numbers::from_f64(number, values))).collect();
        for member in 0..self.members {
            for block in 0..count {
                let at = member * count + block;
                let kind = MapKind::Dense {
                    rows,
                    columns,
                    weight: Arc::clone(&weights[if weights.len() == 1 { 0 } else { member }]),
                    bias: None,
                    source_offset: at * columns,
                    target_offset: at * rows,
                };
                self.map(source, target, kind);
            }
        }
        self.in_buffer(shape, target)
    }

    fn map(&mut self, source: BufferId, target: BufferId, kind: MapKind) {
        let map = Map { name: self.name.clone(), source, target, accumulate: false, first_step: 0, kind };
        let map = self.assembly.map(map);
        self.operation(Operation::Map(map));
    }
}

/// How many blocks a member has, and the matrix that each is multiplied by.
#[derive(Clone, Copy)]
struct Blocks {
    count: usize,
    rows: usize,
    columns: usize,
}

/// The same elements in another shape.
pub(crate) fn relabel(operand: &Operand, shape: Vec<usize>) -> Operand {
    match operand {
        Operand::Known(known) => Operand::Known(Known { shape, ..known.clone() }),
        Operand::Running(running) => Operand::Running(Running { shape, temporary: running.temporary }),
    }
}

fn extent(operand: &Operand, axis: usize) -> usize {
    operand.shape().get(axis).copied().unwrap_or(1)
}

fn transpose(matrix: &Known, rows: usize, columns: usize) -> Known {
    matrix.rearranged(vec![columns, rows], |values| {
        (0..columns)
            .flat_map(|column| (0..rows).map(move |row| (row, column)))
            .map(|(row, column)| values[row * columns + column])
            .collect()
    })
}

/// `[k, m·k]`: row j adds the elements (i, j) of an array `[m,k]`.
fn sum_over_middle(inner: usize, columns: usize) -> Vec<f64> {
    (0..columns)
        .flat_map(|row| (0..inner * columns).map(move |at| if at % columns == row { 1.0 } else { 0.0 }))
        .collect()
}
