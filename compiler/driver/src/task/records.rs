//! `record`: values for the report, and files.

use super::{Going, Stop, Walk};
use crate::E1304;
use crate::outputs::{Output, file_of, table_file};
use crate::report::{OutputFile, text_of};
use crate::units::shown;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, RecordTarget};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_elaboration::TaskScope;

impl<'p> Walk<'_, 'p, '_> {
    pub(super) fn record(
        &mut self,
        value: &'p Expr,
        target: &'p RecordTarget,
        place: Place,
        scope: &TaskScope<'p>,
    ) -> Going {
        self.draw()?;
        let locals = &self.task.locals;
        let (drawing, of, bins) = self.drawing(value, scope)?;
        if let ExprKind::Local(local) = &of.kind
            && let Some(columns) = self.tables.get(local)
            && self.turn.is_empty()
        {
            if let RecordTarget::File(file) = target {
                let made = table_file(file, columns, drawing.is_some());
                return self.file(made, place);
            }
            return Ok(());
        }
        let unit = shown(of, scope, &mut self.elaborator, self.hooks, locals);
        let evaluated = self.elaborator.value(if drawing.is_some() { of } else { value }, scope);
        let evaluated = self.or_stop(evaluated)?;
        match target {
            RecordTarget::File(file) => {
                let is_picture = file.ends_with(".svg") || file.ends_with(".png");
                let evaluated = match drawing {
                    // As numbers, what the measure gives.
                    Some(_) if !is_picture => {
                        let measured = self.elaborator.value(value, scope);
                        self.or_stop(measured)?
                    }
                    _ => evaluated,
                };
                let name = self.file_name(file);
                let text = heading(if is_picture { of } else { value });
                let output = Output { file: &name, text: &text, value: &evaluated, drawing, bins, unit: &unit };
                let made = file_of(&output);
                self.file(made, place)
            }
            RecordTarget::Name(local) if !self.turn.is_empty() => {
                self.row(*local, evaluated, unit);
                Ok(())
            }
            RecordTarget::Name(local) => {
                let name = locals[local.0 as usize].name.to_string();
                self.report.values.push((name, text_of(&evaluated, &unit)));
                self.elaborator.give(*local, evaluated, scope);
                Ok(())
            }
            RecordTarget::Text(text) => {
                let text = match self.turn_text().as_slice() {
                    [] => text.to_string(),
                    turn => {
                        let turn: Vec<String> = turn.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                        format!("{text} ({})", turn.join(", "))
                    }
                };
                self.report.values.push((text, text_of(&evaluated, &unit)));
                Ok(())
            }
        }
    }

    /// What a record draws, and of what.
    fn drawing(
        &mut self,
        value: &'p Expr,
        scope: &TaskScope<'p>,
    ) -> Result<(Option<Builtin>, &'p Expr, Option<usize>), Stop> {
        let ExprKind::Builtin { function, arguments } = &value.kind else { return Ok((None, value, None)) };
        let draws = matches!(function, Builtin::Raster | Builtin::Trace | Builtin::Hist | Builtin::Line);
        let Some(of) = arguments.first().and_then(Option::as_ref).filter(|_| draws) else {
            return Ok((None, value, None));
        };
        let bins = match arguments.get(1).and_then(Option::as_ref) {
            Some(bins) => {
                let bins = self.elaborator.number(bins, scope);
                Some(self.or_stop(bins)? as usize)
            }
            None => None,
        };
        Ok((Some(*function), of, bins))
    }

    fn file(&mut self, made: Result<OutputFile, String>, place: Place) -> Going {
        match made {
            Ok(file) => {
                self.report.files.push(file);
                Ok(())
            }
            Err(text) => {
                self.report.diagnostics.push(Diagnostic::new(&E1304, place, text));
                Err(Stop)
            }
        }
    }
}

/// What an expression is called in a table: its measure and the name of what is measured.
fn heading(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Port { port: name, .. } | ExprKind::Inside { name, .. } | ExprKind::EdgePart { name, .. } => {
            name.to_string()
        }
        ExprKind::Builtin { function, arguments } => match arguments.first().and_then(Option::as_ref) {
            Some(of) => format!("{}({})", function.name(), heading(of)),
            None => function.name().to_owned(),
        },
        ExprKind::Index { base, .. } | ExprKind::Unary(_, base) => heading(base),
        ExprKind::Binary(_, left, _) => heading(left),
        _ => "value".to_owned(),
    }
}
