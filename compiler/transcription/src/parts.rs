//! What stands in a graph as instances: of layers of the library, or of nodes that the program declares for itself.

use crate::names::Names;
use crate::numbers::{list, nested, number, per_axis, time};
use neuro_model::{LinearMap, MapKind};
use neuro_nir::import::outline::{Part, PartKind};
use neuro_nir::{Elements, NodeKind, Tensor};
use std::collections::BTreeSet;

/// The layers of the library, and the functions of the prelude that a transcription calls. No part of a graph may take their names.
pub(crate) const WORDS: [&str; 25] = [
    "Affine",
    "AvgPool2d",
    "Conv1d",
    "Conv2d",
    "CubaLI",
    "CubaLIF",
    "Flatten",
    "I",
    "IF",
    "LI",
    "LIF",
    "Linear",
    "Scale",
    "SumPool2d",
    "Threshold",
    "avg_pool2d",
    "box",
    "conv1d",
    "conv2d",
    "load",
    "ones",
    "reshape",
    "step",
    "sum_pool2d",
    "zeros",
];

/// Arrays of so many numbers stand in the text.
const SMALL: usize = 16;

/// What a program declares in front of its node.
pub(crate) struct Declarations {
    /// Layers of the library.
    pub(crate) library: Vec<&'static str>,
    /// Constants of the node that are loaded and not in its text yet.
    pub(crate) constants: Vec<String>,
    /// Nodes of its own.
    pub(crate) own: Vec<String>,
    /// What it loads.
    pub(crate) arrays: Vec<(String, Tensor)>,
    /// The warnings that a graph earns and its program is to be silent about: W0412 where spikes are held over their step or delays
    /// counted in steps, W0702 where windows leave a rest.
    pub(crate) allowed: BTreeSet<&'static str>,
    file: String,
    names: Names,
}

impl Declarations {
    pub(crate) fn new(file: &str, mut names: Names, node: &str) -> Self {
        names.free(node);
        let file = file.replace('\\', "\\\\").replace('"', "\\\"");
        Self {
            library: Vec::new(),
            constants: Vec::new(),
            own: Vec::new(),
            arrays: Vec::new(),
            allowed: BTreeSet::new(),
            file,
            names,
        }
    }

    /// The right side of the `let` of a part that is neither Input nor Output.
    pub(crate) fn instance(&mut self, part: &Part, local: &str) -> String {
        match &part.what {
            PartKind::Neuron(kind) => self.neuron(kind, part, local),
            PartKind::Map(kind, map) => self.map(kind, map, part, local),
            PartKind::Delay(_) => self.own(local, &part.input, &part.output, &reshape(&part.output)),
            PartKind::Passage => {
                let body = format!("ones({}) * x", list(&axes(&part.output)));
                self.own(local, &part.input, &part.output, &body)
            }
            PartKind::Input | PartKind::Output => String::new(),
        }
    }

    fn library(&mut self, name: &'static str, members: &str, arguments: &[String]) -> String {
        self.library.push(name);
        format!("{name}{members}({})", arguments.join(", "))
    }

    /// An instance of a node that is made for it alone: one array in, one out.
    fn own(&mut self, local: &str, input: &[usize], output: &[usize], value: &str) -> String {
        let name = self.names.free(&crate::names::node(local));
        // What it loads is its own.
        let constants: String = self.constants.drain(..).collect();
        let (input, output) = (list(&axes(input)), list(&axes(output)));
        self.own.push(format!(
            "node {name} {{\n{constants}  in x: flow real{input}\n  out y: flow real{output} = {value}\n}}\n"
        ));
        format!("{name}()")
    }

    fn neuron(&mut self, kind: &NodeKind, part: &Part, local: &str) -> String {
        let members = list(&axes(&part.output));
        let (library, integrates): (&'static str, bool) = match kind {
            NodeKind::I { .. } => ("I", true),
            NodeKind::IF { .. } => ("IF", true),
            NodeKind::LI { .. } => ("LI", false),
            NodeKind::LIF { .. } => ("LIF", false),
            NodeKind::CubaLI { .. } => ("CubaLI", false),
            NodeKind::CubaLIF { .. } => ("CubaLIF", false),
            _ => ("Threshold", false),
        };
        let mut arguments = Vec::new();
        for (field, tensor) in kind.arrays() {
            let unit = match field {
                "tau" | "tau_syn" | "tau_mem" => Quantity::Time,
                "r" if integrates => Quantity::Rate,
                _ => Quantity::Plain,
            };
            let argument = match field {
                "v_threshold" => "v_th",
                other => other,
            };
            let value = self.values(local, field, tensor, &part.output, unit);
            let default = match field {
                "v_leak" | "v_reset" => Some("0"),
                "r" if !integrates => Some("1"),
                "w_in" => Some("1"),
                _ => None,
            };
            if default != Some(value.as_str()) {
                arguments.push(format!("{argument} = {value}"));
            }
        }
        self.library(library, &members, &arguments)
    }

