//! Types as written: units, kinds, shapes; generics and parameters.

use super::{Checker, Context, Need};
use crate::codes::{E0202, E0301, E0408, E0507};
use crate::dimension::{Dimension, Factor};
use crate::environment::{Generic, ParameterSignature};
use crate::interval::Interval;
use crate::names;
use crate::spelling::{self, Spelling};
use crate::typed::{Base, Expr, Kind, LocalId, Parameter, Period, Role, Type};
use neuro_diagnostics::{Code, Diagnostic, Place, Span};
use neuro_syntax::codes::E0102;
use neuro_syntax::tree;
use neuro_syntax::units::parse_unit_name;
use smol_str::SmolStr;

code!(W0306, "fractional exponent in an interface");

/// A type as written, understood.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) ty: Type,
    pub(crate) spelling: Spelling,
    pub(crate) shape: Vec<Expr>,
    pub(crate) period: Option<Expr>,
    pub(crate) span: Span,
}

impl Declared {
    /// What the type needs from a value; nothing from truths.
    pub(crate) fn need(&self, code: &'static Code, what: String, place: Place) -> Option<Need> {
        let Base::Number(dimension) = &self.ty.base else { return None };
        Some(Need {
            dimension: dimension.clone(),
            code,
            what,
            spelling: Some(self.spelling.clone()),
            declared: Some(place),
        })
    }
}

impl<'t> Checker<'t> {
    /// A type as it is written where a name of this role is declared.
    pub(crate) fn declared_type(&mut self, ty: &'t tree::Type, role: Role) -> Declared {
        let (base, spelling) = self.unit(&ty.unit);
        let mut period = None;
        let kind = match &ty.kind {
            tree::TypeKind::Plain => match role {
                Role::In | Role::Out | Role::State => Kind::Flow,
                _ => Kind::Const,
            },
            tree::TypeKind::Flow => Kind::Flow,
            tree::TypeKind::Spike | tree::TypeKind::Event => Kind::Event,
            tree::TypeKind::Clock(p) => {
                let (expr, kind) = self.clock_period(p);
                period = Some(expr);
                kind
            }
        };
        let mut shape = Vec::new();
        let mut sizes = Vec::new();
        for size in &ty.shape {
            let (expr, size) = self.count(size, "a size");
            shape.push(expr);
            sizes.push(size);
        }
        Declared { ty: Type::new(kind, base, sizes), spelling, shape, period, span: ty.span }
    }

    /// The period of a clock: a constant time.
    pub(crate) fn clock_period(&mut self, tree: &'t tree::Expr) -> (Expr, Kind) {
        let expr = self.constant_of(tree, Some(&Need::time("a period")), "a period");
        let known = self.interval(&expr);
        if known.low <= 0.0 && known.low.is_finite() && !expr.ty.is_unknown() {
            let may_be = if known.high <= 0.0 { "is no time" } else { "may be no time" };
            let message = format!(
                "a period of `{}` {may_be}: such a clock ticks without end at one instant",
                self.source(tree.span)
            );
            // A name that several clocks have for a period is told once.
            let is_name = matches!(tree.kind, tree::ExprKind::Name(_));
            if !is_name || !self.diagnostics.iter().any(|told| told.code == &E0507 && told.message == message) {
                self.report(Diagnostic::new(&E0507, expr.place, message).help("a period is longer than 0 ms"));
            }
        }
        let kind = Kind::Clock(self.period_of(tree, &expr));
        (expr, kind)
    }

    fn period_of(&self, tree: &'t tree::Expr, expr: &Expr) -> Period {
        // A parameter's default is not its value: it is named.
        let has_parameter = {
            let mut found = false;
            expr.each(&mut |inner| {
                if let crate::typed::ExprKind::Local(id) = inner.kind {
                    found |= self.local(id).role == Role::Parameter;
                }
            });
            found
        };
        match self.interval(expr).single() {
            Some(seconds) if !has_parameter => crate::environment::period_of(seconds),
            _ => Period::Named(self.source(tree.span).into()),
        }
    }

    /// The unit of a type, for messages only.
    pub(crate) fn declared_spelling(&self, ty: &tree::Type) -> Spelling {
        spelling::of_unit(&ty.unit, &|name| self.is_generic_unit(name)).unwrap_or_else(|_| Spelling::one())
    }

    fn is_generic_unit(&self, name: &str) -> bool {
        self.find_local(name).is_some_and(|id| self.local(id).role == Role::Unit)
    }

