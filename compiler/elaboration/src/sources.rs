//! Sources: those of the prelude, constants and clocks that stand in wires, tables of files.

use crate::array::shape_text;
use crate::builder::values_of;
use crate::codes::{E0507, E0701, E0705, E0706};
use crate::elaborator::{Elaborator, Fallible, Loaded, mistake};
use crate::ends::End;
use crate::evaluate::At;
use crate::instances::{InstanceId, Of, Stage, unit};
use crate::ports::{Port, PortId, PortWhat};
use crate::scope::Scope;
use crate::value::{Array, Value};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{self, Expr, ExprKind, Kind, LocalId, Period};
use neuro_diagnostics::Place;
use neuro_model as model;
use std::rc::Rc;
use std::sync::Arc;

/// The name of a source's only out-port: `z` of spikes, `y` of flows and tables.
fn port_name(kind: &model::SourceKind) -> &'static str {
    match kind {
        model::SourceKind::SpikesAt(_) | model::SourceKind::Poisson(_) => "z",
        model::SourceKind::Constant(_)
        | model::SourceKind::StepAt { .. }
        | model::SourceKind::Samples { .. }
        | model::SourceKind::Every(_) => "y",
    }
}

/// What an unnamed source is called.
pub(crate) fn name(function: Builtin) -> &'static str {
    match function {
        Builtin::Constant => "constant",
        Builtin::StepAt => "step_at",
        Builtin::SpikesAt => "spikes_at",
        Builtin::Samples => "samples",
        Builtin::Poisson => "poisson",
        _ => "source",
    }
}

impl<'p> Elaborator<'p> {
    /// The element of a source of the prelude.
    pub(crate) fn source(
        &mut self,
        id: InstanceId,
        function: Builtin,
        instance: &'p typed::Instance,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<()> {
        let place = self.instances[id.0].place;
        let argument =
            |wanted: &str| instance.arguments.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let needed = |wanted: &str| {
            argument(wanted).ok_or_else(|| mistake(&E0705, place, format!("the argument `{wanted}` is missing")))
        };
        let axes = self.instances[id.0].scope.frame.axes.clone();
        let at = At::first(scope);
        let (inner, kind) = match function {
            Builtin::Constant => {
                let (shape, values) = self.source_values(id, needed("value")?, scope)?;
                (shape, model::SourceKind::Constant(values))
            }
            Builtin::Poisson => {
                let rate = needed("rate")?;
                let (shape, values) = self.source_values(id, rate, scope)?;
                let (model::Values::Uniform(rates) | model::Values::PerMember(rates)) = &values;
                if let Some(wrong) = rates.iter().find(|rate| !(**rate >= 0.0 && rate.is_finite())) {
                    let text = format!("a rate is a number of events per time, and {wrong} Hz is none");
                    return Err(mistake(&E0705, rate.place, text));
                }
                (shape, model::SourceKind::Poisson(values))
            }
            Builtin::StepAt => {
                let moment = self.scalar(needed("time")?, scope, at)?;
                let before = argument("before").map_or(Ok(0.0), |value| self.scalar(value, scope, at))?;
                let after = self.scalar(needed("value")?, scope, at)?;
                (Vec::new(), model::SourceKind::StepAt { at: moment, before, after })
            }
            Builtin::SpikesAt => {
                let times = self.evaluate(needed("times")?, scope, at)?;
                let payload = match argument("size") {
                    Some(payload) => self.evaluate(payload, scope, at)?,
                    None => Value::Number(1.0),
                };
                let elements = axes.iter().product::<usize>();
                (Vec::new(), model::SourceKind::SpikesAt(events(&times, &payload, elements, place)?))
            }
            Builtin::Samples => {
                let rows = self.evaluate(needed("values")?, scope, at)?;
                let period = self.period_at(needed("period")?, scope, at)?;
                let Value::Array(rows) = rows else {
                    return Err(mistake(&E0701, place, "an array with a row a tick is needed here"));
                };
                let kind = model::PortKind::Event;
                (rows.shape[1..].to_vec(), model::SourceKind::Samples { kind, period, rows: rows.values })
            }
            _ => return Err(mistake(&E0706, place, "this is no source")),
        };
        self.source_element(id, [axes, inner].concat(), model::Unit::one(), kind);
        Ok(())
    }

