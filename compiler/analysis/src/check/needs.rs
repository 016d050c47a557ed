//! What a place needs from the value that stands there, and what to say when it gets something else.

use super::{Checker, Context};
use crate::dimension::{Dimension, Exponent};
use crate::environment::{Instances, Meaning, Signature};
use crate::spelling::{self, Spelling};
use crate::typed::{Base, Expr, ExprKind, Role, Type};
use neuro_diagnostics::{Code, Diagnostic, Place};
use neuro_syntax::tree;

code!(E0301, "dimensions do not match");
code!(W0308, "a suspicious scale");

/// A dimension that a place needs.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    /// Which.
    pub(crate) dimension: Dimension,
    /// The code of a mismatch.
    pub(crate) code: &'static Code,
    /// Who needs it, for the message: "`v'`", "argument `tau`".
    pub(crate) what: String,
    /// Its unit as the user writes it.
    pub(crate) spelling: Option<Spelling>,
    /// Where that is said.
    pub(crate) declared: Option<Place>,
}

impl Need {
    /// Of plain numbers, for a function.
    pub(crate) fn plain(code: &'static Code, what: impl Into<String>) -> Self {
        Self { dimension: Dimension::one(), code, what: what.into(), spelling: Some(Spelling::one()), declared: None }
    }

    /// Of a time.
    pub(crate) fn time(what: impl Into<String>) -> Self {
        let spelling = Spelling::of("ms", 1e-3, Dimension::time());
        Self { dimension: Dimension::time(), code: &E0301, what: what.into(), spelling: Some(spelling), declared: None }
    }
}

impl<'t> Checker<'t> {
    /// The dimension of a value, with all put in that is known.
    pub(crate) fn dimension(&self, ty: &Type) -> Option<Dimension> {
        ty.dimension().map(|dimension| self.units.resolve(&dimension))
    }

    /// Makes sure that a value has the dimension that its place needs; else says so and gives it that dimension.
    pub(crate) fn fit(&mut self, mut expr: Expr, tree: &'t tree::Expr, need: Option<&Need>) -> Expr {
        let Some(need) = need else { return expr };
        match &expr.ty.base {
            Base::Unknown => {}
            Base::Number(dimension) => {
                let dimension = dimension.clone();
                if !self.units.unify(&dimension, &need.dimension) {
                    self.mismatch(tree, &expr, need);
                    expr.ty.base = Base::Number(need.dimension.clone());
                }
            }
            Base::Integer => {
                if !self.units.unify(&need.dimension, &Dimension::one()) {
                    self.mismatch(tree, &expr, need);
                    expr.ty.base = Base::Number(need.dimension.clone());
                }
            }
            Base::Truth => {
                let text = self.shown(tree);
                let place = self.place(tree.span);
                let message = format!("{} needs a number, but {text} is a truth", need.what);
                let fix = format!("if {} then 1 else 0", self.source(tree.span));
                self.report(Diagnostic::new(need.code, place, message).fix(format!("write `{fix}`"), place, fix));
                expr.ty.base = Base::Unknown;
            }
            Base::Text | Base::Instance(_) | Base::List(_) | Base::Opaque(_) | Base::Edges(_) => {}
        }
        expr
    }

    /// W0308 for a literal that is far from the scale of its parameter's unit, and written in another: `tau = 20 s`.
    pub(crate) fn suspicious_scale(&mut self, tree: &'t tree::Expr, value: &Expr, declared: &Spelling) {
        let tree::ExprKind::Quantity { unit: Some(unit), written, .. } = &tree.kind else { return };
        let (Ok(own), ExprKind::Number(si)) = (spelling::of_unit(unit, &|_| false), &value.kind) else { return };
        let magnitude = (si / declared.scale()).abs();
        let is_near = (1e-3..=1e3).contains(&magnitude) || magnitude == 0.0;
        if is_near || own.to_string() == declared.to_string() || own.dimension() != declared.dimension() {
            return;
        }
        let place = self.place(tree.span);
        let shown = spelling::quantity(*si, declared);
        let message =
            format!("`{}` is {shown}, which is unusual for a parameter in {declared}", self.source(tree.span));
        let text = format!("{written} {}", declared.behind_a_number());
        let diagnostic = Diagnostic::new(&W0308, place, message).fix(format!("is `{text}` meant?"), place, text);
        self.report(diagnostic.help(format!("if it is right, write it in the parameter's unit: {shown}")));
    }

