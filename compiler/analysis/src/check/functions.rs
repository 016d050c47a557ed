//! Functions and constants of a program: their declarations and their calls.

use super::calls::Slot;
use super::{Checker, Context, Need};
use crate::codes::{E0301, E0401, E0408, E0701, E0703};
use crate::dimension::{Dimension, Factor};
use crate::environment::{ConstSignature, FunctionSignature, ParameterSignature, Signature};
use crate::size::{Atom, Size};
use crate::spelling::Spelling;
use crate::typed::{Base, Expr, ExprKind, ItemId, Kind, Parameter, Role, Type, TypedConst, TypedFunction, TypedItem};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;
use smol_str::SmolStr;
use std::collections::BTreeMap;

impl<'t> Checker<'t> {
    /// `const n: int = 3`
    pub(crate) fn constant(&mut self, constant: &'t tree::Const) -> TypedItem {
        let (ty, value, _) = self.constant_parts(constant);
        TypedItem::Const(TypedConst { name: constant.name.text.clone(), ty, locals: Vec::new(), value })
    }

    pub(crate) fn constant_signature(&mut self, constant: &'t tree::Const) -> Signature {
        let (ty, value, spelling) = self.constant_parts(constant);
        let size = if ty.base == Base::Integer { self.size_of(&value).value() } else { None };
        let value = self.interval(&value);
        Signature::Const(ConstSignature { ty: self.resolved(&ty), spelling, size, value })
    }

    fn constant_parts(&mut self, constant: &'t tree::Const) -> (Type, Expr, Spelling) {
        if self.in_a_circle(&constant.value) {
            return (Type::unknown(), self.error(constant.value.span), Spelling::one());
        }
        let declared = constant.ty.as_ref().map(|ty| self.declared_type(ty, Role::Parameter));
        let need = declared.as_ref().and_then(|declared| {
            declared.need(&E0301, format!("`{}`", constant.name.text), self.place(constant.name.span))
        });
        let value = match &constant.value.kind {
            tree::ExprKind::Text(_) => self.infer(&constant.value),
            _ => self.constant_of(&constant.value, need.as_ref(), "a constant"),
        };
        let value = match &declared {
            Some(declared) => self.fit_declared(value, &constant.value, &declared.ty, &constant.name.text),
            None => value,
        };
        let ty = declared.as_ref().map_or_else(|| value.ty.clone(), |declared| declared.ty.clone());
        let spelling = match declared {
            Some(declared) => declared.spelling,
            None => {
                let dimension = self.dimension(&ty).unwrap_or_default();
                self.spelled(&constant.value, &dimension)
            }
        };
        (ty, value, spelling)
    }

    /// `fn f(x: mV): mV = …`
    pub(crate) fn function(&mut self, function: &'t tree::Function) -> TypedItem {
        let name = function.name.text.clone();
        let Some((generics, parameters, result, body)) = self.function_parts(function) else { return TypedItem::Error };
        self.check_generics(&function.generics);
        TypedItem::Function(TypedFunction { name, locals: Vec::new(), generics, parameters, body, result })
    }

    pub(crate) fn function_signature(&mut self, function: &'t tree::Function) -> Signature {
        let Some((_, parameters, result, body)) = self.function_parts(function) else { return Signature::Nothing };
        let mut is_random = false;
        body.each(&mut |expr| match &expr.kind {
            ExprKind::Builtin { function, .. } => is_random |= function.is_random(),
            ExprKind::Call { function, .. } => {
                is_random |= matches!(&*self.signature_of(*function), Signature::Function(f) if f.is_random);
            }
            _ => {}
        });
        let spelling = match &function.result {
            Some(ty) => self.declared_spelling(ty),
            None => {
                let dimension = self.dimension(&result).unwrap_or_default();
                self.spelled(&function.body, &dimension)
            }
        };
        Signature::Function(FunctionSignature {
            generics: self.generics(&function.generics),
            parameters: self.parameter_signatures(&parameters),
            result: self.resolved(&result),
            spelling,
            is_random,
        })
    }

