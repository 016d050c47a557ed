//! Linear maps of arrays (affine, scale, convolution, pooling) as edges: which element of the input goes to which of the output, with what weight.

use neuro_model::{LinearMap, MapKind};

/// (input, output, weight), by output.
pub(crate) fn edges(map: &LinearMap, kind: &MapKind) -> Vec<(u32, u32, f64)> {
    let inputs: usize = map.input.iter().product();
    match kind {
        MapKind::Reshape => (0..inputs as u32).map(|element| (element, element, 1.0)).collect(),
        MapKind::Scale(scale) => {
            (0..inputs).map(|at| (at as u32, at as u32, scale[if scale.len() == 1 { 0 } else { at }])).collect()
        }
        MapKind::Affine { weight, .. } => affine(map, weight),
        MapKind::Convolution { weight, kernel, stride, padding, dilation, groups, .. } => convolution(
            map,
            weight,
            &Windows { kernel: pair(kernel), stride: pair(stride), padding: pair(padding), dilation: pair(dilation) },
            *groups,
        ),
        MapKind::Pool { mean, kernel, stride, padding } => {
            let windows = Windows { kernel: *kernel, stride: *stride, padding: *padding, dilation: [1, 1] };
            let weight = if *mean { 1.0 / (kernel[0] * kernel[1]) as f64 } else { 1.0 };
            pool(map, &windows, weight)
        }
    }
}

/// What is added to each element of the output.
pub(crate) fn bias(map: &LinearMap) -> Option<Vec<f64>> {
    let outputs: usize = map.output.iter().product();
    let spread = |bias: &[f64]| match &map.kind {
        // One a channel, and channels are the axis before the windows.
        MapKind::Convolution { .. } => {
            let inner = outputs / bias.len().max(1);
            (0..outputs).map(|at| bias[at / inner.max(1)]).collect()
        }
        MapKind::Affine { .. } | MapKind::Scale(_) | MapKind::Pool { .. } | MapKind::Reshape => {
            (0..outputs).map(|at| bias[at % bias.len()]).collect::<Vec<_>>()
        }
    };
    match &map.kind {
        MapKind::Affine { bias, .. } | MapKind::Convolution { bias, .. } => {
            bias.as_deref().filter(|bias| bias.iter().any(|number| *number != 0.0)).map(spread)
        }
        MapKind::Scale(_) | MapKind::Pool { .. } | MapKind::Reshape => None,
    }
}

fn affine(map: &LinearMap, weight: &[f64]) -> Vec<(u32, u32, f64)> {
    let (inputs, outputs) = (map.input.last().copied().unwrap_or(1), map.output.last().copied().unwrap_or(1));
    let leading = map.output.iter().product::<usize>() / outputs.max(1);
    let entries = (0..leading).flat_map(|block| (0..outputs * inputs).map(move |at| (block, at / inputs, at % inputs)));
    entries
        .map(|(block, row, column)| {
            ((block * inputs + column) as u32, (block * outputs + row) as u32, weight[row * inputs + column])
        })
        .collect()
}

/// One axis is taken as the second of two.
fn pair(axes: &[usize]) -> [usize; 2] {
    match axes {
        [height, width] => [*height, *width],
        [width] => [1, *width],
        _ => [1, 1],
    }
}

struct Windows {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
}

/// Channels, height and width; what is missing is 1.
fn image(shape: &[usize]) -> [usize; 3] {
    match shape {
        [channels, height, width] => [*channels, *height, *width],
        [channels, width] => [*channels, 1, *width],
        _ => [1, 1, shape.iter().product()],
    }
}

impl Windows {
    /// (element of the window, element of the image) that the output at (y, x) sees.
    fn seen(&self, [height, width]: [usize; 2], y: usize, x: usize) -> Vec<(usize, usize)> {
        // A one-dimensional map has a row of height 1: no padding and no stride there.
        let padding = [if self.kernel[0] == 1 && height == 1 { 0 } else { self.padding[0] }, self.padding[1]];
        let mut seen = Vec::new();
        for ky in 0..self.kernel[0] {
            for kx in 0..self.kernel[1] {
                let (row, column) =
                    (y * self.stride[0] + ky * self.dilation[0], x * self.stride[1] + kx * self.dilation[1]);
                if (padding[0]..padding[0] + height).contains(&row)
                    && (padding[1]..padding[1] + width).contains(&column)
                {
                    seen.push((ky * self.kernel[1] + kx, (row - padding[0]) * width + column - padding[1]));
                }
            }
        }
        seen
    }
}

