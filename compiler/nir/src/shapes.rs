//! The shape of what enters and leaves every node.
//!
//! Most nodes have it in their parameters; convolutions, poolings and flattenings may have it from what is wired to them, and
//! neurons with scalar parameters too (NIR itself refuses those). Where a file contradicts itself in a way that releases of
//! nir and of exporters are known for (batch and time axes, a flattening that begins one axis late), it is taken as meant and
//! said (W1208); any other contradiction is E1206.

use crate::flat::{Flat, Role, flatten};
use crate::graph::{Convolution, File, NodeKind, Padding, Pool};
use crate::limits::E1205;
use crate::read::W1208;
use crate::tensor::Tensor;
use neuro_diagnostics::{Code, Diagnostic, has_errors};

/// Shapes that do not fit.
pub static E1206: Code = Code::new("E1206", "shapes of a NIR graph do not fit", include_str!("explain/E1206.md"));

/// What enters and leaves one node.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Shapes {
    /// What enters.
    pub input: Vec<usize>,
    /// What leaves.
    pub output: Vec<usize>,
}

/// The shapes of all nodes of a file, by their paths, inner graphs laid open.
pub fn infer(file: &File) -> (Vec<(String, Shapes)>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let flat = flatten(file, &mut diagnostics);
    let shapes = infer_flat(&flat, &mut diagnostics);
    let named = flat.nodes.into_iter().map(|node| node.name).zip(shapes).collect();
    (named, diagnostics)
}

/// As far as they are known.
#[derive(Clone, Default)]
struct Known {
    input: Option<Vec<usize>>,
    output: Option<Vec<usize>>,
}

/// The shapes of all nodes. What could not be found has been said, and is empty.
pub(crate) fn infer_flat(flat: &Flat, diagnostics: &mut Vec<Diagnostic>) -> Vec<Shapes> {
    let mut known: Vec<Known> = flat.nodes.iter().map(|node| own(&node.role, &node.name, diagnostics)).collect();
    let mut listeners = vec![Vec::new(); flat.nodes.len()];
    for &(from, to) in &flat.edges {
        listeners[from].push(to);
    }
    propagate(flat, &listeners, &mut known, (0..flat.nodes.len()).collect(), diagnostics);
    // Neurons whose parameters are scalars, and which nothing gives a shape, are single ones.
    let single = |number: &usize| matches!(flat.nodes[*number].role, Role::Node(kind) if is_elementwise(kind));
    let alone: Vec<usize> =
        (0..flat.nodes.len()).filter(|&number| known[number].input.is_none()).filter(single).collect();
    for &number in &alone {
        known[number] = Known { input: Some(Vec::new()), output: Some(Vec::new()) };
    }
    propagate(flat, &listeners, &mut known, alone, diagnostics);
    from_behind(flat, &listeners, &mut known);
    reconcile(flat, &mut known, diagnostics);
    say_what_is_unknown(flat, &known, diagnostics);
    known
        .into_iter()
        .map(|known| Shapes { input: known.input.unwrap_or_default(), output: known.output.unwrap_or_default() })
        .collect()
}

/// Hands shapes on along the edges, from the nodes that are `ready`.
fn propagate(
    flat: &Flat,
    listeners: &[Vec<usize>],
    known: &mut [Known],
    mut ready: Vec<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    while let Some(node) = ready.pop() {
        let Some(output) = known[node].output.clone() else { continue };
        for &listener in &listeners[node] {
            if known[listener].input.is_none() {
                known[listener].input = Some(output.clone());
                let role = &flat.nodes[listener].role;
                known[listener].output = leaving(role, &output, &flat.nodes[listener].name, diagnostics);
                ready.push(listener);
            }
        }
    }
}

/// Whether what leaves a node has the shape of what enters.
fn is_elementwise(kind: &NodeKind) -> bool {
    kind.has_states() || matches!(kind, NodeKind::Threshold { .. } | NodeKind::Delay { .. } | NodeKind::Scale { .. })
}

/// One word about the first node whose shape nobody says. After another error it would be said of all that stands behind.
fn say_what_is_unknown(flat: &Flat, known: &[Known], diagnostics: &mut Vec<Diagnostic>) {
    if has_errors(diagnostics) {
        return;
    }
    let mut unknown = flat.nodes.iter().zip(known).filter(|(_, known)| known.input.is_none() || known.output.is_none());
    if let Some((node, _)) = unknown.next() {
        let message = format!("the shape of what enters `{}` is said nowhere", node.name);
        let help = "give its `input_shape`, or an Input with a shape before it";
        diagnostics.push(Diagnostic::unplaced(&E1206, message).help(help));
    }
}

