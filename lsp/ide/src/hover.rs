//! What stands under the cursor, in a few lines.

use crate::describe::{self, Shown, in_si, instance_name, item_name, type_text};
use crate::items::{self, Source};
use crate::primitive;
use crate::subject::{Resolver, Subject};
use crate::{expressions, item_at, words};
use neuro_analysis::spelling::{number, quantity};
use neuro_analysis::typed::{
    Base, Expr, ExprKind, InstanceType, ItemId, Kind, Local, Role, Statement, StatementKind, Type, TypedItem, TypedNode,
};
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Span};
use neuro_syntax::units::parse_unit_name;

/// What is said about a name or an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The bytes of the file that it is about.
    pub span: Span,
    /// What it is, in the language.
    pub code: String,
    /// What else is known, a sentence a line.
    pub lines: Vec<String>,
    /// Its documentation, Markdown.
    pub documentation: Option<String>,
}

/// What stands at a byte of a file.
pub fn hover(workspace: &Workspace, file: FileId, offset: u32) -> Option<Hover> {
    let (item, start) = item_at(workspace, file, offset)?;
    let (resolver, offset) = (Resolver::new(workspace, item), offset - start);
    let about = About { resolver: &resolver };
    let named = |(span, subject, text): (Span, Subject, String)| Some((span, about.subject(&subject, &text)?));
    let expression = || {
        let expr = expressions::innermost(&resolver.typed, offset)?;
        Some((expr.place.span, about.expression(expr)?))
    };
    let found = resolver.at(offset).and_then(named).or_else(expression);
    let (span, said) = found.or_else(|| resolver.before(offset).and_then(named))?;
    Some(Hover { span: span.shifted(start), ..said })
}

struct About<'a, 'w> {
    resolver: &'a Resolver<'w>,
}

impl About<'_, '_> {
    fn workspace(&self) -> &Workspace {
        self.resolver.workspace
    }

    /// `text` is the name as it stands in the program.
    fn subject(&self, subject: &Subject, text: &str) -> Option<Hover> {
        let workspace = self.workspace();
        match subject {
            Subject::Local { item, local } => Some(self.local(*item, local)),
            Subject::Item(item) => self.item(*item),
            Subject::Nir(item) => self.nir(*item),
            Subject::Module(file) => {
                Some(said(format!("use {}", describe::file_name(workspace, *file)), module_lines(workspace, *file)))
            }
            Subject::Builtin(builtin) => {
                let parameters: Vec<String> = builtin.parameters().iter().map(|(name, _)| (*name).to_owned()).collect();
                let code = match builtin.is_word() {
                    true => builtin.name().to_owned(),
                    false => format!("{}({})", builtin.name(), parameters.join(", ")),
                };
                Some(said(code, vec![words::about(*builtin).to_owned()]))
            }
            Subject::Truth(truth) => Some(said(format!("{truth} : const bool"), Vec::new())),
            Subject::Part { of, members, name, ty } => Some(self.part(of.as_ref(), *members, name, ty, text)),
            Subject::EdgePart { of, name, ty } => {
                let unit = of.as_ref().and_then(|of| describe::declared_unit(workspace, of, name, ty));
                let what = match name.as_str() {
                    "src" => "the source of each edge, as an index of its slice",
                    "dst" => "the target of each edge, as an index of its slice",
                    "weight" => "the weight of each edge",
                    "delay" => "the delay of each edge",
                    _ => "of the node on each edge",
                };
                Some(typed(workspace, text, ty, unit.as_ref(), 0, what.to_owned()))
            }
            Subject::TaskResult { task, ty, .. } => {
                let what = format!("as {} has left it", workspace.tree(*task).map(items::called).unwrap_or_default());
                Some(typed(workspace, text, ty, None, 0, what))
            }
            Subject::Setting(name) => {
                let (about, values) = words::setting(name)?;
                Some(said(format!("{name} = …"), vec![format!("setting: {about}"), values]))
            }
            Subject::Word { setting, word } => {
                Some(said(word.to_string(), vec![format!("a word of the setting `{setting}`")]))
            }
            Subject::Quantity { value } => Some(number_hover(value, text)),
            Subject::Unit(name) => unit_hover(name),
        }
    }

