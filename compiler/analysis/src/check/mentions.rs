//! Names that stand as expressions: what each stands for, and what was perhaps meant by one that nothing has.

use super::Checker;
use crate::builtins::Builtin;
use crate::codes::{E0201, E0205, E0212, E0502};
use crate::environment::{Meaning, Signature};
use crate::names;
use crate::typed::{Base, Expr, ExprKind, LocalId, Role, Type};
use neuro_diagnostics::{Diagnostic, Place, Span};
use neuro_syntax::tree;
use smol_str::SmolStr;
use std::collections::BTreeSet;

code!(E0207, "an out-port is read");

impl<'t> Checker<'t> {
    /// A name that stands as an expression.
    pub(crate) fn name(&mut self, name: &SmolStr, span: Span) -> Expr {
        if let Some(id) = self.find_local(name) {
            return self.local_value(id, span);
        }
        match self.find_outside(name) {
            Some(Meaning::Builtin(builtin)) if self.names.names.get(name).is_none() || builtin.is_word() => {
                self.builtin_word(builtin, span)
            }
            Some(Meaning::Builtin(builtin)) => self.builtin_word(builtin, span),
            Some(meaning) => self.meaning_as_value(name, &meaning, span),
            None if name == "true" || name == "false" => {
                self.expr(ExprKind::Truth(name == "true"), Type::constant(Base::Truth), span)
            }
            None => {
                self.report_unknown(name, span);
                self.error(span)
            }
        }
    }

    /// A thing of a file that stands as an expression without parentheses.
    pub(crate) fn meaning_as_value(&mut self, name: &str, meaning: &Meaning, span: Span) -> Expr {
        let place = self.place(span);
        if let Meaning::Item(item) = meaning
            && self.forms_a_circle(*item)
        {
            self.report_circle(*item, span);
            return self.error(span);
        }
        let diagnostic = match meaning {
            Meaning::Item(item) => match &*self.signature_of(*item) {
                Signature::Const(constant) => {
                    let ty = constant.ty.clone();
                    return self.expr(ExprKind::Const(*item), ty, span);
                }
                Signature::Nothing => return self.error(span),
                Signature::Function(_) => {
                    Diagnostic::new(&E0205, place, format!("`{name}` is a function and needs its arguments: {name}(…)"))
                }
                Signature::Node(_) => {
                    Diagnostic::new(&E0212, place, format!("`{name}` is a node, and a node is no value"))
                        .help(format!("make an instance of it: let n = {name}(…)"))
                }
                Signature::Task(_) => {
                    Diagnostic::new(&E0201, place, format!("`{name}` is a task; its results have names: {name}.…"))
                }
            },
            Meaning::Nir(_) => Diagnostic::new(&E0212, place, format!("`{name}` is a graph, and a graph is no value"))
                .help(format!("make an instance of it: let n = {name}()")),
            Meaning::Module(_) => {
                Diagnostic::new(&E0201, place, format!("`{name}` is a file; what it holds has names: {name}.…"))
            }
            Meaning::Builtin(builtin) => return self.builtin_word(*builtin, span),
            Meaning::Failed => return self.error(span),
        };
        self.report(diagnostic);
        self.error(span)
    }

    /// Whether a bracket stands behind a name.
    fn is_called(&self, name: Span) -> bool {
        self.text.get(name.end as usize..).is_some_and(|rest| rest.starts_with(['(', '[']))
    }