    #[allow(clippy::type_complexity)]
    fn function_parts(
        &mut self,
        function: &'t tree::Function,
    ) -> Option<(Vec<crate::typed::LocalId>, Vec<Parameter>, Type, Expr)> {
        if self.in_a_circle(&function.body) {
            return None;
        }
        let mut types: Vec<&'t tree::Type> = function.parameters.iter().map(|parameter| &parameter.ty).collect();
        types.extend(function.result.as_ref());
        for ty in types {
            if matches!(ty.kind, tree::TypeKind::Spike | tree::TypeKind::Event | tree::TypeKind::Clock(_)) {
                let message = "a function computes values, and an event has none between its instants";
                let diagnostic = Diagnostic::new(&E0401, self.place(ty.span), message);
                self.report(
                    diagnostic.help("a node has event ports; or hand the function the payload that `on … as a` names"),
                );
            }
        }
        let generics = self.declare_generics(&function.generics, &function.parameters, &[], function.result.as_ref());
        let parameters = self.declare_parameters(&function.parameters);
        let declared = function.result.as_ref().map(|ty| self.declared_type(ty, Role::Parameter));
        let what = format!("the result of `{}`", function.name.text);
        let need =
            declared.as_ref().and_then(|declared| declared.need(&E0301, what.clone(), self.place(declared.span)));
        let body = self.within(Context::Let, |checker| checker.value(&function.body, need.as_ref()));
        self.must_be_timeless(function, &body);
        let body = match &declared {
            Some(declared) => self.fit_declared(body, &function.body, &declared.ty, "the result"),
            None => body,
        };
        let result = declared.map_or_else(|| body.ty.clone(), |declared| declared.ty);
        Some((generics, parameters, result, body))
    }

    /// E0408 if a function reads what changes in time beside its parameters: where it is called, nothing says that.
    fn must_be_timeless(&mut self, function: &'t tree::Function, body: &Expr) {
        if body.ty.kind == Kind::Const || body.ty.is_unknown() {
            return;
        }
        let moving = moving_part(body);
        let source = self.source(moving.place.span);
        let message =
            format!("`{}` computes from what it is given, but `{source}` changes in time", function.name.text);
        let diagnostic = Diagnostic::new(&E0408, moving.place, message);
        self.report(diagnostic.help("make it a parameter, and give it in each call"));
    }