    fn local(&self, item: ItemId, local: &Local) -> Hover {
        let workspace = self.workspace();
        let unit = Shown::of_local(local);
        let code = format!("{} : {}", local.name, type_text(workspace, &local.ty, unit.as_ref(), 0));
        let tree = workspace.tree(item);
        let place = tree.map(items::called).unwrap_or_default();
        let mut lines: Vec<String> = match local.role {
            Role::Unit => vec!["stands for any unit".to_owned()],
            _ => in_si(&local.ty, unit.as_ref()).into_iter().collect(),
        };
        let source = Source::of(workspace, item);
        let resolver = Resolver::new(workspace, item);
        lines.extend(role_lines(&resolver.typed, local, &place, &source));
        let documentation = match &local.ty.base {
            Base::Instance(InstanceType::Node(node)) => self.documentation(*node),
            _ => None,
        };
        Hover { documentation, ..said(code, lines) }
    }

    fn item(&self, item: ItemId) -> Option<Hover> {
        let workspace = self.workspace();
        let tree = workspace.tree(item)?;
        let code = items::head(tree, &Source::of(workspace, item))?;
        let mut lines = Vec::new();
        match &*Resolver::new(workspace, item).typed {
            TypedItem::Node(node) => {
                lines.extend(primitive::line(workspace, item, node));
                lines.extend(feedthrough_lines(node));
            }
            TypedItem::Const(constant) => {
                let ty = type_text(workspace, &constant.ty, None, 0);
                lines.push(format!("{} : {ty}", constant.name));
                lines.extend(in_si(&constant.ty, None).filter(|_| !dimensionless(&constant.ty)));
            }
            TypedItem::Function(function) => {
                lines.push(format!("gives {}", type_text(workspace, &function.result, None, 0)));
            }
            TypedItem::Use | TypedItem::Task(_) | TypedItem::Error => {}
        }
        if item.file != self.resolver.item.file {
            lines.push(format!("in `{}`", describe::file_name(workspace, item.file)));
        }
        Some(Hover { documentation: self.documentation(item), ..said(code, lines) })
    }

    fn documentation(&self, item: ItemId) -> Option<String> {
        self.workspace().tree(item)?.documentation.clone()
    }

    fn nir(&self, item: ItemId) -> Option<Hover> {
        let graph = self.workspace().nir(item)?;
        let port = |what: &str, port: &neuro_analysis::environment::NirPort| {
            let axes: Vec<String> = port.shape.iter().map(u64::to_string).collect();
            format!("\n  {what} {}: real[{}]", port.name, axes.join(", "))
        };
        let inputs = graph.inputs.iter().map(|input| port("in", input));
        let outputs = graph.outputs.iter().map(|output| port("out", output));
        let code = format!("NIR graph {}", item_name(self.workspace(), item));
        let code = inputs.chain(outputs).fold(code, |code, port| code + &port);
        let names: Vec<&str> = graph.nodes.iter().map(|node| node.output.name.as_str()).collect();
        let mut lines = vec![format!("{} nodes: {}", names.len(), names.join(", "))];
        if let Some(cycle) = &graph.cycle {
            let way: Vec<&str> = cycle.iter().map(|name| name.as_str()).collect();
            lines.push(format!("a loop without a delay, which needs `recurrence`: {}", way.join(" → ")));
        }
        Some(said(code, lines))
    }

    fn part(&self, of: Option<&InstanceType>, members: usize, name: &str, ty: &Type, text: &str) -> Hover {
        let workspace = self.workspace();
        let unit = of.and_then(|of| describe::declared_unit(workspace, of, name, ty));
        let what = of.map_or_else(String::new, |of| self.part_role(of, name));
        typed(workspace, text, ty, unit.as_ref(), members, what)
    }