fn convolution(map: &LinearMap, weight: &[f64], windows: &Windows, groups: usize) -> Vec<(u32, u32, f64)> {
    let ([in_channels, height, width], [out_channels, out_height, out_width]) = (image(&map.input), image(&map.output));
    let (in_group, out_group) = (in_channels / groups.max(1), out_channels / groups.max(1));
    let taps = windows.kernel[0] * windows.kernel[1];
    let mut edges = Vec::new();
    for out in 0..out_channels {
        let first = out / out_group.max(1) * in_group;
        for at in 0..out_height * out_width {
            let seen = windows.seen([height, width], at / out_width, at % out_width);
            for channel in 0..in_group {
                for (tap, element) in &seen {
                    let source = (first + channel) * height * width + element;
                    let target = out * out_height * out_width + at;
                    edges.push((source as u32, target as u32, weight[(out * in_group + channel) * taps + tap]));
                }
            }
        }
    }
    edges
}

fn pool(map: &LinearMap, windows: &Windows, weight: f64) -> Vec<(u32, u32, f64)> {
    let ([channels, height, width], [_, out_height, out_width]) = (image(&map.input), image(&map.output));
    let mut edges = Vec::new();
    for channel in 0..channels {
        for at in 0..out_height * out_width {
            for (_, element) in windows.seen([height, width], at / out_width, at % out_width) {
                let (source, target) = (channel * height * width + element, channel * out_height * out_width + at);
                edges.push((source as u32, target as u32, weight));
            }
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn apply(edges: &[(u32, u32, f64)], input: &[f64], outputs: usize) -> Vec<f64> {
        let mut output = vec![0.0; outputs];
        edges.iter().for_each(|(source, target, weight)| output[*target as usize] += weight * input[*source as usize]);
        output
    }

    #[test]
    fn convolution_is_cross_correlation_with_stride_and_padding() {
        let kind = MapKind::Convolution {
            weight: Arc::new([1.0, 2.0, 3.0, 4.0]),
            kernel: vec![2, 2],
            bias: Some(Arc::new([0.5])),
            stride: vec![2, 2],
            padding: vec![1, 1],
            dilation: vec![1, 1],
            groups: 1,
        };
        let map = LinearMap { input: vec![1, 3, 3], output: vec![1, 2, 2], kind };
        let image: Vec<f64> = (1..=9).map(f64::from).collect();
        // Windows begin at (-1,-1), (-1,1), (1,-1), (1,1).
        assert_eq!(
            apply(&edges(&map, &map.kind), &image, 4),
            [4.0, 3.0 * 2.0 + 4.0 * 3.0, 2.0 * 4.0 + 4.0 * 7.0, 5.0 + 12.0 + 24.0 + 36.0]
        );
        assert_eq!(bias(&map), Some(vec![0.5; 4]));
    }

    #[test]
    fn one_axis_and_groups() {
        let kind = MapKind::Convolution {
            weight: Arc::new([1.0, -1.0, 10.0, 20.0]),
            kernel: vec![2],
            bias: None,
            stride: vec![1],
            padding: vec![0],
            dilation: vec![1],
            groups: 2,
        };
        let map = LinearMap { input: vec![2, 3], output: vec![2, 2], kind };
        assert_eq!(apply(&edges(&map, &map.kind), &[1.0, 2.0, 4.0, 1.0, 2.0, 3.0], 4), [-1.0, -2.0, 50.0, 80.0]);
    }

    #[test]
    fn means_count_the_padding() {
        let kind = MapKind::Pool { mean: true, kernel: [2, 2], stride: [2, 2], padding: [0, 0] };
        let map = LinearMap { input: vec![1, 2, 4], output: vec![1, 1, 2], kind };
        assert_eq!(apply(&edges(&map, &map.kind), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 2), [3.5, 5.5]);
    }
}