    fn unit(&mut self, unit: &'t tree::Unit) -> (Base, Spelling) {
        if let [factor] = unit.factors.as_slice()
            && factor.exponent == (1, 1)
        {
            match factor.name.text.as_str() {
                "bool" => return (Base::Truth, Spelling::one()),
                "int" => return (Base::Integer, Spelling::one()),
                _ => {}
            }
        }
        if let Some(step) =
            unit.factors.iter().find(|factor| factor.name.text == "step" && !self.is_generic_unit("step"))
        {
            let place = self.place(step.name.span);
            let message = "`step` is the run's dt, and a type cannot depend on the run";
            self.report(Diagnostic::new(&E0102, place, message).fix("write a time: `ms`", place, "ms"));
            return (Base::Unknown, Spelling::one());
        }
        match spelling::of_unit(unit, &|name| self.is_generic_unit(name)) {
            Ok(spelling) => (Base::Number(spelling.dimension().clone()), spelling),
            Err(index) => {
                if let Some(factor) = unit.factors.get(index) {
                    self.report_unknown_unit(&factor.name, unit.factors.len());
                }
                (Base::Unknown, Spelling::one())
            }
        }
    }

    fn report_unknown_unit(&mut self, name: &tree::Name, factors: usize) {
        let place = self.place(name.span);
        if matches!(name.text.as_str(), "bool" | "int") && factors > 1 {
            let message = format!("`{}` is a type of its own and no unit", name.text);
            self.report(Diagnostic::new(&E0102, place, message));
            return;
        }
        let message = format!("`{}` is no unit", name.text);
        let mut known: Vec<SmolStr> = neuro_syntax::units::unit_names().into_iter().map(SmolStr::from).collect();
        known.extend(["real", "bool", "int"].into_iter().map(SmolStr::from));
        let generics = self.scopes.iter().flat_map(|scope| scope.iter());
        known.extend(generics.filter(|(_, id)| self.local(**id).role == Role::Unit).map(|(name, _)| name.clone()));
        let diagnostic = Diagnostic::new(&E0102, place, message);
        let usual = match name.text.as_str() {
            "float" | "double" | "f32" | "f64" | "number" => Some("real"),
            "integer" | "uint" | "i32" | "usize" => Some("int"),
            "boolean" => Some("bool"),
            "sec" | "second" | "seconds" => Some("s"),
            "volt" | "volts" => Some("V"),
            "amp" | "ampere" => Some("A"),
            "siemens" => Some("S"),
            "farad" => Some("F"),
            "ohm" => Some("Ohm"),
            "hz" | "hertz" => Some("Hz"),
            _ => None,
        };
        let same = known.iter().find(|unit| unit.eq_ignore_ascii_case(&name.text)).cloned();
        let diagnostic = match usual.map(SmolStr::from).or(same) {
            Some(usual) => diagnostic.fix(format!("did you mean `{usual}`?"), place, usual.as_str()),
            None => names::suggest(diagnostic, &name.text, place, &known),
        };
        self.report(
            diagnostic
                .help("the table of units is closed; a unit for any dimension is a name in the brackets: node N[U]"),
        );
    }

    /// Declares the names in the brackets, each a unit or a size by where it stands.
    pub(crate) fn declare_generics(
        &mut self,
        generics: &'t [tree::Name],
        parameters: &'t [tree::Parameter],
        body: &'t [tree::Statement],
        result: Option<&'t tree::Type>,
    ) -> Vec<LocalId> {
        let mut types: Vec<&tree::Type> = parameters.iter().map(|parameter| &parameter.ty).collect();
        types.extend(result);
        types_of_statements(body, &mut types);
        let mut ids = Vec::new();
        for name in generics {
            let in_unit =
                |ty: &&tree::Type| ty.unit.factors.iter().find(|f| f.name.text == name.text).map(|f| f.name.span);
            let as_unit = types.iter().find_map(in_unit);
            let as_size = types.iter().flat_map(|ty| &ty.shape).find_map(|size| mention(size, &name.text));
            if let (Some(_), Some(_)) = (as_unit, as_size) {
                self.generic_uses.insert(name.text.clone(), (as_unit, as_size));
            }
            let id = if as_unit.is_some() {
                let dimension = Dimension::of(Factor::Generic(name.text.clone()));
                let spelling = Spelling::of(name.text.clone(), 1.0, dimension.clone());
                self.declare(name, Role::Unit, Type::number(Kind::Const, dimension), Some(spelling))
            } else {
                self.declare(name, Role::Size, Type::constant(Base::Integer), None)
            };
            if as_unit.is_some() && as_size.is_some() {
                // One message is enough: both uses are taken.
                self.locals[id.0 as usize].ty = Type::unknown();
            }
            ids.push(id);
        }
        ids
    }