    fn part_role(&self, of: &InstanceType, name: &str) -> String {
        let workspace = self.workspace();
        let node = instance_name(workspace, of);
        let role = match of {
            InstanceType::Node(item) => match &*workspace.signature(*item) {
                neuro_analysis::environment::Signature::Node(signature) => {
                    describe::parts(signature).find(|(_, part)| part.name == name).map_or("inside", |(role, _)| role)
                }
                _ => "inside",
            },
            InstanceType::Builtin(_) => "out-port",
            InstanceType::Nir(item) => match workspace.nir(*item) {
                Some(graph) if graph.inputs.iter().any(|port| port.name == name) => "in-port",
                Some(graph) if graph.outputs.iter().any(|port| port.name == name) => "out-port",
                _ => "inside",
            },
        };
        format!("{role} of `{node}`")
    }

    fn expression(&self, expr: &Expr) -> Option<Hover> {
        if matches!(expr.kind, ExprKind::Error) {
            return None;
        }
        let workspace = self.workspace();
        let text = Source::of(workspace, self.resolver.item).line(expr.place.span);
        Some(typed(workspace, &shortened(&text), &expr.ty, None, 0, String::new()))
    }
}

fn said(code: String, lines: Vec<String>) -> Hover {
    Hover {
        span: Span::default(),
        code,
        lines: lines.into_iter().filter(|line| !line.is_empty()).collect(),
        documentation: None,
    }
}

fn typed(workspace: &Workspace, text: &str, ty: &Type, unit: Option<&Shown>, members: usize, what: String) -> Hover {
    let code = format!("{text} : {}", type_text(workspace, ty, unit, members));
    said(code, in_si(ty, unit).into_iter().chain([what]).collect())
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST - 1).chain(['…']).collect()
    }
}

fn dimensionless(ty: &Type) -> bool {
    describe::number_dimension(ty).is_none_or(|dimension| dimension.is_one())
}

/// What a local is, and what its declaration says about it.
fn role_lines(typed: &TypedItem, local: &Local, place: &str, source: &Source<'_>) -> Vec<String> {
    let line = |expr: &Expr| source.line(expr.place.span);
    let between = |range: &Option<(Expr, Expr)>| match range {
        Some((low, high)) => format!(", between `{}` and `{}`", line(low), line(high)),
        None => String::new(),
    };
    match local.role {
        Role::Size => vec![format!("generic size of {place}, solved at each use")],
        Role::Unit => vec![format!("generic unit of {place}, solved at each use")],
        Role::Parameter => {
            let parameters = match typed {
                TypedItem::Node(node) => node.parameters.as_slice(),
                TypedItem::Function(function) => function.parameters.as_slice(),
                TypedItem::Use | TypedItem::Const(_) | TypedItem::Task(_) | TypedItem::Error => &[],
            };
            let name =
                |parameter: &&neuro_analysis::typed::Parameter| name_at(typed, parameter.local) == Some(&local.name);
            let mut text = format!("parameter of {place}");
            if let Some(parameter) = parameters.iter().find(name) {
                match &parameter.default {
                    Some(default) => text.push_str(&format!(", `{}` unless given", line(default))),
                    None => text.push_str(", must be given"),
                }
                text.push_str(&between(&parameter.range));
            }
            vec![text]
        }
        Role::In => {
            let TypedItem::Node(node) = typed else { return Vec::new() };
            let port = node.inputs.iter().find(|port| name_at(typed, port.local) == Some(&local.name));
            let rest = match port.and_then(|port| port.default.as_ref()) {
                Some(default) => format!(", `{}` while nothing is wired", line(default)),
                None => String::new(),
            };
            vec![format!("in-port of {place}{rest}")]
        }
        Role::Out => vec![format!("out-port of {place}")],
        Role::State => {
            let TypedItem::Node(node) = typed else { return Vec::new() };
            let state = node.states.iter().find(|state| name_at(typed, state.local) == Some(&local.name));
            let start = state
                .map(|state| format!(", starts at `{}`{}", line(&state.initial), between(&state.range)))
                .unwrap_or_default();
            let equations = equations_of(node, &local.name, source);
            std::iter::once(format!("state of {place}{start}")).chain(equations).collect()
        }
        Role::Let => vec![format!("`let` of {place}")],
        Role::Payload => vec![format!("payload of the event, in a handler of {place}")],
        Role::Loop => vec![format!("loop variable in {place}")],
        Role::Edges => vec![format!("edges of a wire in {place}")],
        Role::Recording => vec![format!("recording of {place}")],
    }
}