    /// E0201, with what was perhaps meant.
    pub(crate) fn report_unknown(&mut self, name: &SmolStr, span: Span) {
        let place = self.place(span);
        if self.unit_behind_star(name, span) {
            return;
        }
        if let Some(unit) = neuro_syntax::units::parse_unit_name(name) {
            let message = format!("`{name}` is a unit, and a unit stands behind a number only");
            let diagnostic = Diagnostic::new(&E0201, place, message);
            let before = span.start as usize;
            let front = self.text.get(..before).unwrap_or_default().trim_end();
            // `1 / ms`: the number in front of the sign may take the unit.
            let number = front.strip_suffix('/').map(str::trim_end).filter(|_| self.unit_divisor == Some(span));
            let number_start = number.map(|text| text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'));
            let diagnostic = match (number, number_start) {
                (Some(text), Some(rest)) if text.len() > rest.len() => {
                    let number = &text[rest.len()..];
                    let whole = self.place(Span::new(u32::try_from(rest.len()).unwrap_or(span.start), span.end));
                    let text = format!("{number} {name}^-1");
                    diagnostic.fix(format!("write `{text}`"), whole, text)
                }
                // A number stands there already, where the text is wrong in another way.
                _ if front.ends_with(|last: char| last.is_ascii_digit()) || self.is_called(span) => {
                    diagnostic.help("units stand behind numbers")
                }
                _ => diagnostic.fix(format!("write `1 {name}`"), place, format!("1 {name}")),
            };
            let _ = unit;
            self.report(diagnostic);
            return;
        }
        if let Some(task) = self.task_with(name) {
            let message = format!("`{name}` is a name of the task `{task}`, and tasks do not share names");
            let text = format!("{task}.{name}");
            let diagnostic = Diagnostic::new(&E0201, place, message)
                .fix(format!("for the result of that task write `{text}`"), place, text)
                .help(format!("for one of its own, make it here: let {name} = …"));
            self.report(diagnostic);
            return;
        }
        let known = self.known_names();
        let elsewhere = self.environment.elsewhere(self.item.file, name);
        self.report(names::unknown(name, place, &known, &elsewhere));
    }

    /// `20 * mV`, `1 * second`: E0201, with the literal that is meant.
    fn unit_behind_star(&mut self, name: &str, span: Span) -> bool {
        let unit = match neuro_syntax::units::parse_unit_name(name) {
            Some(_) => Some(name.to_owned()),
            None => neuro_syntax::units::usual(name),
        };
        let front = self.text.get(..span.start as usize).unwrap_or_default().trim_end();
        let (Some(unit), Some(front)) = (unit, front.strip_suffix('*').map(str::trim_end)) else { return false };
        let rest = front.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = &front[rest.len()..];
        let is_number =
            !number.is_empty() && !rest.ends_with(|last: char| last.is_alphanumeric() || "_".contains(last));
        let Some(start) = u32::try_from(rest.len()).ok().filter(|_| is_number) else { return false };
        let whole = self.place(Span::new(start, span.end));
        let text = format!("{number} {unit}");
        let message = format!("a unit stands behind its number, not `*` between them: `{text}`");
        self.report(Diagnostic::new(&E0201, self.place(span), message).fix(format!("write `{text}`"), whole, text));
        true
    }

    /// The task of this file that has a `let` of this name.
    pub(crate) fn task_with(&self, name: &str) -> Option<SmolStr> {
        let tasks = self.names.tasks.iter().filter(|(_, task)| **task != self.item);
        tasks
            .into_iter()
            .find(|(_, task)| self.environment.task_names(**task).iter().any(|known| known == name))
            .map(|(task, _)| task.clone())
    }

    /// What a wire begins with that ends here, if it is one word and one hop: `x` of `x -> y`.
    fn source_of_wire(&self, target: Place) -> Option<&'t str> {
        let front = self.text.get(..target.span.start as usize)?.trim_end().strip_suffix("->")?;
        let statement = front.rsplit(['\n', ';', '{', '}']).next()?;
        Some(statement.trim())
    }

    /// A local name that stands as an expression.
    pub(crate) fn local_value(&mut self, id: LocalId, span: Span) -> Expr {
        if !self.demand(id, span) {
            return self.error(span);
        }
        let local = self.local(id).clone();
        match local.role {
            Role::Out => {
                let place = self.place(span);
                let message = format!("`{}` is an out-port: it is written, not read", local.name);
                let diagnostic = Diagnostic::new(&E0207, place, message).also(local.place, "declared here");
                let driver = self.facts(id).driven.map(|place| (place, self.source(place.span)));
                let source = match driver {
                    Some((place, source)) if source == local.name.as_str() => self.source_of_wire(place),
                    driver => driver.map(|(_, source)| source),
                };
                let diagnostic = match source {
                    Some(source) if is_word(source) => {
                        diagnostic.fix(format!("read what drives it: `{source}`"), place, source)
                    }
                    _ => diagnostic.help("read what drives it"),
                };
                self.report(diagnostic);
                self.error(span)
            }
            // One that is a unit and a size has been told of.
            Role::Unit if local.ty.is_unknown() => self.error(span),
            Role::Unit => {
                let message = format!("`{}` is a unit, and a unit stands in types only", local.name);
                self.report(Diagnostic::new(&E0201, self.place(span), message));
                self.error(span)
            }
            Role::Size => {
                self.generic_uses.entry(local.name.clone()).or_default().1.get_or_insert(span);
                self.expr(ExprKind::Local(id), local.ty, span)
            }
            Role::Parameter
            | Role::In
            | Role::State
            | Role::Let
            | Role::Payload
            | Role::Loop
            | Role::Edges
            | Role::Recording => self.expr(ExprKind::Local(id), local.ty, span),
        }
    }