    /// The generics for a signature.
    pub(crate) fn generics(&self, names: &[tree::Name]) -> Vec<Generic> {
        let generic = |name: &tree::Name| {
            let is_unit = self.find_local(&name.text).is_some_and(|id| self.local(id).role == Role::Unit);
            Generic { name: name.text.clone(), is_unit }
        };
        names.iter().map(generic).collect()
    }

    /// Declares parameters: first all names, so that a shape may mention any of them, then what they need.
    pub(crate) fn declare_parameters(&mut self, parameters: &'t [tree::Parameter]) -> Vec<Parameter> {
        let mut ids = Vec::new();
        for parameter in parameters {
            let (base, spelling) = self.unit(&parameter.ty.unit);
            self.exotic_exponent(&parameter.ty.unit, &spelling);
            if matches!(
                parameter.ty.kind,
                tree::TypeKind::Spike | tree::TypeKind::Event | tree::TypeKind::Clock(_) | tree::TypeKind::Flow
            ) {
                let place = self.place(parameter.ty.span);
                let is_told = |told: &Diagnostic| told.primary.as_ref().is_some_and(|label| label.place == place);
                if self.diagnostics.iter().any(is_told) {
                    ids.push(self.declare(&parameter.name, Role::Parameter, Type::unknown(), None));
                    continue;
                }
                let message = format!("`{}` is a parameter, which is known before time runs", parameter.name.text);
                let diagnostic = Diagnostic::new(&E0408, place, message);
                self.report(
                    diagnostic.help(format!("what changes in time comes in by a port: in {}: …", parameter.name.text)),
                );
            }
            ids.push(self.declare(&parameter.name, Role::Parameter, Type::constant(base), Some(spelling)));
        }
        let mut result = Vec::new();
        for (parameter, id) in parameters.iter().zip(ids) {
            let mut shape = Vec::new();
            let mut sizes = Vec::new();
            for size in &parameter.ty.shape {
                let (expr, size) = self.count(size, "a size");
                shape.push(expr);
                sizes.push(size);
            }
            self.locals[id.0 as usize].ty.shape = sizes;
            let default = parameter.default.as_ref().map(|default| self.parameter_value(id, default));
            let range = parameter.range.as_ref().and_then(|range| self.declared_range(id, range));
            if let (Some((low, high)), Some(tree), Some(value)) = (&range, &parameter.default, &default) {
                self.must_be_in_range(&parameter.name.text, tree, value, (low, high));
            }
            let value = match (&range, &default) {
                (Some((low, high)), _) => self.interval(low).hull(self.interval(high)),
                (None, Some(default)) => self.interval(default),
                (None, None) => Interval::EVERYTHING,
            };
            self.facts_mut(id).value = Some(value);
            result.push(Parameter { local: id, shape, default, range });
        }
        result
    }

    fn declared_need(&self, id: LocalId) -> Option<Need> {
        let local = self.local(id);
        let Base::Number(dimension) = &local.ty.base else { return None };
        Some(Need {
            dimension: dimension.clone(),
            code: &E0301,
            what: format!("`{}`", local.name),
            spelling: self.facts(id).spelling.clone(),
            declared: Some(local.place),
        })
    }

    fn parameter_value(&mut self, id: LocalId, tree: &'t tree::Expr) -> Expr {
        let need = self.declared_need(id);
        let expr = self.within(Context::Constant, |checker| checker.constant_of(tree, need.as_ref(), "a default"));
        if let Some(spelling) = self.facts(id).spelling.clone() {
            self.suspicious_scale(tree, &expr, &spelling);
        }
        let declared = self.local(id).ty.clone();
        let name = self.local(id).name.clone();
        self.fit_declared(expr, tree, &declared, &name)
    }

