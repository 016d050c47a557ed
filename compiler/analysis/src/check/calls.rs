//! Calls: who is called, and which argument is meant for which parameter.

use super::Checker;
use crate::codes::{E0201, E0202, E0212};
use crate::environment::{Meaning, Signature};
use crate::names::{self, listed};
use crate::typed::Expr;
use neuro_diagnostics::{Diagnostic, Place, Span};
use neuro_syntax::tree;
use smol_str::SmolStr;

code!(E0204, "unknown argument or setting");
code!(E0205, "missing argument");

/// A parameter as far as the order of arguments goes.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) name: SmolStr,
    pub(crate) required: bool,
    /// Takes an argument by its position too; in-ports are only named.
    pub(crate) positional: bool,
}

impl<'t> Checker<'t> {
    /// `f(…)`, `N(…)`, `N[3](…)`
    pub(crate) fn call(
        &mut self,
        tree: &'t tree::Expr,
        callee: &'t tree::Expr,
        arguments: &'t [tree::Argument],
    ) -> Expr {
        if let tree::ExprKind::Index { base, indices } = &callee.kind
            && let Some(meaning) = self.path(base)
            && self.is_node(&meaning)
        {
            return self.instance(tree, base, &meaning, indices, arguments);
        }
        match self.path(callee) {
            Some(meaning) if self.is_node(&meaning) => self.instance(tree, callee, &meaning, &[], arguments),
            Some(Meaning::Builtin(builtin)) => self.builtin(tree, builtin, arguments),
            Some(Meaning::Item(item)) if self.forms_a_circle(item) => {
                self.report_circle(item, tree.span);
                self.visit_arguments(arguments);
                self.error(tree.span)
            }
            Some(Meaning::Item(item)) => match &*self.signature_of(item).clone() {
                Signature::Function(function) => self.call_function(tree, callee, item, function, arguments),
                _ => self.not_callable(tree, callee, arguments),
            },
            Some(Meaning::Failed) => {
                self.visit_arguments(arguments);
                self.error(tree.span)
            }
            Some(_) | None => self.not_callable(tree, callee, arguments),
        }
    }

    fn not_callable(&mut self, tree: &'t tree::Expr, callee: &'t tree::Expr, arguments: &'t [tree::Argument]) -> Expr {
        // `x (a - b)` is often a forgotten `*`.
        let known = match &callee.kind {
            tree::ExprKind::Name(name) => self.find_local(name).is_some() || self.find_outside(name).is_some(),
            _ => true,
        };
        if !known {
            if let Some(diagnostic) = self.word_of_a_task(callee) {
                self.report(diagnostic);
            } else {
                self.infer(callee);
            }
            self.visit_arguments(arguments);
            return self.error(tree.span);
        }
        let callee_expr = self.infer(callee);
        if !callee_expr.ty.is_unknown() {
            let place = self.place(callee.span);
            let message = format!("{} is no function and no node", self.shown(callee));
            let diagnostic = Diagnostic::new(&E0212, place, message);
            self.report(match arguments {
                [argument] if argument.name.is_none() && callee_expr.ty.is_value() => {
                    let text = format!("{} * ({})", self.source(callee.span), self.source(argument.value.span));
                    diagnostic.fix(format!("for a product write `{text}`"), self.place(tree.span), text)
                }
                _ => diagnostic,
            });
        }
        self.visit_arguments(arguments);
        self.error(tree.span)
    }

    /// Words such as `adam` or `accuracy` have a meaning in some tasks only.
    fn word_of_a_task(&self, callee: &'t tree::Expr) -> Option<Diagnostic> {
        let tree::ExprKind::Name(name) = &callee.kind else { return None };
        let settings = crate::vocabulary::settings_with_word(name);
        if settings.is_empty() {
            return None;
        }
        let message = format!("`{name}` is a word of the setting {} and has no meaning here", listed(&settings));
        Some(Diagnostic::new(&E0201, self.place(callee.span), message))
    }

    /// Looks at arguments of a call that is wrong already.
    pub(crate) fn visit_arguments(&mut self, arguments: &'t [tree::Argument]) {
        for argument in arguments {
            self.infer(&argument.value);
        }
    }

