//! Sources of the prelude: nodes with one out-port; what it carries follows from their arguments.

use super::calls::Slot;
use super::{Checker, Need};
use crate::builtins::Builtin;
use crate::codes::{E0301, E0701};
use crate::dimension::Dimension;
use crate::environment::View;
use crate::size::Size;
use crate::spelling::Spelling;
use crate::typed::{Base, Expr, Kind, Type};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;
use smol_str::SmolStr;

/// The call of a source: its arguments by the place of their parameter, and those that have been typed.
struct SourceCall<'t> {
    name: &'static str,
    slots: Vec<Slot>,
    found: Vec<Option<&'t tree::Expr>>,
    typed: Vec<(SmolStr, Expr)>,
}

impl<'t> SourceCall<'t> {
    fn argument(&self, index: usize) -> Option<&'t tree::Expr> {
        self.found.get(index).copied().flatten()
    }

    fn what(&self, index: usize) -> String {
        let parameter = self.slots.get(index).map_or("", |slot| slot.name.as_str());
        format!("`{parameter}` of `{}`", self.name)
    }

    fn keep(&mut self, index: usize, expr: Expr) {
        if let Some(slot) = self.slots.get(index) {
            self.typed.push((slot.name.clone(), expr));
        }
    }
}

impl<'t> Checker<'t> {
    /// `poisson(rate = 5 Hz)`, `constant[10](20 mV)`
    pub(crate) fn source_arguments(
        &mut self,
        tree: &'t tree::Expr,
        builtin: Builtin,
        mut view: View,
        arguments: &'t [tree::Argument],
    ) -> Option<(View, Vec<(SmolStr, Expr)>)> {
        let name = builtin.name();
        let parameters = builtin.parameters().iter();
        let slot =
            |(name, required): &(&str, bool)| Slot { name: (*name).into(), required: *required, positional: true };
        let slots: Vec<Slot> = parameters.map(slot).collect();
        let found = self.slots(tree.span, &format!("`{name}`"), &slots, arguments);
        let found = found.into_iter().map(|argument| argument.map(|argument| &argument.value)).collect();
        let mut call = SourceCall { name, slots, found, typed: Vec::new() };
        let carries = match builtin {
            Builtin::Constant => self.constant_source(&mut call, &view),
            Builtin::StepAt => self.step_source(&mut call, &view),
            Builtin::SpikesAt => self.spike_source(&mut call),
            Builtin::Samples => self.sample_source(&mut call),
            Builtin::Poisson => self.poisson_source(&mut call, &view),
            _ => None,
        };
        view.carries = Some(carries?);
        let record = self.record(tree, name, view.clone());
        view.records = vec![record];
        Some((view, call.typed))
    }

    fn constant_source(&mut self, call: &mut SourceCall<'t>, view: &View) -> Option<Type> {
        let tree = call.argument(0)?;
        let value = self.constant_of(tree, None, "a constant source");
        let ty = self.of_one_member(view, &value);
        call.keep(0, value);
        Some(Type { kind: Kind::Flow, ..ty })
    }

    fn step_source(&mut self, call: &mut SourceCall<'t>, view: &View) -> Option<Type> {
        let (when, after) = (call.argument(0)?, call.argument(1)?);
        let time = self.constant_of(when, Some(&Need::time(call.what(0))), "the time of a step");
        let value = self.constant_of(after, None, "the value of a step");
        let ty = self.of_one_member(view, &value);
        let need = self.same_as(after, &value);
        call.keep(0, time);
        call.keep(1, value);
        if let Some(tree) = call.argument(2) {
            let before = self.constant_of(tree, Some(&need), "the value before a step");
            call.keep(2, before);
        }
        Some(Type { kind: Kind::Flow, ..ty })
    }

    fn spike_source(&mut self, call: &mut SourceCall<'t>) -> Option<Type> {
        let times = self.constant_of(call.argument(0)?, Some(&Need::time(call.what(0))), "the times of spikes");
        call.keep(0, times);
        let Some(tree) = call.argument(1) else { return Some(Type::number(Kind::Event, Dimension::one())) };
        let size = self.constant_of(tree, None, "the size of spikes");
        let dimension = self.dimension(&size.ty);
        call.keep(1, size);
        Some(Type::number(Kind::Event, dimension.unwrap_or_default()))
    }

    fn sample_source(&mut self, call: &mut SourceCall<'t>) -> Option<Type> {
        let (rows, every) = (call.argument(0)?, call.argument(1)?);
        let values = self.constant_of(rows, None, "samples");
        let (period, kind) = self.clock_period(every);
        let mut shape = values.ty.shape.clone();
        if shape.is_empty() {
            let message = format!("samples are an array, a row for each tick, and {} is one value", self.shown(rows));
            self.report(Diagnostic::new(&E0701, values.place, message));
        } else {
            shape.remove(0);
        }
        let base = real(&values.ty.base);
        call.keep(0, values);
        call.keep(1, period);
        Some(Type::new(kind, base, shape))
    }

    fn poisson_source(&mut self, call: &mut SourceCall<'t>, view: &View) -> Option<Type> {
        let tree = call.argument(0)?;
        let rate = Dimension::one().over(&Dimension::time());
        let spelling = Some(Spelling::of("Hz", 1.0, rate.clone()));
        let need = Need { dimension: rate, code: &E0301, what: call.what(0), spelling, declared: None };
        let rate = self.value(tree, Some(&need));
        self.must_flow(tree, &rate, "the rate of `poisson`");
        self.fit_members(&call.what(0), &[], view, &rate, tree);
        call.keep(0, rate);
        Some(Type::number(Kind::Event, Dimension::one()))
    }

    /// What a source carries for one member: a population takes one value for all, or one a member.
    fn of_one_member(&mut self, view: &View, given: &Expr) -> Type {
        let axes = view.population.len();
        let mut shape: Vec<Size> = given.ty.shape.clone();
        if axes > 0 && !shape.is_empty() {
            let front: Vec<Size> = shape.iter().take(axes).cloned().collect();
            // An array of another shape serves all members.
            if self.same_shape(&front, &view.population) {
                shape.drain(..axes);
            }
        }
        Type::new(given.ty.kind.clone(), real(&given.ty.base), shape)
    }
}

/// Whole numbers become reals in time.
fn real(base: &Base) -> Base {
    if *base == Base::Integer { Base::Number(Dimension::one()) } else { base.clone() }
}