/// A border without a shape of its own that nothing known leads to has that of what it is wired to.
fn from_behind(flat: &Flat, listeners: &[Vec<usize>], known: &mut [Known]) {
    for (number, node) in flat.nodes.iter().enumerate() {
        if !matches!(node.role, Role::Input(None)) {
            continue;
        }
        let shape = listeners[number].iter().find_map(|&listener| known[listener].input.clone());
        known[number] = Known { input: shape.clone(), output: shape };
    }
}

/// What a node says about itself.
fn own(role: &Role, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Known {
    match role {
        Role::Input(Some(shape)) | Role::Output(Some(shape)) | Role::Passage(shape) => {
            declared(shape, name, diagnostics)
        }
        Role::Input(None) | Role::Output(None) => Known::default(),
        Role::Node(kind) => own_of_node(kind, name, diagnostics),
    }
}

/// A shape that a file claims without holding its elements.
fn declared(shape: &[usize], name: &str, diagnostics: &mut Vec<Diagnostic>) -> Known {
    if element_count(shape).is_some() {
        return Known { input: Some(shape.to_vec()), output: Some(shape.to_vec()) };
    }
    let message = format!("`{name}` claims the shape {}, more than {LARGEST} elements", text(shape));
    diagnostics.push(Diagnostic::unplaced(&E1205, message));
    Known::default()
}

/// Elements are counted in 32 bits from here on.
const LARGEST: usize = 1 << 31;

/// How many elements a shape has; `None` if more than anybody could want.
pub(crate) fn element_count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |count, &axis| count.checked_mul(axis)).filter(|&count| count <= LARGEST)
}

