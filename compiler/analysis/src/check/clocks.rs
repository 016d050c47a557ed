//! Values of several kinds side by side: one kind that is not const, or a message.

use super::Checker;
use crate::spelling;
use crate::typed::{Kind, Period};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;

code!(E0403, "clocks do not agree");

impl<'t> Checker<'t> {
    /// The one kind among the operands that is not const.
    pub(crate) fn joined_kind(&mut self, operands: &[(&'t tree::Expr, &Kind)]) -> Kind {
        let mut result: (Kind, Option<&'t tree::Expr>) = (Kind::Const, None);
        for (tree, kind) in operands {
            match (&result.0, *kind) {
                (_, Kind::Const) => {}
                (Kind::Const, kind) => result = (kind.clone(), Some(tree)),
                (known, kind) if known == kind => {}
                (known, kind) => {
                    let known = known.clone();
                    let diagnostic = self.clash(result.1, &known, tree, kind);
                    self.report(diagnostic);
                    return known;
                }
            }
        }
        result.0
    }

    fn clash(&self, first: Option<&'t tree::Expr>, known: &Kind, second: &'t tree::Expr, kind: &Kind) -> Diagnostic {
        let place = self.place(second.span);
        let shown_first = first.map_or_else(|| "the rest".to_owned(), |tree| self.shown(tree));
        let diagnostic = match (known, kind) {
            (Kind::Clock(a), Kind::Clock(b)) => {
                let message =
                    format!("{shown_first} ticks every {} and {} every {}", period(a), self.shown(second), period(b));
                let text = format!("sample(hold({}, 0), {})", self.source(second.span), period(a));
                Diagnostic::new(&E0403, place, message).fix(format!("change its clock: `{text}`"), place, text)
            }
            (Kind::Clock(a), _) => {
                let message = format!("{} exists at all times, {shown_first} only at its ticks", self.shown(second));
                let text = format!("sample({}, {})", self.source(second.span), period(a));
                let diagnostic = Diagnostic::new(&E0403, place, message).fix(
                    format!("take the flow at the ticks: `{text}`"),
                    place,
                    text,
                );
                match first {
                    Some(first) => {
                        let held = format!("hold({}, 0)", self.source(first.span));
                        diagnostic.fix(format!("or hold the clock's value: `{held}`"), self.place(first.span), held)
                    }
                    None => diagnostic,
                }
            }
            (_, kind) => {
                let message = format!("{} exists only at its ticks, {shown_first} at all times", self.shown(second));
                let held = format!("hold({}, 0)", self.source(second.span));
                let diagnostic = Diagnostic::new(&E0403, place, message).fix(
                    format!("hold the clock's value: `{held}`"),
                    place,
                    held,
                );
                match (first, kind) {
                    (Some(first), Kind::Clock(p)) => {
                        let text = format!("sample({}, {})", self.source(first.span), period(p));
                        diagnostic.fix(format!("or take the flow at the ticks: `{text}`"), self.place(first.span), text)
                    }
                    _ => diagnostic,
                }
            }
        };
        match first {
            Some(first) => diagnostic.also(self.place(first.span), "and this at other times"),
            None => diagnostic,
        }
    }
}

/// A period for a message: `1 ms`.
pub(crate) fn period(period: &Period) -> String {
    match period {
        Period::Literal(picoseconds) => {
            let seconds = *picoseconds as f64 * 1e-12;
            let (scale, unit) = match seconds {
                s if s >= 1.0 => (1.0, "s"),
                s if s >= 1e-3 || s == 0.0 => (1e3, "ms"),
                s if s >= 1e-6 => (1e6, "us"),
                _ => (1e9, "ns"),
            };
            // 0.1 ms shall not become 100 us.
            let (scale, unit) = if unit == "us" && seconds >= 1e-5 { (1e3, "ms") } else { (scale, unit) };
            format!("{} {unit}", spelling::number(seconds * scale))
        }
        Period::Named(name) => name.to_string(),
    }
}
