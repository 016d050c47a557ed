//! NIR's nodes without time as maps of the hybrid graph.

use crate::graph::{Convolution, NodeKind, Padding, Pool};
use crate::limits::E1205;
use crate::shapes::{E1206, Shapes, text};
use crate::tensor::Tensor;
use neuro_diagnostics::Diagnostic;
use neuro_model::{LinearMap, MapKind};
use std::sync::Arc;

type Outcome<T> = Result<T, Box<Diagnostic>>;

/// The map of a node. One that is no map hands on what enters.
pub(crate) fn map(kind: &NodeKind, shapes: &Shapes, name: &str) -> Outcome<LinearMap> {
    let whole = |kind| Ok(LinearMap { input: shapes.input.clone(), output: shapes.output.clone(), kind });
    match kind {
        NodeKind::Affine { weight, bias } => affine(weight, Some(bias), shapes, name),
        NodeKind::Linear { weight } => affine(weight, None, shapes, name),
        NodeKind::Scale { scale } => match fill(scale, shapes.output.iter().product()) {
            Some(scale) => whole(MapKind::Scale(scale)),
            None => Err(wrong_length("scale", name, scale, &shapes.output)),
        },
        NodeKind::Conv1d(convolution) | NodeKind::Conv2d(convolution) => convolve(convolution, shapes, name),
        NodeKind::SumPool2d(pool) => whole(pooling(pool, false)),
        NodeKind::AvgPool2d(pool) => whole(pooling(pool, true)),
        // A Delay's time is on the wires that lead to it; the node itself hands on what arrives.
        NodeKind::Flatten { .. } | NodeKind::Delay { .. } => whole(MapKind::Reshape),
        NodeKind::Input { .. } | NodeKind::Output { .. } | NodeKind::Threshold { .. } | NodeKind::Graph(_) => {
            whole(MapKind::Reshape)
        }
        NodeKind::I { .. } | NodeKind::IF { .. } | NodeKind::LI { .. } | NodeKind::LIF { .. } => {
            whole(MapKind::Reshape)
        }
        NodeKind::CubaLI { .. } | NodeKind::CubaLIF { .. } => whole(MapKind::Reshape),
    }
}

/// The elements of an array, or its one element for all of `count`.
fn fill(tensor: &Tensor, count: usize) -> Option<Arc<[f64]>> {
    let values = tensor.to_f64();
    if values.len() == count {
        return Some(values.into());
    }
    match values.as_slice() {
        [one] => Some(vec![*one; count].into()),
        _ => None,
    }
}

fn wrong_length(field: &str, name: &str, tensor: &Tensor, shape: &[usize]) -> Box<Diagnostic> {
    let message =
        format!("`{field}` of `{name}` has the shape {}, and what leaves has {}", text(tensor.shape()), text(shape));
    Box::new(Diagnostic::unplaced(&E1206, message))
}

/// An Affine or Linear. A weight of more than two axes is a matrix for each index of those in front: one matrix of blocks.
fn affine(weight: &Tensor, bias: Option<&Tensor>, shapes: &Shapes, name: &str) -> Outcome<LinearMap> {
    const LARGEST: usize = 1 << 28;
    let [outer @ .., to, from] = weight.shape() else {
        let message = format!("the weight of `{name}` has the shape {}; a matrix is needed", text(weight.shape()));
        return Err(Box::new(Diagnostic::unplaced(&E1206, message)));
    };
    let blocks: usize = outer.iter().product();
    let (rows, columns) = (blocks * to, blocks * from);
    let bias = match bias {
        Some(bias) => match fill(bias, rows) {
            // Exporters write a bias of zeros where a layer has none.
            Some(bias) => (!bias.iter().all(|&value| value == 0.0)).then_some(bias),
            None => return Err(wrong_length("bias", name, bias, &shapes.output)),
        },
        None => None,
    };
    let given = weight.to_f64();
    if blocks == 1 {
        let kind = MapKind::Affine { weight: given.into(), bias };
        return Ok(LinearMap { input: shapes.input.clone(), output: shapes.output.clone(), kind });
    }
    let Some(size) = rows.checked_mul(columns).filter(|&size| size <= LARGEST) else {
        let message =
            format!("the weight of `{name}`, {}, is too large to be laid out as one matrix", text(weight.shape()));
        return Err(Box::new(Diagnostic::unplaced(&E1205, message)));
    };
    let mut matrix = vec![0.0; size];
    for block in 0..blocks {
        for row in 0..*to {
            let source = (block * to + row) * from;
            let target = (block * to + row) * columns + block * from;
            matrix[target..target + from].copy_from_slice(&given[source..source + from]);
        }
    }
    let kind = MapKind::Affine { weight: matrix.into(), bias };
    Ok(LinearMap { input: vec![columns], output: vec![rows], kind })
}

