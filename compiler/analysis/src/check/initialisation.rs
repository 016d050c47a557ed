//! Initialisation: every in-port is fed, every out-port is driven, every state can change.

use super::{Checker, Record};
use crate::names::listed;
use crate::typed::Role;
use neuro_diagnostics::{Diagnostic, Place, Span};
use neuro_syntax::tree;
use smol_str::SmolStr;
use std::collections::BTreeSet;

code!(E0602, "an in-port is not wired");
code!(E0603, "an out-port is never driven");
code!(W0604, "a state never changes");

impl<'t> Checker<'t> {
    /// E0603 for outs that nothing drives, W0604 for states that nothing changes.
    pub(crate) fn undriven(&mut self) {
        for index in 0..self.locals.len() {
            let (local, driven) = (self.locals[index].clone(), self.facts[index].driven);
            match local.role {
                Role::Out if driven.is_none() => {
                    let message = format!("nothing drives the out-port `{}`", local.name);
                    let diagnostic = Diagnostic::new(&E0603, local.place, message);
                    self.report(if local.ty.happens() {
                        diagnostic
                            .help(format!("send it from a handler: emit {}", local.name))
                            .help(format!("or wire it: … -> {}", local.name))
                    } else {
                        diagnostic
                            .help(format!("say what it is: out {}: … = …, or wire it: … -> {}", local.name, local.name))
                    });
                }
                Role::State if driven.is_none() => {
                    let message = format!("the state `{}` never changes", local.name);
                    let diagnostic = Diagnostic::new(&W0604, local.place, message);
                    let diagnostic =
                        diagnostic.help(format!("give it an equation ({}' = …) or assign it in a handler", local.name));
                    self.report(self.as_let(diagnostic, local.place));
                }
                _ => {}
            }
        }
    }

    /// Offers a `let` for a state that stands still.
    fn as_let(&self, diagnostic: Diagnostic, name: Place) -> Diagnostic {
        const STATE: &str = "state";
        let title = "a value that stands still is a parameter or a `let`";
        let front = self.text.get(..name.span.start as usize).unwrap_or_default();
        let line = self.text.get(name.span.start as usize..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let start = front.trim_end().strip_suffix(STATE).and_then(|front| u32::try_from(front.len()).ok());
        match start {
            // A `let` has no range.
            Some(start) if !line.contains(" in ") => {
                let word = Span::new(start, start + STATE.len() as u32);
                diagnostic.fix(title, self.place(word), "let")
            }
            _ => diagnostic.help(title),
        }
    }

    /// E0602 for in-ports of what runs that are neither wired nor defaulted.
    pub(crate) fn unwired_in_run(&mut self, statement: &'t tree::TaskStatement, roots: &[usize]) {
        let mut reached: BTreeSet<usize> = roots.iter().copied().collect();
        loop {
            let before = reached.len();
            for (a, b) in &self.joined {
                if reached.contains(a) || reached.contains(b) {
                    reached.extend([*a, *b]);
                }
            }
            if reached.len() == before {
                break;
            }
        }
        for index in reached {
            if let Some(record) = self.records.get(index).cloned() {
                let place = self.place(statement.span);
                self.unwired(&record, place);
            }
        }
    }

    /// E0602 for one instance, said at `place`.
    pub(crate) fn unwired(&mut self, record: &Record, place: Place) {
        if record.is_edge {
            // The wire gives `pre` and `post`; what else it needs is given in its call.
            let open = self.open_ports(record);
            let open: Vec<_> = open.into_iter().filter(|name| name != "post").collect();
            if open.is_empty() {
                return;
            }
            let message = format!("nothing feeds {} of the edge node `{}`", listed(&open), record.name);
            let help = format!("give it in its call: via {}({} = …)", self.node_name(&record.view), open[0]);
            self.report(Diagnostic::new(&E0602, record.place, message).help(help));
            return;
        }
        let open = self.open_ports(record);
        let Some(first) = open.first() else { return };
        let are = if open.len() == 1 { "is" } else { "are" };
        let message = format!("{} of `{}` {are} neither wired nor has a default", listed(&open), record.name);
        let mut diagnostic = Diagnostic::new(&E0602, place, message);
        if place != record.place {
            diagnostic = diagnostic.also(record.place, format!("`{}` is made here", record.name));
        }
        let diagnostic = diagnostic.help(format!("wire it: … -> {}.{first}", record.name));
        let event = self.find_port(&record.view, first).filter(|port| port.ty.happens());
        self.report(match event {
            Some(port) => {
                let unit = port.spelling.to_string();
                let nothing = if unit == "1" { "spikes_at([])".to_owned() } else { format!("spikes_at([], 1 {unit})") };
                let wire = format!("{nothing} -> {}.{first}", record.name);
                let title = format!("if no spike ever comes, say so: {wire}");
                match self.line_behind(record) {
                    Some((at, margin)) => diagnostic.fix(title, at, format!("\n{margin}{wire}")),
                    None => diagnostic.help(title),
                }
            }
            None => diagnostic.help("or give the port a default where it is declared: in …: flow … = 0"),
        });
    }

    /// The end of the line on which an instance gets its name, and the blanks with which that line begins; if its `let` stands alone there.
    fn line_behind(&self, record: &Record) -> Option<(Place, &'t str)> {
        let at = record.place.span.end as usize;
        let (front, rest) = (self.text.get(..at)?, self.text.get(at..)?);
        let line = front.rsplit('\n').next()?;
        let words = line.trim_start();
        let is_alone = words.strip_prefix("let ")?.trim_start().starts_with(record.name.as_str());
        let end = at + rest.find(['\n', ';', '}']).filter(|end| rest[*end..].starts_with('\n'))?;
        let end = u32::try_from(end).ok()?;
        is_alone.then(|| (self.place(Span::new(end, end)), &line[..line.len() - words.len()]))
    }

    /// Takes all in-ports of an instance for fed: what is wrong with it has been told.
    pub(crate) fn feed_everything(&mut self, record: usize) {
        let Some(open) = self.records.get(record).map(|record| self.open_ports(record)) else { return };
        if let Some(record) = self.records.get_mut(record) {
            let place = record.place;
            record.given.extend(open.into_iter().map(|port| (port, place)));
        }
    }

    fn open_ports(&self, record: &Record) -> Vec<SmolStr> {
        let ports = self.ports(&record.view);
        let open = ports
            .into_iter()
            .filter(|port| !port.output && !port.has_default && !record.given.contains_key(&port.name));
        open.map(|port| port.name).collect()
    }
}
