//! Convolutions and sums over windows as sparse connections: for each source element the targets that it reaches, with their weights.
//!
//! Definitions are NIR's, which are torch's: cross-correlation over the last axes, zero padding, windows that do not fit are left out.

use super::diagnosis::Refusal;
use neuro_model::{LinearMap, MapKind};

/// For each source element (target, weight), ascending by target.
pub(super) type Rows = Vec<Vec<(u32, f64)>>;

/// A window along one axis.
#[derive(Clone, Copy, Debug)]
struct Axis {
    input: usize,
    output: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
}

impl Axis {
    /// The place in the input that an output place sees through a place of the kernel.
    fn seen(self, output: usize, kernel: usize) -> Option<usize> {
        (output * self.stride + kernel * self.dilation).checked_sub(self.padding).filter(|place| *place < self.input)
    }
}

/// Calls `visit` with (output place, kernel place, input place), row-major over two axes.
fn each(axes: [Axis; 2], mut visit: impl FnMut(usize, usize, usize)) {
    let [rows, columns] = axes;
    for output_row in 0..rows.output {
        for output_column in 0..columns.output {
            for kernel_row in 0..rows.kernel {
                let Some(input_row) = rows.seen(output_row, kernel_row) else { continue };
                for kernel_column in 0..columns.kernel {
                    let Some(input_column) = columns.seen(output_column, kernel_column) else { continue };
                    visit(
                        output_row * columns.output + output_column,
                        kernel_row * columns.kernel + kernel_column,
                        input_row * columns.input + input_column,
                    );
                }
            }
        }
    }
}

/// The last two axes of a shape behind its channels; one axis is a single row.
fn plane(shape: &[usize]) -> [usize; 2] {
    match shape {
        [_, only] => [1, *only],
        [_, rows, columns] => [*rows, *columns],
        _ => [1, 1],
    }
}

/// A number for each of two axes, where a map over one axis says one.
fn pair(numbers: &[usize], row: usize) -> [usize; 2] {
    match numbers {
        [only] => [row, *only],
        [rows, columns, ..] => [*rows, *columns],
        [] => [row, row],
    }
}

/// The connections of a convolution.
pub(super) fn convolution(map: &LinearMap) -> Result<Rows, Refusal> {
    let MapKind::Convolution { weight, kernel, stride, padding, dilation, groups, .. } = &map.kind else {
        return Err(Refusal::new("expected a convolution"));
    };
    let (inputs, outputs) = (plane(&map.input), plane(&map.output));
    let (kernel, stride, padding, dilation) = (pair(kernel, 1), pair(stride, 1), pair(padding, 0), pair(dilation, 1));
    let axes = [0, 1].map(|axis| Axis {
        input: inputs[axis],
        output: outputs[axis],
        kernel: kernel[axis],
        stride: stride[axis],
        padding: padding[axis],
        dilation: dilation[axis],
    });
    let (channels_in, channels_out) =
        (map.input.first().copied().unwrap_or(1), map.output.first().copied().unwrap_or(1));
    let (plane_in, plane_out) = (inputs[0] * inputs[1], outputs[0] * outputs[1]);
    let window = kernel[0] * kernel[1];
    let (per_group, out_per_group) = (channels_in / (*groups).max(1), channels_out / (*groups).max(1));
    let mut rows = vec![Vec::new(); channels_in * plane_in];
    for channel in 0..channels_out {
        let group = channel / out_per_group.max(1);
        each(axes, |output, tap, input| {
            for inner in 0..per_group {
                let source = (group * per_group + inner) * plane_in + input;
                let weight = weight[(channel * per_group + inner) * window + tap];
                rows[source].push(((channel * plane_out + output) as u32, weight));
            }
        });
    }
    Ok(rows)
}

/// The connections of sums or means over windows.
pub(super) fn pool(map: &LinearMap) -> Result<Rows, Refusal> {
    let MapKind::Pool { mean, kernel, stride, padding } = &map.kind else {
        return Err(Refusal::new("expected a sum over windows"));
    };
    let (inputs, outputs) = (plane(&map.input), plane(&map.output));
    let axes = [0, 1].map(|axis| Axis {
        input: inputs[axis],
        output: outputs[axis],
        kernel: kernel[axis],
        stride: stride[axis],
        padding: padding[axis],
        dilation: 1,
    });
    let weight = if *mean { 1.0 / (kernel[0] * kernel[1]) as f64 } else { 1.0 };
    let channels = map.input.first().copied().unwrap_or(1);
    let (plane_in, plane_out) = (inputs[0] * inputs[1], outputs[0] * outputs[1]);
    let mut rows = vec![Vec::new(); channels * plane_in];
    for channel in 0..channels {
        each(axes, |output, _, input| {
            rows[channel * plane_in + input].push(((channel * plane_out + output) as u32, weight));
        });
    }
    Ok(rows)
}
