//! What is done when all statements have been read: the judgments about the whole, and everything known put in.

use super::{Checked, Checker, attributes, damage, ways_out};
use crate::environment::{Inside, Signature};
use crate::typed::{
    Act, ActKind, Expr, Hop, InstanceType, Local, Role, SettingValue, Statement, StatementKind, TaskStatement,
    TaskStatementKind, Trigger, Type, TypedItem, Wire,
};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;
use std::sync::Arc;

impl<'t> Checker<'t> {
    /// Ends the check of an item.
    pub(crate) fn finish(mut self, item: &'t tree::Item, mut typed: TypedItem) -> Checked {
        if matches!(typed, TypedItem::Node(_) | TypedItem::Task(_)) {
            self.unsolved_generics();
            self.uncovered_windows();
        }
        if let TypedItem::Node(_) = &typed {
            self.undriven();
            for record in self.records.clone() {
                self.unwired(&record, record.place);
            }
        }
        self.report_step_effect();
        let mut diagnostics = crate::random::judge(&self, &typed);
        diagnostics.extend(crate::impulses::judge(&self, &typed));
        if let TypedItem::Node(node) = &typed {
            for (state, known) in crate::invariants::of_states(&self, node) {
                self.facts_mut(state).value = Some(known);
            }
        }
        let (said, resets) = crate::resets::judge(&self, &typed);
        diagnostics.extend(said);
        diagnostics.extend(self.rearmed_instances());
        let (feedthrough, loops) = crate::causality::judge(&self, &typed);
        diagnostics.extend(loops);
        diagnostics.into_iter().for_each(|diagnostic| self.report(diagnostic));
        let locals = std::mem::take(&mut self.locals);
        let locals: Vec<Local> = locals.into_iter().map(|local| self.final_local(local)).collect();
        self.put_in(&mut typed, &locals);
        let said = attributes::read(item, self.item);
        if let TypedItem::Node(node) = &mut typed {
            node.feedthrough = feedthrough.clone();
            node.file_names = said.file_names.clone();
        }
        let inside = Inside { feedthrough, resets, ..self.inside(&locals) };
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        said.retain(self.item, &mut diagnostics);
        diagnostics.extend(said.diagnostics);
        let mut diagnostics: Vec<Diagnostic> =
            diagnostics.into_iter().map(|diagnostic| ways_out::complete(diagnostic, item, self.item)).collect();
        damage::forgive(item, self.text, &mut diagnostics);
        diagnostics
            .sort_by_key(|diagnostic| (diagnostic.primary.as_ref().map(|label| label.place.span), diagnostic.code.id));
        Checked { typed: Arc::new(typed), inside, diagnostics }
    }

    /// E0504 for instances whose parameters let a handler fire for ever.
    fn rearmed_instances(&self) -> Vec<Diagnostic> {
        let judged = self.records.iter().filter_map(|record| {
            let InstanceType::Node(item) = &record.view.of else { return None };
            let signature = self.signature_of(*item);
            let Signature::Node(node) = &*signature else { return None };
            let spelling = |name: &str| {
                node.parameters
                    .iter()
                    .find(|parameter| parameter.name == name)
                    .map(|parameter| parameter.spelling.clone())
            };
            crate::resets::judge_instance(record, &self.inside_of(*item).resets, &spelling)
        });
        judged.collect()
    }

    /// A type with all that is known; an unknown unit that nothing asks for is that of plain numbers.
    fn final_type(&self, ty: &Type) -> Type {
        let mut ty = self.resolved(ty);
        if let crate::typed::Base::Number(dimension) = &mut ty.base
            && dimension.has_variable()
        {
            *dimension = dimension.substitute(&|factor| {
                matches!(factor, crate::dimension::Factor::Variable(_)).then(crate::dimension::Dimension::one)
            });
        }
        for size in &mut ty.shape {
            if size.has_variable() {
                *size = crate::size::Size::unknown();
            }
        }
        ty
    }

    /// A name with its type; its unit is written anew where it became known only later.
    fn final_local(&self, local: Local) -> Local {
        let ty = self.final_type(&local.ty);
        let unit = match ty.dimension() {
            Some(dimension) if local.unit.text.contains('?') => {
                super::display_unit(Some(&crate::spelling::of_dimension(&dimension)))
            }
            _ => local.unit,
        };
        Local { ty, unit, ..local }
    }

    fn put_in_expr(&self, expr: &mut Expr) {
        expr.ty = self.final_type(&expr.ty);
        for child in expr.children_mut() {
            self.put_in_expr(child);
        }
    }

    fn put_in(&self, typed: &mut TypedItem, locals: &[Local]) {
        match typed {
            TypedItem::Use | TypedItem::Error => {}
            TypedItem::Const(constant) => {
                constant.locals = locals.to_vec();
                constant.ty = self.final_type(&constant.ty);
                self.put_in_expr(&mut constant.value);
            }
            TypedItem::Function(function) => {
                function.locals = locals.to_vec();
                function.result = self.final_type(&function.result);
                self.put_in_expr(&mut function.body);
                function.parameters.iter_mut().for_each(|parameter| self.put_in_parameter(parameter));
            }
            TypedItem::Node(node) => {
                node.locals = locals.to_vec();
                node.parameters.iter_mut().for_each(|parameter| self.put_in_parameter(parameter));
                for port in &mut node.inputs {
                    port.shape
                        .iter_mut()
                        .chain(&mut port.period)
                        .chain(&mut port.default)
                        .for_each(|expr| self.put_in_expr(expr));
                }
                for port in &mut node.outputs {
                    port.shape
                        .iter_mut()
                        .chain(&mut port.period)
                        .chain(&mut port.value)
                        .for_each(|expr| self.put_in_expr(expr));
                }
                for state in &mut node.states {
                    state.shape.iter_mut().for_each(|expr| self.put_in_expr(expr));
                    self.put_in_expr(&mut state.initial);
                    self.put_in_range(&mut state.range);
                }
                self.put_in_statements(&mut node.body);
            }
            TypedItem::Task(task) => {
                task.locals = locals.to_vec();
                self.put_in_task(&mut task.body);
            }
        }
    }