    /// The unit of a value as the user would write it.
    pub(crate) fn spelled(&self, tree: &'t tree::Expr, dimension: &Dimension) -> Spelling {
        let dimension = self.units.resolve(dimension);
        match self.spell(tree) {
            Some(spelling) if *spelling.dimension() == dimension => spelling,
            _ => spelling::of_dimension(&dimension),
        }
    }

    /// A part of the text for a message: itself where it is short, else "this".
    pub(crate) fn shown(&self, tree: &'t tree::Expr) -> String {
        let source = self.source(tree.span);
        if source.chars().count() <= 32 && !source.contains('\n') { format!("`{source}`") } else { "this".into() }
    }

    /// Says that an expression measures something else than is needed.
    pub(crate) fn mismatch(&mut self, tree: &'t tree::Expr, expr: &Expr, need: &Need) {
        let found = self.dimension(&expr.ty).unwrap_or_default();
        let wanted = self.units.resolve(&need.dimension);
        let found_unit = self.spelled(tree, &found);
        let wanted_unit = match &need.spelling {
            Some(spelling) if *spelling.dimension() == wanted => spelling.clone(),
            _ => spelling::of_dimension(&wanted),
        };
        let (found_text, wanted_text) = distinct(&found_unit, &wanted_unit);
        let message = format!("{} needs {wanted_text}, but {} is {found_text}", need.what, self.shown(tree));
        let place = self.place(tree.span);
        let mut diagnostic = Diagnostic::new(need.code, place, message).label(format!("this is {found_text}"));
        if let Some(declared) = need.declared
            && declared != place
        {
            diagnostic = diagnostic.also(declared, format!("{wanted_text} is needed because of this"));
        }
        let diagnostic = self.ways_out(diagnostic, tree, &found_unit, &wanted_unit);
        self.report(diagnostic);
    }

    /// What would turn one unit into the other.
    fn ways_out(
        &self,
        diagnostic: Diagnostic,
        tree: &'t tree::Expr,
        found: &Spelling,
        wanted: &Spelling,
    ) -> Diagnostic {
        let place = self.place(tree.span);
        let source = self.source(tree.span);
        let quotient = wanted.dimension().over(found.dimension());
        if wanted.is_generic() && found.dimension().is_one() {
            return diagnostic.help("a unit that each use solves has one number that fits all of them: 0");
        }
        if let tree::ExprKind::Quantity { unit: None, .. } = &tree.kind {
            let text = format!("{source} {}", wanted.behind_a_number());
            return diagnostic.fix(format!("give it its unit: `{text}`"), place, text);
        }
        let rate = Dimension::time().power(Exponent::whole(-1));
        if quotient == rate
            && let Some((box_place, inside)) = self.find_box(tree)
        {
            let text = format!("impulse({inside})");
            return diagnostic
                .help("to hold it for a step, as step simulators do, divide it by the time constant")
                .fix(format!("to make the state jump at each event, write `{text}`"), box_place, text);
        }
        let factors = self.names_that_measure(tree, &quotient);
        let divisors = self.names_that_measure(tree, &Dimension::one().over(&quotient));
        match (factors.as_slice(), divisors.as_slice()) {
            ([name], []) => {
                let text = format!("{} * {name}", self.operand(tree));
                return diagnostic.fix(format!("multiply by `{name}`: `{text}`"), place, text);
            }
            ([], [name]) => {
                let text = format!("{} / {name}", self.operand(tree));
                return diagnostic.fix(format!("divide by `{name}`: `{text}`"), place, text);
            }
            ([], []) => {}
            (factors, divisors) => {
                let by = |what: &str, names: &[&str]| match names {
                    [] => None,
                    names => Some(format!(
                        "{what} by {}",
                        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
                    )),
                };
                let ways = [by("multiply", factors), by("divide", divisors)].into_iter().flatten().collect::<Vec<_>>();
                return diagnostic.help(format!("perhaps {}", ways.join(", or ")));
            }
        }
        if quotient == rate {
            return diagnostic.help("divide it by a time");
        }
        if quotient == Dimension::time() {
            return diagnostic.help("multiply it by a time, or divide by one less");
        }
        let factor = wanted.over(found);
        if found.dimension().is_one() {
            let text = format!("{} * {}", self.operand(tree), wanted.one_of_it());
            return diagnostic.fix(format!("give it its unit: `{text}`"), place, text);
        }
        if wanted.dimension().is_one() {
            return diagnostic
                .help(format!("divide it by a scale of the same unit, a parameter such as scale: {found} = …"));
        }
        diagnostic.help(format!("what is missing is a factor in {factor}"))
    }

