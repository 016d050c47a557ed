//! `record`: values for the report, and files.

use super::{Going, Stop, Walk};
use crate::E1304;
use crate::outputs::{Output, file_of};
use crate::report::{OutputFile, text_of};
use crate::tables::Drawn;
use crate::units::shown;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, RecordTarget};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_elaboration::{TaskScope, Value};

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
            && let Some(table) = self.tables.get(local)
            && self.turn.is_empty()
        {
            // Without a file: the report says what is in the table as it is.
            if let RecordTarget::File(file) = target {
                let made = table.file(file, drawing.map(|by| Drawn { by, bins }));
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
                let text = self.hooks.source(if is_picture { of.place } else { value.place });
                let recorded = is_mention(value);
                let output =
                    Output { file: &name, text: &text, value: &evaluated, drawing, bins, unit: &unit, recorded };
                let made = file_of(&output);
                self.file(made, place)
            }
            RecordTarget::Name(local) if !self.turn.is_empty() => match row_of(evaluated) {
                Ok(row) => {
                    self.row(*local, row, unit);
                    Ok(())
                }
                Err(text) => {
                    let diagnostic = Diagnostic::new(&E1304, place, text);
                    let help = "count them, take their rate or their intervals, or record them into a file";
                    self.report.diagnostics.push(diagnostic.help(help));
                    Err(Stop)
                }
            },
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

/// A value as the row of a table: of a flow all that was recorded.
fn row_of(value: Value) -> Result<Value, String> {
    let Value::Recording(recording) = value else { return Ok(value) };
    let Some(numbers) = recording.numbers() else {
        return Err(format!("a table has numbers, and `{}` are events", recording.name));
    };
    let rows = numbers.len() / recording.size().max(1);
    let shape = std::iter::once(rows).chain(recording.shape.iter().copied()).collect();
    Ok(Value::from_parts(shape, numbers.to_vec(), false))
}

/// Whether an expression names a recording or a part of one.
fn is_mention(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Port { .. } | ExprKind::Inside { .. } | ExprKind::EdgePart { .. } => true,
        ExprKind::Index { base, .. } => is_mention(base),
        _ => false,
    }
}