    /// Infers a `let` that is mentioned before its turn; E0502 and `false` if it is the one under inference.
    pub(crate) fn demand(&mut self, id: LocalId, span: Span) -> bool {
        if self.facts(id).in_progress {
            let local = self.local(id);
            let message = format!("`{}` is defined by itself", local.name);
            let diagnostic = Diagnostic::new(&E0502, self.place(span), message)
                .also(local.place, "defined here")
                .help("a value that depends on its own past is a `state` with an equation");
            self.report(diagnostic);
            return false;
        }
        // Those that it mentions first, so that a long chain of `let`s is no deep recursion.
        let mut open = vec![id];
        let mut seen = BTreeSet::from([id]);
        while let Some(last) = open.last().copied() {
            let mentioned = match &self.facts(last).pending {
                Some((definition, ..)) => self.pending_in(&definition.value),
                None => Vec::new(),
            };
            match mentioned.into_iter().find(|next| seen.insert(*next)) {
                Some(next) => open.push(next),
                None => {
                    open.pop();
                    self.infer_pending(last);
                }
            }
        }
        true
    }

    fn infer_pending(&mut self, id: LocalId) {
        let Some((definition, depth, context)) = self.facts_mut(id).pending.take() else { return };
        self.facts_mut(id).in_progress = true;
        let hidden = self.scopes.split_off(depth.min(self.scopes.len()));
        self.within(context, |checker| checker.infer_let(id, definition));
        self.scopes.extend(hidden);
        self.facts_mut(id).in_progress = false;
    }

    /// The `let`s that an expression mentions and that have not been inferred yet.
    fn pending_in(&self, tree: &tree::Expr) -> Vec<LocalId> {
        let mut found = Vec::new();
        let mut open = vec![tree];
        while let Some(tree) = open.pop() {
            if let tree::ExprKind::Name(name) = &tree.kind
                && let Some(id) = self.find_local(name)
                && self.facts(id).pending.is_some()
            {
                found.push(id);
            }
            open.extend(crate::references::parts(tree));
        }
        found
    }

    /// A `let` of a handler or task, whose name means something only behind it.
    pub(crate) fn declare_let(&mut self, definition: &'t tree::Let) -> LocalId {
        let id = self.declare(&definition.name, Role::Let, Type::unknown(), None);
        let name = &definition.name.text;
        let own = self.scopes.last_mut().and_then(|scope| scope.shift_remove(name));
        self.infer_let(id, definition);
        if let (Some(own), Some(scope)) = (own, self.scopes.last_mut()) {
            scope.insert(name.clone(), own);
        }
        id
    }

    /// Whether a builtin without its parentheses makes sense.
    pub(crate) fn builtin_without_parentheses(&mut self, builtin: Builtin, span: Span) -> Expr {
        let name = builtin.name();
        let place = self.place(span);
        let message = format!("`{name}` needs its parentheses");
        let text = if builtin.parameters().iter().all(|(_, required)| !required) {
            format!("{name}()")
        } else {
            format!("{name}(…)")
        };
        let diagnostic = Diagnostic::new(&E0205, place, message);
        self.report(if text.ends_with("()") {
            diagnostic.fix(format!("write `{text}`"), place, text)
        } else {
            diagnostic.help(format!("write {text}"))
        });
        self.error(span)
    }
}

fn is_word(source: &str) -> bool {
    !source.is_empty() && source.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