fn pooling(pool: &Pool, mean: bool) -> MapKind {
    MapKind::Pool { mean, kernel: pool.kernel, stride: pool.stride, padding: pool.padding }
}

fn convolve(convolution: &Convolution, shapes: &Shapes, name: &str) -> Outcome<LinearMap> {
    let out = convolution.weight.shape().first().copied().unwrap_or(0);
    let bias = match fill(&convolution.bias, out) {
        Some(bias) => (!bias.iter().all(|&value| value == 0.0)).then_some(bias),
        None => return Err(wrong_length("bias", name, &convolution.bias, &[out])),
    };
    let kernel = convolution.weight.shape().get(2..).unwrap_or_default().to_vec();
    let mut window = Window { weight: convolution.weight.to_f64(), kernel, dilation: convolution.dilation.clone() };
    let padding = match &convolution.padding {
        Padding::Valid => vec![0; window.kernel.len()],
        Padding::Zeros(zeros) => zeros.clone(),
        Padding::Same => (0..window.kernel.len()).map(|axis| window.centre(axis)).collect(),
    };
    let kind = MapKind::Convolution {
        weight: window.weight.into(),
        kernel: window.kernel,
        bias,
        stride: convolution.stride.clone(),
        padding,
        dilation: window.dilation,
        groups: convolution.groups,
    };
    Ok(LinearMap { input: shapes.input.clone(), output: shapes.output.clone(), kind })
}

/// The weights of a convolution with the sizes of its window.
struct Window {
    weight: Vec<f64>,
    kernel: Vec<usize>,
    dilation: Vec<usize>,
}

impl Window {
    /// Zeros at both ends of an axis that keep its size. torch puts one zero more behind than in front where their number is
    /// odd; the same comes from a window that is one longer, with a zero in front.
    fn centre(&mut self, axis: usize) -> usize {
        let reach = self.dilation[axis] * (self.kernel[axis] - 1);
        if reach.is_multiple_of(2) {
            return reach / 2;
        }
        let long = reach + 2;
        let dilation = self.dilation[axis];
        let inner: usize = self.kernel[axis + 1..].iter().product();
        let taps = self.kernel[axis];
        let outer = self.weight.len() / (taps * inner).max(1);
        let mut weight = vec![0.0; outer * long * inner];
        for block in 0..outer {
            for tap in 0..taps {
                let source = (block * taps + tap) * inner;
                let target = (block * long + 1 + tap * dilation) * inner;
                weight[target..target + inner].copy_from_slice(&self.weight[source..source + inner]);
            }
        }
        self.weight = weight;
        self.kernel[axis] = long;
        self.dilation[axis] = 1;
        // One more in front than torch has, for the zero that is there.
        reach.div_ceil(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One axis, as torch defines it: `y[i] = Σ w[k]·x[i − left + k·dilation]`.
    fn correlate(x: &[f64], w: &[f64], left: usize, dilation: usize) -> Vec<f64> {
        let at = |index: usize| index.checked_sub(left).and_then(|index| x.get(index)).copied().unwrap_or(0.0);
        (0..x.len()).map(|i| w.iter().enumerate().map(|(k, w)| w * at(i + k * dilation)).sum()).collect()
    }

    /// A window of even size cannot be centred; torch puts the odd zero behind.
    #[test]
    fn the_same_size_for_any_window() {
        let x: Vec<f64> = (1..=9).map(f64::from).collect();
        for taps in 1..6 {
            for dilation in 1..5 {
                let w: Vec<f64> = [1e1, 1e2, 1e3, 1e4, 1e5][..taps].to_vec();
                let expected = correlate(&x, &w, dilation * (w.len() - 1) / 2, dilation);
                let mut window = Window { weight: w.clone(), kernel: vec![w.len()], dilation: vec![dilation] };
                let padding = window.centre(0);
                assert_eq!(
                    correlate(&x, &window.weight, padding, window.dilation[0]),
                    expected,
                    "{taps} taps, dilation {dilation}"
                );
                // Zeros at both ends keep the size.
                assert_eq!(2 * padding, window.dilation[0] * (window.kernel[0] - 1));
            }
        }
    }

    /// The inner axes move with their row.
    #[test]
    fn an_outer_axis_of_two() {
        let mut window = Window { weight: (1..=12).map(f64::from).collect(), kernel: vec![2, 3], dilation: vec![1, 1] };
        assert_eq!(window.centre(0), 1);
        assert_eq!(window.kernel, [3, 3]);
        let expected = [0., 0., 0., 1., 2., 3., 4., 5., 6., 0., 0., 0., 7., 8., 9., 10., 11., 12.];
        assert_eq!(window.weight, expected);
    }
}