fn own_of_node(kind: &NodeKind, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Known {
    match kind {
        NodeKind::Affine { weight, .. } | NodeKind::Linear { weight } => match weight.shape() {
            [outer @ .., to, from] => {
                Known { input: Some([outer, &[*from]].concat()), output: Some([outer, &[*to]].concat()) }
            }
            _ => {
                let message =
                    format!("the weight of `{name}` has the shape {}; a matrix is needed", text(weight.shape()));
                diagnostics.push(Diagnostic::unplaced(&E1206, message));
                Known::default()
            }
        },
        NodeKind::Conv1d(convolution) | NodeKind::Conv2d(convolution) => match &convolution.input_shape {
            Some(axes) => {
                let channels =
                    convolution.weight.shape().get(1).copied().unwrap_or(0).saturating_mul(convolution.groups);
                let input = [&[channels], axes.as_slice()].concat();
                if element_count(&input).is_none() {
                    return declared(&input, name, diagnostics);
                }
                let output = convolved(convolution, &input, name, diagnostics);
                Known { input: Some(input), output }
            }
            None => Known::default(),
        },
        NodeKind::Flatten { input_shape: Some(shape), start, end } => match declared(shape, name, diagnostics) {
            Known { input: Some(input), .. } => {
                let output = flattened(&input, *start, *end, name, diagnostics);
                Known { input: Some(input), output }
            }
            unknown => unknown,
        },
        NodeKind::SumPool2d(_) | NodeKind::AvgPool2d(_) | NodeKind::Flatten { input_shape: None, .. } => {
            Known::default()
        }
        NodeKind::Input { shape } | NodeKind::Output { shape } => declared(shape, name, diagnostics),
        NodeKind::Graph(_) => Known::default(),
        elementwise => {
            let arrays = elementwise.arrays();
            let shape = common_shape(&arrays, name, diagnostics);
            Known { input: shape.clone(), output: shape }
        }
    }
}

/// The shape that all arrays of an element-wise node have, scalars apart; `None` if all are scalars.
fn common_shape(arrays: &[(&str, &Tensor)], name: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<usize>> {
    let mut shaped = arrays.iter().filter(|(_, tensor)| !tensor.shape().is_empty());
    let (first, tensor) = shaped.next()?;
    for (field, other) in shaped {
        // One number in an array of one axis goes with anything, as `w_in` does in nir.
        if other.shape() != tensor.shape() && other.len() != 1 {
            let message = format!(
                "`{field}` of `{name}` has the shape {}, and `{first}` {}",
                text(other.shape()),
                text(tensor.shape())
            );
            diagnostics.push(
                Diagnostic::unplaced(&E1206, message)
                    .help("the parameters of a neuron have one number a member, or one for all"),
            );
        }
    }
    Some(tensor.shape().to_vec())
}

/// What leaves a node that takes its shape from what enters.
fn leaving(role: &Role, input: &[usize], name: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<usize>> {
    match role {
        Role::Node(NodeKind::Conv1d(convolution) | NodeKind::Conv2d(convolution)) => {
            convolved(convolution, input, name, diagnostics)
        }
        Role::Node(NodeKind::SumPool2d(pool) | NodeKind::AvgPool2d(pool)) => pooled(pool, input, name, diagnostics),
        Role::Node(NodeKind::Flatten { start, end, .. }) => flattened(input, *start, *end, name, diagnostics),
        Role::Node(NodeKind::Affine { .. } | NodeKind::Linear { .. }) => None,
        Role::Node(_) | Role::Input(_) | Role::Output(_) | Role::Passage(_) => Some(input.to_vec()),
    }
}

/// `⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1`; `None` if the window does not fit.
pub(crate) fn windows(size: usize, padding: usize, dilation: usize, kernel: usize, stride: usize) -> Option<usize> {
    let reach = dilation.checked_mul(kernel.checked_sub(1)?)?.checked_add(1)?;
    let room = size.checked_add(padding.checked_mul(2)?)?.checked_sub(reach)?;
    Some(room.checked_div(stride)? + 1)
}

fn convolved(
    convolution: &Convolution,
    input: &[usize],
    name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<usize>> {
    let refuse = |diagnostics: &mut Vec<Diagnostic>, reason: String| {
        diagnostics.push(Diagnostic::unplaced(&E1206, format!("`{name}` {reason}")));
        None
    };
    let axes = convolution.stride.len();
    let [out, within, kernel @ ..] = convolution.weight.shape() else {
        return refuse(
            diagnostics,
            format!("is a convolution with a weight of the shape {}", text(convolution.weight.shape())),
        );
    };
    if kernel.len() != axes {
        let weight = text(convolution.weight.shape());
        return refuse(diagnostics, format!("moves a window over {axes} axes, and its weight has the shape {weight}"));
    }
    let groups = convolution.groups;
    let channels = within.saturating_mul(groups);
    let [entering, sizes @ ..] = input else {
        return refuse(diagnostics, "is a convolution that a single number enters".to_owned());
    };
    if sizes.len() != axes || *entering != channels || out % groups != 0 {
        let weight = text(convolution.weight.shape());
        return refuse(
            diagnostics,
            format!(
                "gets {}, and its weight {weight} in {groups} group(s) takes {channels} channels over {axes} axes",
                text(input)
            ),
        );
    }
    if convolution.padding == Padding::Same && convolution.stride.iter().any(|&stride| stride != 1) {
        return refuse(diagnostics, "pads to the same size and has a stride, which contradict each other".to_owned());
    }
    let mut output = vec![*out];
    for axis in 0..axes {
        let size = match &convolution.padding {
            Padding::Same => Some(sizes[axis]),
            Padding::Valid => {
                windows(sizes[axis], 0, convolution.dilation[axis], kernel[axis], convolution.stride[axis])
            }
            Padding::Zeros(zeros) => {
                windows(sizes[axis], zeros[axis], convolution.dilation[axis], kernel[axis], convolution.stride[axis])
            }
        };
        match size {
            Some(size) => output.push(size),
            None => return refuse(diagnostics, format!("has a window larger than what enters, {}", text(input))),
        }
    }
    if element_count(&output).is_none() {
        return declared(&output, name, diagnostics).output;
    }
    Some(output)
}

fn pooled(pool: &Pool, input: &[usize], name: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<usize>> {
    let [outer @ .., height, width] = input else {
        let message = format!("`{name}` pools over two axes, and {} enters", text(input));
        diagnostics.push(Diagnostic::unplaced(&E1206, message));
        return None;
    };
    let size = |axis: usize, size: usize| windows(size, pool.padding[axis], 1, pool.kernel[axis], pool.stride[axis]);
    match (size(0, *height), size(1, *width)) {
        (Some(height), Some(width)) => declared(&[outer, &[height, width]].concat(), name, diagnostics).output,
        _ => {
            let message = format!("`{name}` has a window larger than what enters, {}", text(input));
            diagnostics.push(Diagnostic::unplaced(&E1206, message));
            None
        }
    }
}

fn flattened(
    input: &[usize],
    start: i64,
    end: i64,
    name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<usize>> {
    let rank = i64::try_from(input.len()).unwrap_or(i64::MAX);
    let axis = |axis: i64| usize::try_from(if axis < 0 { axis.checked_add(rank)? } else { axis }).ok();
    match (axis(start), axis(end)) {
        (Some(start), Some(end)) if start <= end && end < input.len() => {
            let middle = input[start..=end].iter().try_fold(1_usize, |size, &axis| size.checked_mul(axis))?;
            Some([&input[..start], &[middle], &input[end + 1..]].concat())
        }
        // A single axis is flat, wherever the flattening is to begin.
        _ if input.len() == 1 => Some(input.to_vec()),
        _ => {
            let message = format!("`{name}` flattens axes {start} to {end}, and {} enters", text(input));
            diagnostics.push(Diagnostic::unplaced(&E1206, message).note("NIR counts axes without the batch"));
            None
        }
    }
}

/// Holds both ends of every edge against each other.
fn reconcile(flat: &Flat, known: &mut [Known], diagnostics: &mut Vec<Diagnostic>) {
    for &(from, to) in &flat.edges {
        let (Some(leaves), Some(enters)) = (known[from].output.clone(), known[to].input.clone()) else { continue };
        if leaves == enters {
            continue;
        }
        let (source, target) = (&flat.nodes[from], &flat.nodes[to]);
        let message =
            format!("`{}` gives {}, and `{}` takes {}", source.name, text(&leaves), target.name, text(&enters));
        match meant(&source.role, &leaves, &target.role, &enters) {
            Some(Meant::Source(reason)) => {
                known[from] = Known { input: Some(enters.clone()), output: Some(enters) };
                diagnostics.push(Diagnostic::unplaced(&W1208, message).note(reason));
            }
            Some(Meant::Target(reason)) => {
                known[to] = Known { input: Some(leaves.clone()), output: Some(leaves) };
                diagnostics.push(Diagnostic::unplaced(&W1208, message).note(reason));
            }
            Some(Meant::Same(reason)) => diagnostics.push(Diagnostic::unplaced(&W1208, message).note(reason)),
            None => diagnostics.push(Diagnostic::unplaced(&E1206, message)),
        }
    }
}

/// Whose shape is put right, and why that is what was meant.
enum Meant {
    Source(&'static str),
    Target(&'static str),
    /// Both stay: the elements are the same in the same order.
    Same(&'static str),
}

/// What an odd pair of shapes means, if it is one that exporters are known for.
fn meant(source: &Role, leaves: &[usize], target: &Role, enters: &[usize]) -> Option<Meant> {
    let strip = |shape: &[usize]| shape.iter().copied().filter(|&axis| axis != 1).collect::<Vec<usize>>();
    let flat_end = leaves.len() == 1 || enters.len() == 1;
    match (source, target) {
        (Role::Input(_), _) if leaves.len() > enters.len() && leaves.ends_with(enters) => {
            Some(Meant::Source("the axes in front are taken for batch or time, which NIR leaves out of shapes"))
        }
        (Role::Input(_), _) if leaves.len() == 1 && enters.iter().product::<usize>() == 1 => {
            Some(Meant::Source("the Input's shape is taken for the number of steps, which NIR leaves out of shapes"))
        }
        (_, Role::Output(_)) if strip(enters).is_empty() || strip(enters) == strip(leaves) => {
            Some(Meant::Target("the Output's shape is put right"))
        }
        _ if strip(leaves) == strip(enters) => Some(Meant::Same("axes of length 1 are taken for a batch")),
        _ if flat_end && leaves.iter().product::<usize>() == enters.iter().product::<usize>() => {
            Some(Meant::Same("the elements are taken in the same order, as if flattened"))
        }
        _ => None,
    }
}

/// `[3, 4]`
pub(crate) fn text(shape: &[usize]) -> String {
    let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("[{}]", axes.join(", "))
}