    /// `in lo..hi` of a parameter or a state.
    pub(crate) fn declared_range(&mut self, id: LocalId, tree: &'t tree::Expr) -> Option<(Expr, Expr)> {
        let tree::ExprKind::Binary { operator: tree::BinaryOperator::Range, left, right, .. } = &tree.kind else {
            let place = self.place(tree.span);
            let message = "a declared range has two ends: in 1 ms..1 s";
            self.report(Diagnostic::new(&E0301, place, message));
            return None;
        };
        let need = self.declared_need(id);
        let told = self.diagnostics.len();
        let low = self.constant_of(left, need.as_ref(), "a range");
        // Ends of one wrong unit are one mistake.
        let need = need.filter(|_| self.diagnostics.len() == told);
        let high = self.constant_of(right, need.as_ref(), "a range");
        self.must_be_a_range(left, right, &low, &high);
        Some((low, high))
    }

    /// The parameters for a signature.
    pub(crate) fn parameter_signatures(&self, parameters: &[Parameter]) -> Vec<ParameterSignature> {
        let signature = |parameter: &Parameter| {
            let local = self.local(parameter.local);
            let default_size = match (&local.ty.base, &parameter.default) {
                (Base::Integer, Some(default)) => Some(self.sizes.resolve(&self.size_of(default))),
                _ => None,
            };
            ParameterSignature {
                name: local.name.clone(),
                ty: self.resolved(&local.ty),
                spelling: self.facts(parameter.local).spelling.clone().unwrap_or_else(Spelling::one),
                has_default: parameter.default.is_some(),
                default_size,
                default_value: parameter
                    .default
                    .as_ref()
                    .map_or(Interval::EVERYTHING, |default| self.interval(default)),
            }
        };
        parameters.iter().map(signature).collect()
    }

    /// W0306: a unit with a fractional exponent in an interface, but per root of a time, which noise has.
    pub(crate) fn exotic_exponent(&mut self, unit: &'t tree::Unit, spelling: &Spelling) {
        let is_time = |name: &str, per: i32| {
            parse_unit_name(name).is_some_and(|unit| {
                let dimension = Dimension::from_base(unit.dimension);
                dimension == Dimension::time().power(crate::dimension::Exponent::whole(per))
            })
        };
        // As written: a root of 1 / s stands beside other units, `mV/s^0.5`.
        let exotic = |factor: &tree::UnitFactor| match factor.exponent {
            (_, 1) => false,
            (-1, 2) => !is_time(&factor.name.text, 1),
            (1, 2) => !is_time(&factor.name.text, -1),
            _ => true,
        };
        if unit.factors.iter().any(exotic) {
            let message = format!("`{spelling}` has a fractional exponent, which no instrument measures");
            let diagnostic = Diagnostic::new(&W0306, self.place(unit.span), message);
            self.report(diagnostic.help("only noise has one, per root of a time: mV/s^0.5"));
        }
    }

    /// E0202 for two declarations of one port or state.
    pub(crate) fn report_second(&mut self, what: &str, place: Place, first: Place) {
        let diagnostic = Diagnostic::new(&E0202, place, format!("{what} a second time")).also(first, "first here");
        self.report(diagnostic);
    }
}

fn types_of_statements<'t>(body: &'t [tree::Statement], types: &mut Vec<&'t tree::Type>) {
    for statement in body {
        match &statement.kind {
            tree::StatementKind::In { ty, .. }
            | tree::StatementKind::Out { ty, .. }
            | tree::StatementKind::State { ty, .. } => {
                types.push(ty);
            }
            tree::StatementKind::Let(definition) => types.extend(definition.ty.as_ref()),
            tree::StatementKind::For { body, .. } => types_of_statements(body, types),
            tree::StatementKind::If { then, otherwise, .. } => {
                types_of_statements(then, types);
                types_of_statements(otherwise, types);
            }
            tree::StatementKind::Equation { .. }
            | tree::StatementKind::On { .. }
            | tree::StatementKind::Wire(_)
            | tree::StatementKind::Error => {}
        }
    }
}

/// Where a size mentions a name.
fn mention(tree: &tree::Expr, name: &str) -> Option<Span> {
    match &tree.kind {
        tree::ExprKind::Name(text) => (text == name).then_some(tree.span),
        tree::ExprKind::Binary { left, right, .. } => mention(left, name).or_else(|| mention(right, name)),
        tree::ExprKind::Unary { operand, .. } => mention(operand, name),
        tree::ExprKind::Call { arguments, .. } => arguments.iter().find_map(|argument| mention(&argument.value, name)),
        tree::ExprKind::Index { base, indices } => {
            mention(base, name).or_else(|| indices.iter().find_map(|index| mention(index, name)))
        }
        _ => None,
    }
}
