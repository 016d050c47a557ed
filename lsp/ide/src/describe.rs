//! Types and quantities in the words of the language, for hovers.

use neuro_analysis::dimension::{Dimension, Factor};
use neuro_analysis::environment::{NodeSignature, Signature};
use neuro_analysis::size::Size;
use neuro_analysis::spelling::{self, number};
use neuro_analysis::typed::{Base, InstanceType, ItemId, Kind, Local, Period, Type};
use neuro_database::Workspace;
use neuro_diagnostics::FileId;
use neuro_syntax::tree::{Item, ItemKind, Use};
use smol_str::SmolStr;

/// A unit to show a value in: its text, and its size in SI.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) scale: f64,
}

impl Shown {
    /// The unit in which a local was declared; SI where it has none.
    pub(crate) fn of_local(local: &Local) -> Option<Self> {
        let dimension = number_dimension(&local.ty)?;
        if local.unit.text.is_empty() && !dimension.is_one() {
            return Some(Self::si(dimension));
        }
        Some(Self { text: local.unit.text.to_string(), scale: local.unit.scale })
    }

    /// SI.
    pub(crate) fn si(dimension: &Dimension) -> Self {
        if dimension.is_one() {
            return Self { text: String::new(), scale: 1.0 };
        }
        Self { text: spelling::of_dimension(dimension).to_string(), scale: 1.0 }
    }
}

/// What a number measures.
pub(crate) fn number_dimension(ty: &Type) -> Option<&Dimension> {
    match &ty.base {
        Base::Number(dimension) => Some(dimension),
        Base::Integer
        | Base::Truth
        | Base::Text
        | Base::Instance(_)
        | Base::List(_)
        | Base::Opaque(_)
        | Base::Edges(_)
        | Base::Unknown => None,
    }
}

/// A type as the language writes it, with `members` of its first axes said in words: `flow mV[3], one of 4000 members`.
pub(crate) fn type_text(workspace: &Workspace, ty: &Type, unit: Option<&Shown>, members: usize) -> String {
    let (population, shape) = ty.shape.split_at(members.min(ty.shape.len()));
    let base = match (&ty.base, &ty.kind) {
        (Base::Number(dimension), Kind::Event) if dimension.is_one() => return spike(shape, population),
        (Base::Number(dimension), _) => match unit {
            _ if dimension.is_one() => "real".to_owned(),
            Some(unit) if !unit.text.is_empty() => unit.text.clone(),
            _ => Shown::si(dimension).text,
        },
        (Base::Integer, _) => "int".to_owned(),
        (Base::Truth, _) => "bool".to_owned(),
        (Base::Text, _) => return "text".to_owned(),
        (Base::Instance(of), _) => return instance_name(workspace, of) + &axes(&ty.shape),
        (Base::List(element), _) => return format!("list of {}", type_text(workspace, element, None, 0)),
        (Base::Opaque(what), _) => return what.to_string(),
        (Base::Edges(Some(of)), _) => return format!("edges of {}", instance_name(workspace, of)),
        (Base::Edges(None), _) => return "edges".to_owned(),
        (Base::Unknown, _) => return "unknown, because of a mistake".to_owned(),
    };
    format!("{}{base}{}{}", kind(&ty.kind), axes(shape), one_of(population))
}

fn spike(shape: &[Size], population: &[Size]) -> String {
    format!("spike{}{}", axes(shape), one_of(population))
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Const => "const ".to_owned(),
        Kind::Flow => "flow ".to_owned(),
        Kind::Event => "event ".to_owned(),
        Kind::Clock(Period::Named(name)) => format!("clock({name}) "),
        // Picoseconds.
        Kind::Clock(Period::Literal(period)) => format!("clock({}) ", time(*period as f64 * 1e-12)),
    }
}

