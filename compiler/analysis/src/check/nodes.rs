//! Nodes: their ports, parameters and states; the order in which their statements are read.

use super::declarations::Declared;
use super::{Checker, Context};
use crate::codes::E0301;
use crate::environment::{NodeSignature, PortSignature, Signature};
use crate::spelling::Spelling;
use crate::typed::{Feedthrough, InPort, LocalId, OutPort, Role, State, TypedItem, TypedNode};
use neuro_syntax::tree::{self, StatementKind};
use std::collections::BTreeMap;

/// What a node declares, read before its statements.
#[derive(Default)]
pub(crate) struct Declarations {
    generics: Vec<LocalId>,
    parameters: Vec<crate::typed::Parameter>,
    /// By the place of the statement in the body.
    pub(crate) ports: BTreeMap<usize, (LocalId, Declared)>,
}

impl<'t> Checker<'t> {
    /// The signature of a node.
    pub(crate) fn node_signature(&mut self, node: &'t tree::Node) -> Signature {
        let declared = self.declare_node(node);
        let mut signature = NodeSignature {
            generics: self.generics(&node.generics),
            parameters: self.parameter_signatures(&declared.parameters),
            inputs: Vec::new(),
            outputs: Vec::new(),
            states: Vec::new(),
        };
        for (index, statement) in node.body.iter().enumerate() {
            let Some((id, _)) = declared.ports.get(&index) else { continue };
            let local = self.local(*id);
            let mut port = PortSignature {
                name: local.name.clone(),
                ty: self.resolved(&local.ty),
                spelling: self.facts(*id).spelling.clone().unwrap_or_else(Spelling::one),
                has_default: false,
            };
            match &statement.kind {
                StatementKind::In { default, .. } => {
                    port.has_default = default.is_some();
                    signature.inputs.push(port);
                }
                StatementKind::Out { .. } => signature.outputs.push(port),
                StatementKind::State { .. } => signature.states.push(port),
                _ => {}
            }
        }
        Signature::Node(signature)
    }

    /// Generics, parameters, ports, states, and the names of `let`s.
    fn declare_node(&mut self, node: &'t tree::Node) -> Declarations {
        let parameters = node.parameters.as_deref().unwrap_or_default();
        let mut declared = Declarations {
            generics: self.declare_generics(&node.generics, parameters, &node.body, None),
            parameters: self.declare_parameters(parameters),
            ports: BTreeMap::new(),
        };
        // `let`s first, so that sizes may mention those that are whole.
        self.declare_lets(&node.body);
        for (index, statement) in node.body.iter().enumerate() {
            let (name, ty, role) = match &statement.kind {
                StatementKind::In { name, ty, .. } => (name, ty, Role::In),
                StatementKind::Out { name, ty, .. } => (name, ty, Role::Out),
                StatementKind::State { name, ty, .. } => (name, ty, Role::State),
                _ => continue,
            };
            let declaration = self.declared_type(ty, role);
            self.exotic_exponent(&ty.unit, &declaration.spelling);
            let id = self.declare(name, role, declaration.ty.clone(), Some(declaration.spelling.clone()));
            declared.ports.insert(index, (id, declaration));
        }
        declared
    }

    /// A node.
    pub(crate) fn node(&mut self, node: &'t tree::Node) -> TypedItem {
        let mut declared = self.declare_node(node);
        self.check_generics(&node.generics);
        let (mut inputs, mut outputs, mut states) = (Vec::new(), Vec::new(), Vec::new());
        // Starts and defaults are constants; outs are read with the wires.
        for (index, statement) in node.body.iter().enumerate() {
            let Some((id, declaration)) = declared.ports.get(&index).cloned() else { continue };
            match &statement.kind {
                StatementKind::In { default, .. } => {
                    let default = default.as_ref().map(|tree| self.constant_for(id, &declaration, tree, "a default"));
                    inputs.push(InPort { local: id, shape: declaration.shape, period: declaration.period, default });
                }
                StatementKind::State { initial, range, .. } => {
                    let initial = self.constant_for(id, &declaration, initial, "the start of a state");
                    let range = range.as_ref().and_then(|range| self.declared_range(id, range));
                    let known = range.as_ref().map(|(low, high)| self.interval(low).hull(self.interval(high)));
                    self.facts_mut(id).value = known;
                    states.push(State { local: id, shape: declaration.shape, initial, range });
                }
                _ => {}
            }
        }
        // Wires before all else: they solve what instances leave open.
        let wires = self.wires_of(&node.body);
        let body = self.statements(&node.body, &wires);
        for (index, statement) in node.body.iter().enumerate() {
            let StatementKind::Out { value, .. } = &statement.kind else { continue };
            let Some((id, declaration)) = declared.ports.remove(&index) else { continue };
            let value = value.as_ref().map(|value| self.out_value(id, value));
            outputs.push(OutPort { local: id, shape: declaration.shape, period: declaration.period, value });
        }
        outputs.sort_by_key(|port| port.local);
        TypedItem::Node(TypedNode {
            name: node.name.text.clone(),
            locals: Vec::new(),
            generics: declared.generics,
            parameters: declared.parameters,
            inputs,
            outputs,
            states,
            body,
            feedthrough: Feedthrough::default(),
            file_names: Vec::new(),
        })
    }

    fn constant_for(
        &mut self,
        id: LocalId,
        declared: &Declared,
        tree: &'t tree::Expr,
        what: &str,
    ) -> crate::typed::Expr {
        let local = self.local(id);
        let (name, place) = (local.name.clone(), local.place);
        let need = declared.need(&E0301, format!("`{name}`"), place);
        let expr = self.within(Context::Constant, |checker| checker.constant_of(tree, need.as_ref(), what));
        self.fit_declared(expr, tree, &declared.ty, &name)
    }
}