    /// `f(a, b)`
    pub(crate) fn call_function(
        &mut self,
        tree: &'t tree::Expr,
        callee: &'t tree::Expr,
        item: ItemId,
        function: &FunctionSignature,
        arguments: &'t [tree::Argument],
    ) -> Expr {
        let name = self.source(callee.span);
        let slots: Vec<Slot> = function
            .parameters
            .iter()
            .map(|parameter| Slot { name: parameter.name.clone(), required: !parameter.has_default, positional: true })
            .collect();
        let found = self.slots(tree.span, &format!("`{name}`"), &slots, arguments);
        let mut instance = Substitution::default();
        for generic in &function.generics {
            if generic.is_unit {
                instance.units.insert(generic.name.clone(), self.units.fresh());
            } else {
                instance.sizes.insert(generic.name.clone(), self.sizes.fresh());
            }
        }
        let mut typed: Vec<Option<Expr>> = Vec::new();
        let mut kinds: Vec<(&'t tree::Expr, Kind)> = Vec::new();
        let mut lifted: Vec<Size> = Vec::new();
        for (parameter, argument) in function.parameters.iter().zip(&found) {
            let Some(argument) = argument else {
                if let Some(size) = &parameter.default_size {
                    let size = instance.size(size);
                    instance.sizes.insert(parameter.name.clone(), size);
                }
                typed.push(None);
                continue;
            };
            let expr = self.function_argument(name, parameter, &argument.value, &mut instance, &mut lifted);
            kinds.push((&argument.value, expr.ty.kind.clone()));
            typed.push(Some(expr));
        }
        for generic in function.generics.iter().filter(|generic| !generic.is_unit) {
            let size = instance.sizes.get(&generic.name).map(|size| self.sizes.resolve(size));
            if size.is_some_and(|size| size.has_variable()) && typed.iter().flatten().all(|expr| !expr.ty.is_unknown())
            {
                let message = format!("nothing says what size `{}` of `{name}` is", generic.name);
                self.report(Diagnostic::new(&E0703, self.place(tree.span), message));
            }
        }
        let borrowed: Vec<(&'t tree::Expr, &Kind)> = kinds.iter().map(|(tree, kind)| (*tree, kind)).collect();
        let kind = self.joined_kind(&borrowed);
        let mut ty = instance.ty(&function.result);
        ty.kind = kind;
        if ty.shape.is_empty() {
            ty.shape = lifted;
        }
        if found.iter().zip(&slots).any(|(argument, slot)| slot.required && argument.is_none()) {
            ty.base = Base::Unknown;
        }
        self.expr(ExprKind::Call { function: item, arguments: typed }, ty, tree.span)
    }

    /// One argument; where the function takes one value an array goes element by element, which `lifted` notes.
    fn function_argument(
        &mut self,
        function: &str,
        parameter: &ParameterSignature,
        tree: &'t tree::Expr,
        instance: &mut Substitution,
        lifted: &mut Vec<Size>,
    ) -> Expr {
        let wanted = instance.ty(&parameter.ty);
        let what = format!("argument `{}` of `{function}`", parameter.name);
        let expr = match &wanted.base {
            Base::Number(dimension) => {
                let spelling = Some(parameter.spelling.clone());
                let need = Need { dimension: dimension.clone(), code: &E0301, what, spelling, declared: None };
                self.value(tree, Some(&need))
            }
            Base::Integer => {
                let (expr, size) = self.whole(tree, &what);
                instance.sizes.insert(parameter.name.clone(), size);
                expr
            }
            Base::Truth => self.truth(tree),
            Base::Text | Base::Instance(_) | Base::List(_) | Base::Opaque(_) | Base::Edges(_) | Base::Unknown => {
                self.value(tree, None)
            }
        };
        if wanted.shape.is_empty() {
            *lifted = self.joined_shape(tree.span, lifted, &expr.ty.shape);
        } else if !expr.ty.is_unknown() && !self.same_shape(&wanted.shape, &expr.ty.shape) {
            let (a, b) = (self.shown_shape(&wanted.shape), self.shown_shape(&expr.ty.shape));
            let message = format!("`{}` of `{function}` is {a}, and {} is {b}", parameter.name, self.shown(tree));
            self.report(Diagnostic::new(&E0701, expr.place, message));
        }
        expr
    }

    /// Makes sure that a value has the shape and sort that was declared.
    pub(crate) fn fit_declared(&mut self, mut expr: Expr, tree: &'t tree::Expr, declared: &Type, name: &str) -> Expr {
        if expr.ty.is_unknown() || declared.is_unknown() {
            return expr;
        }
        let sorts = match (&declared.base, &expr.ty.base) {
            (Base::Integer, _) if !self.is_whole(&expr) => Some(("whole number", "round it: floor(…)")),
            (Base::Truth, base) if *base != Base::Truth => Some(("truth", "compare it: … > 0")),
            (Base::Number(_), Base::Truth) => Some(("number", "write if … then 1 else 0")),
            _ => None,
        };
        if let Some((sort, help)) = sorts {
            let message = format!("`{name}` is declared as a {sort}, and {} is none", self.shown(tree));
            self.report(Diagnostic::new(&E0301, expr.place, message).help(help));
            return self.error(tree.span);
        }
        if !expr.ty.shape.is_empty() && !self.same_shape(&declared.shape, &expr.ty.shape) {
            let (a, b) = (self.shown_shape(&declared.shape), self.shown_shape(&expr.ty.shape));
            let message = format!("`{name}` is declared as {a}, and {} is {b}", self.shown(tree));
            self.report(Diagnostic::new(&E0701, expr.place, message));
            expr.ty.shape = declared.shape.clone();
        }
        expr
    }

    /// What the names of the item say about its generics: E0202 if one is a unit and a size.
    pub(crate) fn check_generics(&mut self, generics: &'t [tree::Name]) {
        for name in generics {
            let Some((Some(unit), Some(size))) = self.generic_uses.get(&name.text).copied() else { continue };
            let message = format!("`{}` stands as a unit in one place and as a size in the other", name.text);
            let diagnostic = Diagnostic::new(&crate::codes::E0202, self.place(name.span), message)
                .also(self.place(unit), "a unit here")
                .also(self.place(size), "a size here")
                .help("give the two different names in the brackets");
            self.report(diagnostic);
        }
    }

    /// A type with everything put in that is known.
    pub(crate) fn resolved(&self, ty: &Type) -> Type {
        let base = match &ty.base {
            Base::Number(dimension) => Base::Number(self.units.resolve(dimension)),
            Base::List(element) => Base::List(Box::new(self.resolved(element))),
            other => other.clone(),
        };
        Type { kind: ty.kind.clone(), base, shape: ty.shape.iter().map(|size| self.sizes.resolve(size)).collect() }
    }
}

/// What the generics and whole parameters of a function stand for in one call.
#[derive(Default)]
struct Substitution {
    units: BTreeMap<SmolStr, Dimension>,
    sizes: BTreeMap<SmolStr, Size>,
}

impl Substitution {
    fn size(&self, size: &Size) -> Size {
        size.substitute(&|atom| match atom {
            Atom::Name(name, 0) => Some(self.sizes.get(name).cloned().unwrap_or_else(Size::unknown)),
            Atom::Name(..) => Some(Size::unknown()),
            Atom::Floor(..) | Atom::Variable(_) | Atom::Unknown => None,
        })
    }

    fn ty(&self, ty: &Type) -> Type {
        let base = match &ty.base {
            Base::Number(dimension) => Base::Number(dimension.substitute(&|factor| match factor {
                Factor::Generic(name) => self.units.get(name).cloned(),
                Factor::Base(_) | Factor::Variable(_) | Factor::Overflow => None,
            })),
            other => other.clone(),
        };
        Type::new(ty.kind.clone(), base, ty.shape.iter().map(|size| self.size(size)).collect())
    }
}

/// The innermost first part of an expression that is no constant.
fn moving_part(expr: &Expr) -> &Expr {
    let mut moving = expr;
    while let Some(child) = moving.children().into_iter().find(|child| child.ty.kind != Kind::Const) {
        moving = child;
    }
    moving
}