    fn map(&mut self, kind: &NodeKind, map: &LinearMap, part: &Part, local: &str) -> String {
        match &map.kind {
            MapKind::Affine { weight, .. } => self.affine(kind, weight, map, (part, local)),
            MapKind::Scale(_) => {
                let NodeKind::Scale { scale } = kind else { return String::new() };
                self.scale(scale, part, local)
            }
            MapKind::Convolution { .. } => self.convolution(map, local),
            MapKind::Pool { mean, kernel, stride, padding } => {
                self.allow_rests(map, kernel, stride, padding, &[1, 1]);
                let square = [kernel, stride, padding].iter().all(|pair| pair[0] == pair[1]) && map.input.len() == 3;
                let (layer, function) = if *mean { ("AvgPool2d", "avg_pool2d") } else { ("SumPool2d", "sum_pool2d") };
                if square {
                    let (size, stride, padding) = (kernel[0], stride[0], padding[0]);
                    let mut arguments = vec![size.to_string()];
                    if stride != size {
                        arguments.push(format!("stride = {stride}"));
                    }
                    if padding != 0 {
                        arguments.push(format!("padding = {padding}"));
                    }
                    return self.library(layer, "", &arguments);
                }
                let value = format!("{function}(x, {}, {}, {})", per_axis(kernel), per_axis(stride), per_axis(padding));
                self.own(local, &map.input, &map.output, &value)
            }
            MapKind::Reshape if map.input.len() == 3 && map.output.len() == 1 => self.library("Flatten", "", &[]),
            MapKind::Reshape => self.own(local, &map.input, &map.output, &reshape(&map.output)),
        }
    }

    fn affine(&mut self, kind: &NodeKind, weight: &[f64], map: &LinearMap, (part, local): (&Part, &str)) -> String {
        let (given, bias) = match kind {
            NodeKind::Affine { weight, bias } => (weight, Some(bias)),
            NodeKind::Linear { weight } => (weight, None),
            _ => return String::new(),
        };
        let (rows, columns) = (map.output.iter().product(), map.input.iter().product());
        // A weight of more than two axes is a matrix of blocks.
        let blocks = given.shape().len() > 2;
        let laid_out = blocks.then(|| Tensor::new(vec![rows, columns], Elements::F64(weight.to_vec()))).flatten();
        let w = self.array(local, "weight", laid_out.as_ref().unwrap_or(given), &[rows, columns], Quantity::Plain);
        let b = bias.map(|bias| self.filled(local, "bias", bias, &[rows]));
        if blocks {
            let bias = b.map_or_else(String::new, |b| format!(" + {b}"));
            let value = format!("reshape({w} @ reshape(x, [{columns}]){bias}, {})", list(&part.output));
            return self.own(local, &part.input, &part.output, &value);
        }
        match b {
            None => self.library("Linear", "", &[format!("w = {w}")]),
            Some(b) => self.library("Affine", "", &[format!("w = {w}"), format!("b = {b}")]),
        }
    }

    fn scale(&mut self, scale: &Tensor, part: &Part, local: &str) -> String {
        let axes = axes(&part.output);
        let s = self.filled(local, "scale", scale, &axes);
        if axes.len() == 1 {
            return self.library("Scale", "", &[format!("s = {s}")]);
        }
        self.own(local, &axes, &axes, &format!("{s} * x"))
    }