    /// The expression's text as the operand of `*` or `/`.
    fn operand(&self, tree: &'t tree::Expr) -> String {
        let source = self.source(tree.span);
        let is_sum = matches!(
            &tree.kind,
            tree::ExprKind::Binary {
                operator: tree::BinaryOperator::Add | tree::BinaryOperator::Subtract | tree::BinaryOperator::Divide,
                ..
            } | tree::ExprKind::If { .. }
        );
        if is_sum && !source.starts_with('(') { format!("({source})") } else { source.into() }
    }

    /// Parameters of this dimension that the expression does not mention, for proposals: if one is called like what the
    /// equation is of, it alone; at most three.
    fn names_that_measure(&self, tree: &'t tree::Expr, dimension: &Dimension) -> Vec<&str> {
        if dimension.is_one() {
            return Vec::new();
        }
        let fitting = self.locals.iter().filter(|local| {
            local.role == Role::Parameter
                && local.ty.shape.is_empty()
                && self.dimension(&local.ty).is_some_and(|own| own == *dimension)
        });
        let mut names: Vec<&str> = fitting.map(|local| local.name.as_str()).collect();
        // Of times only a time constant divides an equation; a delay or a rest does not.
        if *dimension == Dimension::time() {
            names.retain(|name| name.starts_with("tau"));
        }
        names.retain(|name| !mentions(tree, name));
        let state = match &self.context {
            Context::Equation(state) => Some(&self.local(*state).name),
            _ => None,
        };
        let near = |name: &&&str| state.is_some_and(|state| name.ends_with(state.as_str()));
        if let Some(near) = names.iter().find(near).copied() {
            return vec![near];
        }
        names.truncate(3);
        names
    }

    /// `box(s)` inside an expression, with the text of `s`.
    fn find_box(&self, tree: &'t tree::Expr) -> Option<(Place, &'t str)> {
        match &tree.kind {
            tree::ExprKind::Call { callee, arguments } => match (&callee.kind, arguments.as_slice()) {
                (tree::ExprKind::Name(name), [argument]) if name == "box" => {
                    Some((self.place(tree.span), self.source(argument.value.span)))
                }
                _ => None,
            },
            tree::ExprKind::Binary { left, right, .. } => self.find_box(left).or_else(|| self.find_box(right)),
            tree::ExprKind::Unary { operand, .. } => self.find_box(operand),
            _ => None,
        }
    }

