//! Values of edge expressions, edge by edge, with the functions of kernels.

use super::{Misfit, Rows};
use neuro_model::{Distribution, EdgeExpr};
use neuro_program::random::Stream;
use rayon::prelude::*;

/// How many edges are evaluated at once.
const BLOCK: usize = 4096;

/// The value of an expression for every edge, in the order of the edges. A draw that weight, delay and edge node share is one number.
pub(crate) fn values(expr: &EdgeExpr, rows: &Rows, seed: u64, stream: u64) -> Result<Vec<f64>, Misfit> {
    let mut values = vec![0.0; rows.targets.len()];
    in_order(values.par_chunks_mut(BLOCK).enumerate().map(|(block, values)| {
        let first = block * BLOCK;
        let edges: Vec<(u32, u32)> = rows.edges(first, values.len()).collect();
        values.copy_from_slice(&evaluate(expr, &Block { first, edges: &edges, seed, stream }));
        match values.iter().position(|value| value.is_nan()) {
            Some(edge) => Err(Misfit::Undefined(edges[edge].0 as usize, edges[edge].1 as usize)),
            None => Ok(()),
        }
    }))?;
    Ok(values)
}

/// The results of all, or the misfit of the first of them, whichever thread met one before: a message is the same on every machine.
pub(crate) fn in_order<T: Send>(
    results: impl IndexedParallelIterator<Item = Result<T, Misfit>>,
) -> Result<Vec<T>, Misfit> {
    let results: Vec<Result<T, Misfit>> = results.collect();
    results.into_iter().collect()
}

/// Edges, or pairs that may become edges, numbered from `first` on.
pub(crate) struct Block<'a> {
    /// The number of the first.
    pub(crate) first: usize,
    /// Source and target of each.
    pub(crate) edges: &'a [(u32, u32)],
    /// The seed of the run.
    pub(crate) seed: u64,
    /// The wire's number.
    pub(crate) stream: u64,
}

/// The value of an expression for every edge of a block; no number where there is none.
pub(crate) fn evaluate(expr: &EdgeExpr, block: &Block) -> Vec<f64> {
    match expr {
        EdgeExpr::Number(value) => vec![*value; block.edges.len()],
        EdgeExpr::Source => block.edges.iter().map(|(source, _)| f64::from(*source)).collect(),
        EdgeExpr::Target => block.edges.iter().map(|(_, target)| f64::from(*target)).collect(),
        EdgeExpr::Element(table, index) => {
            let element = |index: &f64| match *index >= 0.0 && index.fract() == 0.0 {
                true => table.get(*index as usize).copied().unwrap_or(f64::NAN),
                false => f64::NAN,
            };
            evaluate(index, block).iter().map(element).collect()
        }
        EdgeExpr::Column(column) => {
            let edges = block.first..block.first + block.edges.len();
            edges.map(|edge| column.get(edge).copied().unwrap_or(f64::NAN)).collect()
        }
        EdgeExpr::Draw { distribution, stream } => {
            // Edges are numbered by 64 bits: the lane holds the low 32, the step the rest.
            let stream = Stream::new(block.seed, super::stream(block.stream, *stream));
            let draw = |edge: usize| {
                let (lane, step) = (edge as u32, edge as u64 >> 32);
                match distribution {
                    Distribution::Uniform => stream.uniform::<f64>(lane, step, 0),
                    Distribution::Normal => stream.normal(lane, step, 0),
                }
            };
            (block.first..block.first + block.edges.len()).map(draw).collect()
        }
        EdgeExpr::Unary(function, operand) => {
            let mut values = evaluate(operand, block);
            values.iter_mut().for_each(|value| *value = function.apply(*value));
            values
        }
        EdgeExpr::Binary(function, left, right) => {
            let (mut left, right) = (evaluate(left, block), evaluate(right, block));
            left.iter_mut().zip(right).for_each(|(x, y)| *x = function.apply(*x, y));
            left
        }
        EdgeExpr::If(condition, then, otherwise) => {
            let (condition, then, otherwise) =
                (evaluate(condition, block), evaluate(then, block), evaluate(otherwise, block));
            let choose =
                |(condition, (then, otherwise)): (f64, (f64, f64))| if condition != 0.0 { then } else { otherwise };
            condition.into_iter().zip(then.into_iter().zip(otherwise)).map(choose).collect()
        }
    }
}