/// A time in the unit that suits it.
pub(crate) fn time(seconds: f64) -> String {
    let magnitude = seconds.abs();
    let (scale, unit) = match magnitude {
        _ if magnitude == 0.0 || magnitude >= 1.0 => (1.0, "s"),
        _ if magnitude >= 1e-4 => (1e-3, "ms"),
        _ if magnitude >= 1e-7 => (1e-6, "us"),
        _ => (1e-9, "ns"),
    };
    format!("{} {unit}", number(seconds / scale))
}

fn axes(shape: &[Size]) -> String {
    if shape.is_empty() {
        return String::new();
    }
    format!("[{}]", shape.iter().map(Size::to_string).collect::<Vec<_>>().join(", "))
}

fn one_of(population: &[Size]) -> String {
    if population.is_empty() {
        return String::new();
    }
    let product = population.iter().fold(Size::constant(1), |product, axis| product.times(axis));
    format!(", one of {product} members")
}

/// What a node is called.
pub(crate) fn instance_name(workspace: &Workspace, of: &InstanceType) -> String {
    match of {
        InstanceType::Node(item) | InstanceType::Nir(item) => item_name(workspace, *item).to_string(),
        InstanceType::Builtin(builtin) => builtin.name().to_owned(),
    }
}

/// The name of an item; of a `use` of a file the name that the file gets.
pub(crate) fn item_name(workspace: &Workspace, item: ItemId) -> SmolStr {
    workspace.tree(item).map(name_of).unwrap_or_default()
}

pub(crate) fn name_of(item: &Item) -> SmolStr {
    match &item.kind {
        ItemKind::Use(Use::File { alias, .. }) => alias.text.clone(),
        ItemKind::Const(constant) => constant.name.text.clone(),
        ItemKind::Function(function) => function.name.text.clone(),
        ItemKind::Node(node) => node.name.text.clone(),
        ItemKind::Task(task) => task.name.text.clone(),
        ItemKind::Use(Use::Module { .. } | Use::Names { .. }) | ItemKind::Error => SmolStr::default(),
    }
}

/// What one unit is in SI, where that is not plain to see: `SI: 1 mV = 0.001 V`.
pub(crate) fn in_si(ty: &Type, unit: Option<&Shown>) -> Option<String> {
    let dimension = number_dimension(ty)?;
    if dimension.is_one() {
        return (ty.kind != Kind::Event).then(|| "a plain number".to_owned());
    }
    if dimension.factors().iter().any(|(factor, _)| matches!(factor, Factor::Generic(_))) {
        return Some("its unit is generic: each use says which".to_owned());
    }
    let (si, unit) = (Shown::si(dimension), unit?);
    let differs = !unit.text.is_empty() && unit.text != si.text;
    differs.then(|| format!("SI: 1 {} = {} {}", unit.text, number(unit.scale), si.text))
}

/// How a file is called where programs mention it.
pub(crate) fn file_name(workspace: &Workspace, file: FileId) -> &str {
    workspace.module_of(file).unwrap_or_else(|| workspace.path(file))
}

/// The unit in which a node declares a port or state, if it measures the same as `ty` does where it is seen: generic units may not.
pub(crate) fn declared_unit(workspace: &Workspace, of: &InstanceType, name: &str, ty: &Type) -> Option<Shown> {
    let InstanceType::Node(item) = of else { return None };
    let signature = workspace.signature(*item);
    let Signature::Node(node) = &*signature else { return None };
    let (_, part) = parts(node).find(|(_, part)| part.name == name)?;
    let same = number_dimension(ty) == Some(part.spelling.dimension());
    same.then(|| Shown { text: part.spelling.to_string(), scale: part.spelling.scale() })
}

/// What a port or state of a node is.
pub(crate) fn parts(
    node: &NodeSignature,
) -> impl Iterator<Item = (&'static str, &neuro_analysis::environment::PortSignature)> {
    let inputs = node.inputs.iter().map(|port| ("in-port", port));
    let outputs = node.outputs.iter().map(|port| ("out-port", port));
    let states = node.states.iter().map(|state| ("state", state));
    inputs.chain(outputs).chain(states)
}