    fn convolution(&mut self, map: &LinearMap, local: &str) -> String {
        let MapKind::Convolution { weight, kernel, bias, stride, padding, dilation, groups } = &map.kind else {
            return String::new();
        };
        let out = map.output.first().copied().unwrap_or(1);
        let channels = map.input.first().copied().unwrap_or(1) / (*groups).max(1);
        self.allow_rests(map, kernel, stride, padding, dilation);
        let axes = [&[out, channels], kernel.as_slice()].concat();
        let tensor = |shape: &[usize], values: &[f64]| Tensor::new(shape.to_vec(), Elements::F64(values.to_vec()));
        let w = tensor(&axes, weight)
            .map_or_else(String::new, |weight| self.array(local, "weight", &weight, &axes, Quantity::Plain));
        let b =
            bias.as_ref().and_then(|bias| tensor(&[out], bias)).map(|bias| self.filled(local, "bias", &bias, &[out]));
        let (layer, function) = if kernel.len() == 1 { ("Conv1d", "conv1d") } else { ("Conv2d", "conv2d") };
        let same = |pair: &[usize]| pair.windows(2).all(|pair| pair[0] == pair[1]);
        if same(stride) && same(padding) && same(dilation) {
            let mut arguments = vec![format!("w = {w}")];
            let settings = [
                ("stride", stride[0], 1),
                ("padding", padding[0], 0),
                ("dilation", dilation[0], 1),
                ("groups", *groups, 1),
            ];
            for (name, value, default) in settings {
                if value != default {
                    arguments.push(format!("{name} = {value}"));
                }
            }
            arguments.extend(b.map(|b| format!("b = {b}")));
            return self.library(layer, "", &arguments);
        }
        let bias = b.map_or_else(String::new, |b| format!(", bias = {b}"));
        let value = format!(
            "{function}(x, {w}, {}, {}, {}, {groups}{bias})",
            per_axis(stride),
            per_axis(padding),
            per_axis(dilation)
        );
        self.own(local, &map.input, &map.output, &value)
    }

    /// Windows that do not reach the last rows are what the file says.
    fn allow_rests(
        &mut self,
        map: &LinearMap,
        kernel: &[usize],
        stride: &[usize],
        padding: &[usize],
        dilation: &[usize],
    ) {
        let sizes = &map.input[map.input.len().saturating_sub(kernel.len())..];
        let leaves_rest = |axis: usize| {
            let reach = dilation[axis] * (kernel[axis] - 1) + 1;
            !(sizes[axis] + 2 * padding[axis] - reach).is_multiple_of(stride[axis])
        };
        if (0..kernel.len()).any(leaves_rest) {
            self.allowed.insert("W0702");
        }
    }

    /// A parameter of a neuron: one number where all members have the same.
    fn values(&mut self, local: &str, field: &str, tensor: &Tensor, members: &[usize], unit: Quantity) -> String {
        let values = tensor.to_f64();
        match values.split_first() {
            Some((first, rest)) if rest.iter().all(|value| value.to_bits() == first.to_bits()) => unit.text(*first),
            _ => self.array(local, field, tensor, members, unit),
        }
    }

    /// An array of the given shape; what has one number for all is filled up, so that the shape is said.
    fn filled(&mut self, local: &str, field: &str, tensor: &Tensor, axes: &[usize]) -> String {
        let count: usize = axes.iter().product();
        let values = tensor.to_f64();
        match values.split_first() {
            Some((first, rest)) if count > 1 && rest.iter().all(|value| value.to_bits() == first.to_bits()) => {
                let (shape, zero) = (list(axes), first.to_bits() == 0);
                if zero {
                    format!("zeros({shape})")
                } else if *first == 1.0 {
                    format!("ones({shape})")
                } else {
                    format!("{} * ones({shape})", number(*first))
                }
            }
            _ => self.array(local, field, tensor, axes, Quantity::Plain),
        }
    }

    /// An array: in the text if it is small, else a constant that is loaded.
    pub(crate) fn array(
        &mut self,
        local: &str,
        field: &str,
        tensor: &Tensor,
        axes: &[usize],
        unit: Quantity,
    ) -> String {
        let values = tensor.to_f64();
        if values.len() <= SMALL && values.iter().all(|value| value.is_finite()) {
            let elements: Vec<String> = values.iter().map(|&value| unit.text(value)).collect();
            return nested(axes, &elements);
        }
        let name = self.names.free(&format!("{local}_{field}"));
        let key = format!("{local}.{field}");
        let (shape, file) = (list(axes), &self.file);
        self.constants.push(format!("let {name}: {}{shape} = load(\"{file}\", \"{key}\")\n", unit.name()));
        let shaped = Tensor::new(axes.to_vec(), tensor.elements().clone());
        self.arrays.push((key, shaped.unwrap_or_else(|| tensor.clone())));
        name
    }
}

/// What the numbers of a field measure.
#[derive(Clone, Copy)]
pub(crate) enum Quantity {
    Plain,
    Time,
    Rate,
}

impl Quantity {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "real",
            Self::Time => "s",
            Self::Rate => "1/s",
        }
    }

    fn text(self, value: f64) -> String {
        match self {
            Self::Plain => number(value),
            Self::Time => time(value),
            Self::Rate => format!("{} s^-1", number(value)),
        }
    }
}

/// The axes of an array; a single number is an array of one.
pub(crate) fn axes(shape: &[usize]) -> Vec<usize> {
    if shape.is_empty() { vec![1] } else { shape.to_vec() }
}

fn reshape(output: &[usize]) -> String {
    format!("reshape(x, {})", list(&axes(output)))
}