    /// Finds the argument of each slot. `what` is who is called, for messages.
    pub(crate) fn slots(
        &mut self,
        span: Span,
        what: &str,
        slots: &[Slot],
        arguments: &'t [tree::Argument],
    ) -> Vec<Option<&'t tree::Argument>> {
        let mut found: Vec<Option<&'t tree::Argument>> = vec![None; slots.len()];
        let (mut position, mut has_slipped) = (0, false);
        for argument in arguments {
            let place = self.place(argument.name.as_ref().map_or(argument.value.span, |name| name.span));
            let index = match &argument.name {
                Some(name) => match slots.iter().position(|slot| slot.name == name.text) {
                    Some(index) => index,
                    None => {
                        has_slipped = true;
                        self.unknown_argument(name, what, slots);
                        self.infer(&argument.value);
                        continue;
                    }
                },
                None => {
                    let next = (position..slots.len()).find(|index| slots[*index].positional);
                    position = next.map_or(slots.len(), |index| index + 1);
                    match next {
                        Some(index) => index,
                        None => {
                            self.too_many_arguments(place, what, slots);
                            self.infer(&argument.value);
                            continue;
                        }
                    }
                }
            };
            if let Some(first) = found[index] {
                let first = self.place(first.value.span);
                let message = format!("`{}` is given twice", slots[index].name);
                let diagnostic = Diagnostic::new(&E0202, place, message).label("again here").also(first, "first here");
                self.report(diagnostic.fix(
                    "take the second one away",
                    self.with_comma(argument.value.span.to(place.span)),
                    "",
                ));
                continue;
            }
            found[index] = Some(argument);
        }
        // Who slips in a name has not forgotten the argument: one message is enough.
        if !has_slipped {
            self.missing_arguments(span, what, slots, &found);
        }
        found
    }

    /// An argument with the comma and the blanks in front of it.
    fn with_comma(&self, argument: Span) -> Place {
        let front = self.text.get(..argument.start as usize).unwrap_or_default().trim_end();
        let front = front.strip_suffix(',').map_or(front, str::trim_end);
        let start = u32::try_from(front.len()).unwrap_or(argument.start);
        self.place(Span::new(start, argument.end))
    }

    fn missing_arguments(&mut self, span: Span, what: &str, slots: &[Slot], found: &[Option<&'t tree::Argument>]) {
        let missing: Vec<&str> = slots
            .iter()
            .zip(found)
            .filter(|(slot, argument)| slot.required && argument.is_none())
            .map(|(slot, _)| slot.name.as_str())
            .collect();
        if !missing.is_empty() {
            let message = format!("{what} needs {}", listed(&missing));
            let example: Vec<String> = missing.iter().map(|name| format!("{name} = …")).collect();
            let diagnostic = Diagnostic::new(&E0205, self.place(span), message).help(format!(
                "give {}: {}",
                if missing.len() == 1 { "it" } else { "them" },
                example.join(", ")
            ));
            self.report(self.passed_on(diagnostic, span, &missing));
        }
    }

    /// Offers to pass on what has the same names here: `Cell(tau = tau)`.
    fn passed_on(&self, diagnostic: Diagnostic, call: Span, missing: &[&str]) -> Diagnostic {
        let given = missing.iter().all(|name| self.find_local(name).is_some());
        let Some(front) = self.source(call).strip_suffix(')').map(str::trim_end).filter(|_| given) else {
            return diagnostic;
        };
        let arguments: Vec<String> = missing.iter().map(|name| format!("{name} = {name}")).collect();
        let arguments = arguments.join(", ");
        let separator = if front.ends_with('(') {
            ""
        } else if front.ends_with(',') {
            " "
        } else {
            ", "
        };
        let at = call.start + u32::try_from(front.len()).unwrap_or(0);
        let place = self.place(Span::new(at, at));
        diagnostic.fix(
            format!("or hand on what is called so here: `{arguments}`"),
            place,
            format!("{separator}{arguments}"),
        )
    }

    fn unknown_argument(&mut self, name: &tree::Name, what: &str, slots: &[Slot]) {
        let place = self.place(name.span);
        let known: Vec<SmolStr> = slots.iter().map(|slot| slot.name.clone()).collect();
        let message = format!("{what} has no parameter called `{}`", name.text);
        let diagnostic = names::suggest(Diagnostic::new(&E0204, place, message), &name.text, place, &known);
        self.report(diagnostic.help(match known.as_slice() {
            [] => "it takes no arguments".to_owned(),
            known => format!("it has {}", listed(known)),
        }));
    }

    fn too_many_arguments(&mut self, place: Place, what: &str, slots: &[Slot]) {
        let message = match slots.iter().filter(|slot| slot.positional).count() {
            0 => format!("{what} takes no arguments"),
            1 => format!("{what} takes one argument"),
            takes => format!("{what} takes {takes} arguments"),
        };
        let diagnostic = Diagnostic::new(&E0204, place, message);
        let ports: Vec<SmolStr> = slots.iter().filter(|slot| !slot.positional).map(|slot| slot.name.clone()).collect();
        self.report(if ports.is_empty() {
            diagnostic
        } else {
            diagnostic.help(format!("an in-port is given by its name: {}", listed(&ports)))
        });
    }
}
