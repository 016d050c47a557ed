//! What to say when an event stands where a value is needed.

use super::{Checker, Context};
use neuro_diagnostics::{Diagnostic, Edit, Fix, Span};
use neuro_syntax::tree;

code!(E0402, "an event has no value between its instants");

impl<'t> Checker<'t> {
    /// Says that an event stands where a value is needed.
    pub(crate) fn event_as_value(&mut self, tree: &'t tree::Expr) {
        let place = self.place(tree.span);
        let source = self.source(tree.span);
        let message = format!("`{source}` is an event: it has no value between its instants");
        let diagnostic = Diagnostic::new(&E0402, place, message);
        let wrap = |with: &str| format!("{with}({source})");
        let diagnostic = match &self.context {
            Context::Equation(state) => {
                let state = &self.local(*state).name;
                diagnostic
                    .fix(format!("to make `{state}` jump at each event, write `impulse({source})`"), place, wrap("impulse"))
                    .fix(
                        format!("to hold it for one step, as step simulators do, write `box({source})` (the result then depends on dt)"),
                        place,
                        wrap("box"),
                    )
            }
            Context::Handler { event: Some((name, span)), payload: None } if name == source => {
                let at = self.place(Span::new(span.end, span.end));
                let mut diagnostic = diagnostic.also(self.place(*span), "its payload has no name yet");
                diagnostic.fixes.push(Fix {
                    title: format!("name the payload: on {name} as a {{ … }}"),
                    edits: vec![Edit { place: at, text: " as a".into() }, Edit { place, text: "a".into() }],
                });
                diagnostic
            }
            Context::Handler { event: Some((name, _)), payload: Some(payload) } if name == source => {
                diagnostic.fix(format!("its value in this handler is called `{payload}`"), place, payload.as_str())
            }
            Context::Handler { .. } => diagnostic
                .help(format!("a handler sees the payload of the event that it is on: on {source} as a {{ … }}"))
                .help(format!("or the value of the last event: hold({source}, 0)")),
            Context::Wire => diagnostic
                .help("events are added by wires that meet, and scaled by `weight`: a -> z; b -> z weight 2")
                .help("for a linear map of events: x -> y weight w"),
            Context::Let | Context::Constant | Context::Edge | Context::Task => diagnostic.fix(
                format!("to keep the last value, write `hold({source}, 0)`"),
                place,
                format!("hold({source}, 0)"),
            ),
        };
        self.report(diagnostic);
    }
}