    /// The unit of an expression, by how its text is built; `None` where nothing can be said.
    pub(crate) fn spell(&self, tree: &'t tree::Expr) -> Option<Spelling> {
        use tree::{BinaryOperator, ExprKind as Tree};
        match &tree.kind {
            Tree::Quantity { unit: None, .. } => Some(Spelling::one()),
            Tree::Quantity { unit: Some(unit), .. } => spelling::of_unit(unit, &|_| false).ok(),
            Tree::Name(name) => match self.find_local(name) {
                Some(id) => self.facts(id).spelling.clone(),
                None => self.const_spelling(name),
            },
            Tree::Unary { operand, .. } => self.spell(operand),
            Tree::Binary { operator, left, right, .. } => match operator {
                BinaryOperator::Add | BinaryOperator::Subtract => match self.spell(left) {
                    Some(spelling) if !spelling.dimension().is_one() => Some(spelling),
                    _ => self.spell(right),
                },
                BinaryOperator::Multiply | BinaryOperator::MatrixMultiply => {
                    Some(self.spell(left)?.times(&self.spell(right)?))
                }
                BinaryOperator::Divide => Some(self.spell(left)?.over(&self.spell(right)?)),
                BinaryOperator::Power => Some(self.spell(left)?.power(literal_exponent(right)?)),
                _ => None,
            },
            Tree::If { then, .. } => self.spell(then),
            Tree::Index { base, .. } => self.spell(base),
            // A 0 needs no unit.
            Tree::List(elements) => self.spell_first(elements.iter()),
            Tree::Field { base, name } => self.port_spelling(base, &name.text),
            Tree::Call { callee, arguments } => {
                let Tree::Name(name) = &callee.kind else { return None };
                if name == "noise" {
                    let root = Exponent::new(-1, 2)?;
                    return Some(Spelling::of("s", 1.0, Dimension::time()).power(root));
                }
                let first = &arguments.first()?.value;
                match name.as_str() {
                    "abs" | "relu" | "min" | "max" | "clip" | "hold" | "box" | "sample" | "sum" | "mean" | "final" => {
                        self.spell(first)
                    }
                    "linspace" | "uniform" | "normal" | "concat" => {
                        self.spell_first(arguments.iter().take(2).map(|argument| &argument.value))
                    }
                    "impulse" => Some(self.spell(first)?.per_time(None)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The first unit that one of several expressions has.
    fn spell_first(&self, trees: impl Iterator<Item = &'t tree::Expr> + Clone) -> Option<Spelling> {
        let mut spelled = trees.clone().filter_map(|tree| self.spell(tree));
        let with_unit = spelled.find(|spelling| !spelling.dimension().is_one());
        with_unit.or_else(|| trees.into_iter().find_map(|tree| self.spell(tree)))
    }

    fn const_spelling(&self, name: &str) -> Option<Spelling> {
        match self.find_outside(name)? {
            Meaning::Item(item) => match &*self.signature_of(item) {
                Signature::Const(constant) => Some(constant.spelling.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The unit of a port or state behind a dot.
    fn port_spelling(&self, base: &'t tree::Expr, name: &str) -> Option<Spelling> {
        let Instances::One(view) = self.instances_named(base)? else { return None };
        if let Some(port) = self.find_port(&view, name) {
            return Some(port.spelling);
        }
        let crate::typed::InstanceType::Node(item) = &view.of else { return None };
        let Signature::Node(node) = &*self.signature_of(*item) else { return None };
        node.states.iter().find(|state| state.name == name).map(|state| state.spelling.clone())
    }

    /// The instances behind a name or a chain of names: `net`, `net.e`.
    fn instances_named(&self, tree: &'t tree::Expr) -> Option<Instances> {
        match &tree.kind {
            tree::ExprKind::Name(name) => self.facts(self.find_local(name)?).instances.clone(),
            tree::ExprKind::Field { base, name } => {
                let Instances::One(view) = self.instances_named(base)? else { return None };
                self.inside_instances(&view, &name.text)
            }
            _ => None,
        }
    }
}

/// Whether an expression mentions a name.
fn mentions(tree: &tree::Expr, name: &str) -> bool {
    matches!(&tree.kind, tree::ExprKind::Name(text) if text == name)
        || crate::references::parts(tree).into_iter().any(|part| mentions(part, name))
}

/// The exponent that an expression writes: `2`, `-1`, `0.5`, `(1/2)`.
pub(crate) fn literal_exponent(tree: &tree::Expr) -> Option<Exponent> {
    match &tree.kind {
        tree::ExprKind::Quantity { written, unit: None, .. } => decimal(written),
        tree::ExprKind::Unary { operator: tree::UnaryOperator::Negate, operand } => {
            literal_exponent(operand)?.times(Exponent::whole(-1))
        }
        tree::ExprKind::Unary { operator: tree::UnaryOperator::Plus, operand } => literal_exponent(operand),
        tree::ExprKind::Binary { operator: tree::BinaryOperator::Divide, left, right, .. } => {
            let (numerator, denominator) = literal_exponent(right)?.parts();
            literal_exponent(left)?.times(Exponent::new(denominator.into(), numerator.into())?)
        }
        _ => None,
    }
}

/// A decimal number as a fraction, exactly.
fn decimal(written: &str) -> Option<Exponent> {
    let (mantissa, power) = match written.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
        None => (written, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i64 = format!("{whole}{fraction}").parse().ok()?;
    let power = power.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let scale = 10i64.checked_pow(power.unsigned_abs())?;
    if power < 0 { Exponent::new(digits, scale) } else { Exponent::new(digits.checked_mul(scale)?, 1) }
}

/// Two units as texts that differ: where the spellings agree in letters only, SI tells them apart.
fn distinct(found: &Spelling, wanted: &Spelling) -> (String, String) {
    let name = |spelling: &Spelling| match spelling.to_string() {
        text if text == "1" => "a plain number".to_owned(),
        text => text,
    };
    let (a, b) = (name(found), name(wanted));
    if a != b {
        return (a, b);
    }
    (name(&spelling::of_dimension(found.dimension())), name(&spelling::of_dimension(wanted.dimension())))
}