    fn put_in_parameter(&self, parameter: &mut crate::typed::Parameter) {
        parameter.shape.iter_mut().chain(&mut parameter.default).for_each(|expr| self.put_in_expr(expr));
        self.put_in_range(&mut parameter.range);
    }

    fn put_in_range(&self, range: &mut Option<(crate::typed::Expr, crate::typed::Expr)>) {
        if let Some((low, high)) = range {
            self.put_in_expr(low);
            self.put_in_expr(high);
        }
    }

    fn put_in_statements(&self, body: &mut [Statement]) {
        for statement in body {
            match &mut statement.kind {
                StatementKind::Let { value, .. } | StatementKind::Equation { value, .. } => self.put_in_expr(value),
                StatementKind::On { trigger, body } => {
                    match trigger {
                        Trigger::Event { event, .. } => self.put_in_expr(event),
                        Trigger::Condition(condition) => self.put_in_expr(condition),
                    }
                    self.put_in_acts(body);
                }
                StatementKind::Wire(wire) => self.put_in_wire(wire),
                StatementKind::For { range, body, .. } => {
                    self.put_in_expr(range);
                    self.put_in_statements(body);
                }
                StatementKind::If { condition, then, otherwise } => {
                    self.put_in_expr(condition);
                    self.put_in_statements(then);
                    self.put_in_statements(otherwise);
                }
            }
        }
    }

    fn put_in_acts(&self, body: &mut [Act]) {
        for act in body {
            match &mut act.kind {
                ActKind::Assign { value, .. } | ActKind::Let { value, .. } => self.put_in_expr(value),
                ActKind::Emit { payload, .. } => payload.iter_mut().for_each(|payload| self.put_in_expr(payload)),
                ActKind::Refractory { duration, .. } => self.put_in_expr(duration),
                ActKind::If { condition, then, otherwise } => {
                    self.put_in_expr(condition);
                    self.put_in_acts(then);
                    self.put_in_acts(otherwise);
                }
            }
        }
    }

    fn put_in_wire(&self, wire: &mut Wire) {
        self.put_in_expr(&mut wire.source);
        for Hop { target, onward, by, via, weight, delay, .. } in &mut wire.hops {
            self.put_in_expr(target);
            for expr in [onward, by, via, weight, delay].into_iter().flatten() {
                self.put_in_expr(expr);
            }
        }
    }

    fn put_in_task(&self, body: &mut [TaskStatement]) {
        for statement in body {
            match &mut statement.kind {
                TaskStatementKind::Let { value, .. } | TaskStatementKind::Record { value, .. } => {
                    self.put_in_expr(value)
                }
                TaskStatementKind::Setting { value, .. } => {
                    if let SettingValue::Value(value) = value {
                        self.put_in_expr(value);
                    }
                }
                TaskStatementKind::Run { instance, duration } => {
                    self.put_in_expr(instance);
                    self.put_in_expr(duration);
                }
                TaskStatementKind::Assert { condition, .. } => self.put_in_expr(condition),
                TaskStatementKind::Wire(wire) => self.put_in_wire(wire),
                TaskStatementKind::For { range, body, .. } => {
                    self.put_in_expr(range);
                    self.put_in_task(body);
                }
            }
        }
    }

    /// What tasks may see of the item.
    fn inside(&self, locals: &[Local]) -> Inside {
        let mut inside = Inside::default();
        for (local, facts) in locals.iter().zip(&self.facts) {
            match local.role {
                Role::Let => match &facts.instances {
                    Some(instances) => {
                        inside.instances.push((local.name.clone(), self.settled(instances)));
                    }
                    None => inside.values.push((local.name.clone(), local.ty.clone())),
                },
                Role::Edges => {
                    let view = facts.edges.as_ref().map(|view| self.settled_view(view));
                    inside.edges.push((local.name.clone(), view));
                }
                Role::Recording => inside.values.push((local.name.clone(), local.ty.clone())),
                Role::Size
                | Role::Unit
                | Role::Parameter
                | Role::In
                | Role::Out
                | Role::State
                | Role::Payload
                | Role::Loop => {}
            }
        }
        inside
    }

    fn settled(&self, instances: &crate::environment::Instances) -> crate::environment::Instances {
        use crate::environment::Instances;
        match instances {
            Instances::One(view) => Instances::One(self.settled_view(view)),
            Instances::Listed(elements) => {
                Instances::Listed(elements.iter().map(|element| self.settled(element)).collect())
            }
            Instances::Comprehended { element, variable, values } => Instances::Comprehended {
                element: Box::new(self.settled(element)),
                variable: variable.clone(),
                values: values.clone(),
            },
        }
    }

    fn settled_view(&self, view: &crate::environment::View) -> crate::environment::View {
        let mut view = view.clone();
        view.records = Vec::new();
        view.population.iter_mut().for_each(|size| *size = self.sizes.resolve(size));
        view.sizes.values_mut().for_each(|size| *size = self.sizes.resolve(size));
        view.units.values_mut().for_each(|unit| *unit = self.units.resolve(unit));
        view.carries = view.carries.map(|ty| self.final_type(&ty));
        view
    }
}