    fn source_values(
        &mut self,
        id: InstanceId,
        value: &'p Expr,
        outer: &Rc<Scope<'p>>,
    ) -> Fallible<(Vec<usize>, model::Values)> {
        let (axes, inner) = (self.instances[id.0].axes.clone(), self.instances[id.0].scope.clone());
        let binding = self.argument(value, 0, &axes, outer, &inner)?;
        let shape = match &binding {
            crate::scope::Binding::Value(value) => value.shape().to_vec(),
            crate::scope::Binding::Members(members) => members.shape.clone(),
            _ => Vec::new(),
        };
        let members = inner.frame.members.max(1);
        let values =
            values_of(&binding, members).ok_or_else(|| mistake(&E0705, value.place, "numbers are needed here"))?;
        // The graph has one number for all elements, or one for each.
        let values = match values {
            model::Values::Uniform(numbers) if numbers.len() > 1 => {
                model::Values::PerMember(numbers.iter().copied().cycle().take(numbers.len() * members).collect())
            }
            other => other,
        };
        Ok((shape, values))
    }

    /// Enters a source as an element, with its port.
    fn source_element(&mut self, id: InstanceId, shape: Vec<usize>, unit: model::Unit, kind: model::SourceKind) {
        let (path, place) = (self.instances[id.0].path.clone(), self.instances[id.0].place);
        let stream = self.instances[id.0].scope.key();
        let element = self.elements.len();
        let port = PortId(self.ports.len());
        self.ports.push(Port {
            name: format!("{path}.{}", port_name(&kind)),
            instance: Some(id),
            shape: shape.clone(),
            kind: Some(kind.kind()),
            unit: unit.clone(),
            what: PortWhat::Element { element, index: 0 },
            default: None,
            place: Some(place),
        });
        let name = port_name(&kind).to_owned();
        let kind = model::ElementKind::Source(model::Source { shape, unit, kind });
        self.elements.push(Some(model::Element { name: path, stream, kind, origin: Some(place) }));
        let instance = &mut self.instances[id.0];
        instance.outputs.push((name, port));
        instance.element = Some(element);
        instance.stage = Stage::Built;
    }