fn name_at(typed: &TypedItem, local: neuro_analysis::typed::LocalId) -> Option<&smol_str::SmolStr> {
    let locals = match typed {
        TypedItem::Node(node) => &node.locals,
        TypedItem::Function(function) => &function.locals,
        TypedItem::Const(constant) => &constant.locals,
        TypedItem::Task(task) => &task.locals,
        TypedItem::Use | TypedItem::Error => return None,
    };
    locals.get(local.0 as usize).map(|local| &local.name)
}

/// The equations of a state, as they are written.
fn equations_of(node: &TypedNode, name: &str, source: &Source<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<&Statement> = node.body.iter().rev().collect();
    while let Some(statement) = open.pop() {
        match &statement.kind {
            StatementKind::Equation { state, .. } => {
                if node.locals.get(state.0 as usize).is_some_and(|local| local.name == name) {
                    found.push(format!("`{}`", shortened(&source.line(statement.place.span))));
                }
            }
            StatementKind::For { body, .. } => open.extend(body.iter().rev()),
            StatementKind::If { then, otherwise, .. } => open.extend(then.iter().chain(otherwise).rev()),
            StatementKind::Let { .. } | StatementKind::On { .. } | StatementKind::Wire(_) => {}
        }
    }
    found
}

/// Which in-ports reach which out-ports in zero time.
fn feedthrough_lines(node: &TypedNode) -> Option<String> {
    let name =
        |local: neuro_analysis::typed::LocalId| node.locals.get(local.0 as usize).map(|local| local.name.as_str());
    let pairs: Vec<String> = node
        .feedthrough
        .instantaneous
        .iter()
        .filter_map(|(from, to)| {
            let from = name(node.inputs.get(*from)?.local)?;
            Some(format!("`{from}` → `{}`", name(node.outputs.get(*to)?.local)?))
        })
        .collect();
    (!pairs.is_empty()).then(|| format!("in zero time: {}", pairs.join(", ")))
}

fn module_lines(workspace: &Workspace, file: FileId) -> Vec<String> {
    let names = workspace.names(file);
    let names: Vec<&str> = names.names.keys().map(|name| name.as_str()).collect();
    if names.is_empty() { Vec::new() } else { vec![format!("declares {}", names.join(", "))] }
}

fn number_hover(expr: &Expr, text: &str) -> Hover {
    let ty = Type { kind: Kind::Const, ..expr.ty.clone() };
    match &expr.kind {
        ExprKind::Steps(steps) => {
            said(text.to_owned(), vec![format!("{} steps of the run, whatever its dt is", number(*steps))])
        }
        ExprKind::Number(value) => match describe::number_dimension(&ty) {
            Some(dimension) if !dimension.is_one() => {
                let si = neuro_analysis::spelling::of_dimension(dimension);
                said(text.to_owned(), vec![format!("SI: {}", quantity(*value, &si))])
            }
            _ => said(text.to_owned(), vec!["a plain number".to_owned()]),
        },
        _ => said(text.to_owned(), Vec::new()),
    }
}

fn unit_hover(name: &str) -> Option<Hover> {
    let about = match name {
        "real" => "plain numbers".to_owned(),
        "int" => "whole constants, for sizes and indices".to_owned(),
        "bool" => "truths".to_owned(),
        "step" => "the step of the run".to_owned(),
        _ => {
            let unit = parse_unit_name(name)?;
            let dimension = neuro_analysis::dimension::Dimension::from_base(unit.dimension);
            let si = neuro_analysis::spelling::of_dimension(&dimension);
            format!("1 {name} = {}", quantity(unit.scale, &si))
        }
    };
    Some(said(name.to_owned(), vec![about]))
}
