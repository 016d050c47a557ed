//! Constants that no use can take, as far as the text alone says so: negative times and sizes, chances beyond 1, values outside of a declared range.
//!
//! What hangs on a parameter or on the variable of a `for` is judged where its value is known, when an instance is made.

use super::Checker;
use crate::interval::Interval;
use crate::size::Size;
use crate::typed::{Expr, ExprKind, Role};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;

code!(E0310, "outside of the declared range");
code!(E0705, "a constant has no usable value");

impl<'t> Checker<'t> {
    /// What is known of a constant whatever the parameters are.
    fn known_by_the_text(&self, expr: &Expr) -> Interval {
        let mut is_open = expr.ty.is_unknown();
        expr.each(&mut |part| {
            if let ExprKind::Local(id) = part.kind {
                is_open |= matches!(self.local(id).role, Role::Parameter | Role::Size | Role::Loop);
            }
        });
        if is_open { Interval::EVERYTHING } else { self.interval(expr) }
    }

    /// A size or a number of something: whole, and not negative.
    pub(crate) fn count(&mut self, tree: &'t tree::Expr, what: &str) -> (Expr, Size) {
        let (expr, size) = self.whole(tree, what);
        let is_count = self.must_not_be_negative(tree, &expr, what, "count what there is: 0 or more");
        (expr, if is_count { size } else { Size::unknown() })
    }

    /// E0705 for a size, a count or a time below 0, and whether it is none.
    pub(crate) fn must_not_be_negative(&mut self, tree: &'t tree::Expr, expr: &Expr, what: &str, help: &str) -> bool {
        let is_fine = self.known_by_the_text(expr).high >= 0.0;
        if !is_fine {
            let message = format!("{what} is not negative, and {} is", self.shown(tree));
            self.report(Diagnostic::new(&E0705, self.place(tree.span), message).help(help));
        }
        is_fine
    }

    /// E0705 for a chance that does not lie between 0 and 1.
    pub(crate) fn must_be_a_chance(&mut self, tree: &'t tree::Expr, expr: &Expr) {
        let known = self.known_by_the_text(expr);
        if known.low > 1.0 || known.high < 0.0 {
            let message = format!("a chance lies between 0 and 1, and {} does not", self.shown(tree));
            let diagnostic = Diagnostic::new(&E0705, self.place(tree.span), message);
            self.report(match known.single() {
                Some(percent) if percent > 1.0 && percent <= 100.0 => {
                    let part = crate::spelling::number(percent / 100.0);
                    let title = format!("{} % is {part}", crate::spelling::number(percent));
                    diagnostic.fix(title, self.place(tree.span), part)
                }
                _ => diagnostic.help("a part of all pairs: 0.1 is one of ten"),
            });
        }
    }

    /// E0310 for a declared range without a value in it; its ends stand in the wrong order.
    pub(crate) fn must_be_a_range(&mut self, left: &'t tree::Expr, right: &'t tree::Expr, low: &Expr, high: &Expr) {
        if self.known_by_the_text(low).low <= self.known_by_the_text(high).high {
            return;
        }
        let message = format!("no value lies in this range: {} is above {}", self.shown(left), self.shown(right));
        let place = self.place(left.span.to(right.span));
        let exchanged = format!("{}..{}", self.source(right.span), self.source(left.span));
        self.report(Diagnostic::new(&E0310, place, message).fix("the lower end stands first", place, exchanged));
    }

    /// E0310 for a default outside of the declared range of its parameter.
    pub(crate) fn must_be_in_range(&mut self, name: &str, tree: &'t tree::Expr, default: &Expr, range: (&Expr, &Expr)) {
        let (low, high) = (self.known_by_the_text(range.0).low, self.known_by_the_text(range.1).high);
        let value = self.known_by_the_text(default);
        // Ends are rounded as the literals were; a value that equals an end but for rounding is in the range.
        let slack = 1e-12 * low.abs().max(high.abs());
        let slack = if slack.is_finite() { slack } else { 0.0 };
        if low <= high && (value.high < low - slack || value.low > high + slack) {
            let message =
                format!("the default of `{name}`, {}, is outside of its own declared range", self.shown(tree));
            self.report(
                Diagnostic::new(&E0310, self.place(tree.span), message)
                    .also(range.0.place, "the range is declared here")
                    .help("give a default inside, or widen the range"),
            );
        }
    }
}