    /// A constant that stands where a flow is wired.
    pub(crate) fn constant_source(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<End> {
        let (id, _) = self.new_instance("constant", expr.place, Of::Source, Vec::new(), &[], scope.key(), scope);
        let (shape, values) = self.source_values(id, expr, scope)?;
        let total = [scope.frame.axes.clone(), shape.clone()].concat();
        self.source_element(id, total, model::Unit::one(), model::SourceKind::Constant(values));
        Ok(self.source_port(id, shape))
    }

    /// `every(p)` and `start` as sources.
    pub(crate) fn clock(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<End> {
        let ExprKind::Builtin { function, arguments } = &expr.kind else {
            return Err(mistake(&E0706, expr.place, "this is no clock"));
        };
        let (name, kind) = match (function, arguments.first().and_then(Option::as_ref)) {
            (Builtin::Every, Some(period)) => {
                let period = self.period_at(period, scope, At::first(scope))?;
                ("every", model::SourceKind::Every(period))
            }
            (Builtin::Start, _) => {
                let members = scope.frame.members.max(1) as u32;
                ("start", model::SourceKind::SpikesAt((0..members).map(|member| (0.0, member, 1.0)).collect()))
            }
            _ => return Err(mistake(&E0706, expr.place, "this is no clock")),
        };
        let (id, _) = self.new_instance(name, expr.place, Of::Source, Vec::new(), &[], scope.key(), scope);
        self.source_element(id, scope.frame.axes.clone(), model::Unit::one(), kind);
        Ok(self.source_port(id, Vec::new()))
    }

    fn source_port(&self, id: InstanceId, shape: Vec<usize>) -> End {
        End::whole(self.instances[id.0].outputs[0].1, shape)
    }

    /// `let x: T = load(…)`: the declared type says how to read the file, its unit what the numbers are in.
    pub(crate) fn load(
        &mut self,
        local: LocalId,
        arguments: &'p [Option<Expr>],
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        name: &str,
    ) -> Fallible<Value> {
        let mut texts = Vec::new();
        for argument in arguments.iter().flatten() {
            match self.evaluate(argument, scope, At::first(scope))? {
                Value::Text(text) => texts.push(text),
                _ => return Err(mistake(&E0705, argument.place, "a text is needed here")),
            }
        }
        let Some(path) = texts.first() else {
            return Err(mistake(&E0705, expr.place, "the file's name is missing"));
        };
        let declared = &scope.frame.locals[local.0 as usize];
        let key = texts.get(1).map(smol_str::SmolStr::as_str);
        let events = declared.ty.kind == Kind::Event;
        let loaded = self.hooks.load(expr.place, path, key, events)?;
        let scale = declared.unit.scale;
        match (loaded, &declared.ty.kind) {
            (Loaded::Array { shape, values }, Kind::Const | Kind::Flow) => {
                self.check_shape(&declared.ty.shape, &shape, expr.place)?;
                let truth = declared.ty.base == typed::Base::Truth;
                let values: Vec<f64> = values.iter().map(|value| value * scale).collect();
                Ok(Value::from_parts(shape, values, truth))
            }
            (Loaded::Array { shape, values }, Kind::Clock(period)) => {
                let period = self.period(period, scope, expr.place)?;
                if shape.is_empty() {
                    return Err(mistake(&E0701, expr.place, "the file has a single number, a row a tick is needed"));
                }
                self.check_shape(&declared.ty.shape, &shape[1..], expr.place)?;
                let rows: Arc<[f64]> = values.iter().map(|value| value * scale).collect();
                let kind = model::SourceKind::Samples { kind: model::PortKind::Event, period, rows };
                Ok(Value::Instance(self.loaded_source(name, shape[1..].to_vec(), &declared.unit, kind, expr, scope)))
            }
            (Loaded::Events { times, elements, payloads }, Kind::Event) => {
                let sizes = declared.ty.shape.iter().map(|size| size.value().and_then(|n| usize::try_from(n).ok()));
                let highest = elements.iter().max().map_or(0, |highest| *highest as usize + 1);
                let shape = sizes.collect::<Option<Vec<usize>>>().unwrap_or_else(|| vec![highest]);
                let size = shape.iter().product::<usize>();
                if highest > size {
                    let text = format!("the file has events of element {}, there are {size}", highest - 1);
                    return Err(mistake(&E0701, expr.place, text));
                }
                let payload = |index: usize| payloads.as_ref().map_or(1.0, |payloads| payloads[index]) * scale;
                let mut events: Vec<(f64, u32, f64)> =
                    (0..times.len()).map(|index| (times[index], elements[index], payload(index))).collect();
                events.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let kind = model::SourceKind::SpikesAt(events.into());
                Ok(Value::Instance(self.loaded_source(name, shape, &declared.unit, kind, expr, scope)))
            }
            (Loaded::Array { .. } | Loaded::Events { .. }, _) => {
                Err(mistake(&E0701, expr.place, "the file does not hold what the type says"))
            }
        }
    }

    fn loaded_source(
        &mut self,
        name: &str,
        shape: Vec<usize>,
        display: &typed::DisplayUnit,
        kind: model::SourceKind,
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
    ) -> InstanceId {
        let (id, _) = self.new_instance(name, expr.place, Of::Source, Vec::new(), &[], scope.key(), scope);
        self.source_element(id, shape, unit(display, scope.frame.locals), kind);
        id
    }

    fn check_shape(&self, declared: &[neuro_analysis::size::Size], actual: &[usize], place: Place) -> Fallible<()> {
        let known: Option<Vec<i64>> = declared.iter().map(neuro_analysis::size::Size::value).collect();
        let Some(known) = known else { return Ok(()) };
        if known.len() == actual.len() && known.iter().zip(actual).all(|(known, actual)| *known == *actual as i64) {
            return Ok(());
        }
        let known: Vec<usize> = known.iter().map(|size| usize::try_from(*size).unwrap_or(0)).collect();
        let text = format!("the file has the shape {}, the type says {}", shape_text(actual), shape_text(&known));
        Err(mistake(&E0701, place, text))
    }

    /// The period that an expression is, in seconds.
    pub(crate) fn period_at(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, at: At) -> Fallible<f64> {
        let period = self.scalar(expr, scope, at)?;
        takes_time(period, expr.place)
    }

    /// The period of a clock, in seconds.
    fn period(&mut self, period: &Period, scope: &Rc<Scope<'p>>, place: Place) -> Fallible<f64> {
        match period {
            Period::Literal(picoseconds) => takes_time(*picoseconds as f64 * 1e-12, place),
            Period::Named(text) => {
                let index = scope.frame.locals.iter().position(|local| local.name == *text);
                let value = match index {
                    Some(index) => self.binding(LocalId(index as u32), place, scope)?,
                    None => return Err(mistake(&E0705, place, format!("the period `{text}` is not known here"))),
                };
                let number = match value {
                    crate::scope::Binding::Value(value) => value.number(),
                    _ => None,
                };
                let number = number.ok_or_else(|| mistake(&E0705, place, "a period is a single time"))?;
                takes_time(number, place)
            }
        }
    }
}

/// A period that is one: without time between its ticks a clock would tick without end at one instant.
fn takes_time(period: f64, place: Place) -> Fallible<f64> {
    if period > 0.0 && period.is_finite() {
        return Ok(period);
    }
    let text = format!(
        "a period of {} ms is no time: such a clock ticks without end at one instant",
        neuro_analysis::spelling::number(period * 1e3)
    );
    Err(mistake(&E0507, place, text))
}

/// Events of all elements at the given times: `[k]` for all alike, or `[n,k]`.
fn events(times: &Value, payload: &Value, elements: usize, place: Place) -> Fallible<Arc<[(f64, u32, f64)]>> {
    let numbers = times.numbers().ok_or_else(|| mistake(&E0701, place, "times are needed here"))?;
    let sizes = payload.numbers().ok_or_else(|| mistake(&E0701, place, "a size is needed here"))?;
    let per_element = match times {
        Value::Array(Array { shape, .. }) if shape.len() == 2 && shape[0] == elements => shape[1],
        _ => numbers.len(),
    };
    if let Some(before) = numbers.iter().find(|time| **time < 0.0) {
        let text = format!("time begins at 0, and a spike at {before} s comes before it");
        return Err(mistake(&E0705, place, text));
    }
    if sizes.len() != 1 && sizes.len() != numbers.len() {
        let text = format!("{} times and {} sizes", numbers.len(), sizes.len());
        return Err(mistake(&E0701, place, text));
    }
    let mut events = Vec::with_capacity(elements * per_element);
    for element in 0..elements {
        for k in 0..per_element {
            let index = if numbers.len() == per_element { k } else { element * per_element + k };
            let size = if sizes.len() == 1 { sizes[0] } else { sizes[index] };
            events.push((numbers[index], element as u32, size));
        }
    }
    events.sort_by(|a: &(f64, u32, f64), b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    Ok(events.into())
}
