//! `for`: the turns of a sweep, each with instances of its own, and the tables that they fill, a row a turn.

use super::{Going, Walk};
use crate::report::{Shown, text_of};
use crate::settings::TaskSettings;
use crate::tables::{Table, TableColumn};
use neuro_analysis::typed::{Expr, LocalId, TaskStatement};
use neuro_elaboration::{TaskScope, Value};
use std::collections::BTreeSet;

impl<'p> Walk<'_, 'p, '_> {
    pub(super) fn turns(
        &mut self,
        variable: LocalId,
        range: &'p Expr,
        body: &'p [TaskStatement],
        scope: &TaskScope<'p>,
        settings: &TaskSettings,
    ) -> Going {
        self.draw()?;
        let turns = self.elaborator.turns_of(range, scope);
        let turns = self.or_stop(turns)?;
        let turns = self.foreseen_turns(turns);
        // What is older than the turns is built before them, so that it does not vanish with one.
        self.elaborator.build_all();
        self.said()?;
        let outer = self.turn_starts;
        let tables: BTreeSet<LocalId> = self.tables.keys().copied().collect();
        for turn in turns {
            if self.report.interrupted {
                break;
            }
            let mark = self.elaborator.mark();
            let (systems, judged) = (self.systems.len(), self.foresight.judged.len());
            self.turn_starts = self.elaborator.count();
            let inner = scope.turn();
            self.elaborator.give(variable, turn.clone(), &inner);
            self.turn.push((variable, turn));
            let done = self.block(body, &inner, settings.clone());
            self.turn.pop();
            done?;
            self.hooks.forget_since(self.turn_starts);
            self.systems.truncate(systems);
            self.foresight.judged.truncate(judged);
            self.elaborator.rewind(mark);
        }
        self.turn_starts = outer;
        if self.turn.is_empty() {
            self.report_tables(&tables);
        }
        self.publish(settings);
        Ok(())
    }

    pub(super) fn turn_text(&self) -> Vec<(String, String)> {
        let locals = &self.task.locals;
        let text = |(local, value): &(LocalId, Value)| {
            let declared = &locals[local.0 as usize];
            (declared.name.to_string(), text_of(value, &loop_unit(locals, *local)))
        };
        self.turn.iter().map(text).collect()
    }

    /// A row of the table that loops fill.
    pub(super) fn row(&mut self, local: LocalId, value: Value, unit: Shown) {
        let locals = &self.task.locals;
        let name_of = |local: LocalId| locals[local.0 as usize].name.to_string();
        let table = self.tables.entry(local).or_insert_with(|| {
            let of_loop = |(variable, _): &(LocalId, Value)| TableColumn {
                name: name_of(*variable),
                unit: loop_unit(locals, *variable),
                values: Vec::new(),
            };
            let recorded = TableColumn { name: name_of(local), unit, values: Vec::new() };
            Table { variables: self.turn.iter().map(of_loop).collect(), recorded }
        });
        for (column, (_, value)) in table.variables.iter_mut().zip(&self.turn) {
            column.values.push(value.clone());
        }
        table.recorded.values.push(value);
        // Behind the loop, and in later turns, the name is the column so far.
        let values = &table.recorded.values;
        let column = neuro_elaboration::array::stack(values).unwrap_or_else(|_| Value::List(values.clone().into()));
        let root = self.root.clone();
        self.elaborator.give(local, column, &root);
    }

    /// Behind the outermost loop the report says what its turns have recorded.
    fn report_tables(&mut self, known: &BTreeSet<LocalId>) {
        for (local, table) in self.tables.iter().filter(|(local, _)| !known.contains(local)) {
            let name = self.task.locals[local.0 as usize].name.to_string();
            self.report.values.push((name, table.text()));
        }
    }

    /// A file of a turn gets the turn's values into its name, so that turns do not overwrite each other.
    pub(super) fn file_name(&self, file: &str) -> String {
        if self.turn.is_empty() {
            return file.to_owned();
        }
        let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let turn: Vec<String> = self
            .turn_text()
            .into_iter()
            .map(|(name, value)| format!("{name}={}", value.replace([' ', '/'], "")))
            .collect();
        format!("{stem}_{}.{ending}", turn.join("_"))
    }
}

/// The unit in which a loop's variable is shown.
fn loop_unit(locals: &[neuro_analysis::typed::Local], variable: LocalId) -> Shown {
    let declared = &locals[variable.0 as usize];
    if declared.unit.text.is_empty() || declared.unit.scale == 0.0 {
        return crate::units::of_base(&declared.ty.base);
    }
    (declared.unit.text.to_string(), declared.unit.scale)
}
