//! Settings of tasks: a closed vocabulary, whose words are looked up before any name.

use super::{Checker, Need};
use crate::codes::{E0201, E0204, E0301};
use crate::names::{self, listed};
use crate::typed::{Base, LocalId, SettingValue, TaskStatementKind};
use crate::vocabulary::{self, Sort};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_syntax::tree::{self, TaskKind};
use smol_str::SmolStr;

code!(E0901, "unknown target");

impl<'t> Checker<'t> {
    /// `dt = 0.1 ms`
    pub(crate) fn setting(&mut self, name: &'t tree::Name, value: &'t tree::Expr) -> Option<TaskStatementKind> {
        let task = self.task_kind?;
        let Some(setting) = vocabulary::setting(task, &name.text) else {
            self.report_unknown_setting(task, name);
            return None;
        };
        let what = format!("`{}`", setting.name);
        let value = match setting.sort {
            Sort::Time => {
                let expr = self.constant_of(value, Some(&Need::time(what.clone())), &what);
                SettingValue::Value(expr)
            }
            Sort::Whole => SettingValue::Value(self.whole(value, &what).0),
            Sort::Number => {
                let need = Need::plain(&E0301, what.clone());
                SettingValue::Value(self.constant_of(value, Some(&need), &what))
            }
            Sort::Words(words) => self.word(setting.name, words, value)?,
            Sort::Calls(words) => {
                self.called_word(setting.name, words, value);
                SettingValue::Word(self.source(value.span).into())
            }
            Sort::ListOfCalls(words) => {
                match &value.kind {
                    tree::ExprKind::List(elements) => {
                        elements.iter().for_each(|element| self.called_word(setting.name, words, element))
                    }
                    _ => self.called_word(setting.name, words, value),
                }
                SettingValue::Word(self.source(value.span).into())
            }
            Sort::Task => self.task_setting(value)?,
            Sort::Expression(words) => {
                self.expression_with(words, value);
                SettingValue::Word(self.source(value.span).into())
            }
        };
        Some(TaskStatementKind::Setting { name: setting.name.into(), value })
    }

    fn report_unknown_setting(&mut self, task: TaskKind, name: &'t tree::Name) {
        let place = self.place(name.span);
        let kind = vocabulary::task_name(task);
        let article = if kind.starts_with('e') { "an" } else { "a" };
        let known: Vec<SmolStr> = vocabulary::SETTINGS
            .iter()
            .filter(|setting| setting.tasks.contains(&task))
            .map(|setting| setting.name.into())
            .collect();
        let diagnostic = match vocabulary::tasks_with(&name.text) {
            Some(tasks) => {
                let tasks: Vec<&str> = tasks.iter().map(|task| vocabulary::task_name(*task)).collect();
                let message = format!("`{}` is a setting of {}, not of {article} `{kind}`", name.text, listed(&tasks));
                let help = format!("leave it out, or write it in a `{}` task", tasks[0]);
                Diagnostic::new(&E0204, place, message).help(help)
            }
            None => {
                let message = format!("{article} `{kind}` has no setting called `{}`", name.text);
                let diagnostic = Diagnostic::new(&E0204, place, message);
                let diagnostic = names::suggest(diagnostic, &name.text, place, &known);
                diagnostic.help(format!("for a name of your own write: let {} = …", name.text))
            }
        };
        self.report(diagnostic);
    }

    /// A word of a setting's vocabulary, bare or as a text; a loop's variable may hold the texts.
    fn word(&mut self, setting: &str, words: &[&str], value: &'t tree::Expr) -> Option<SettingValue> {
        match &value.kind {
            tree::ExprKind::Name(word) if words.contains(&word.as_str()) => Some(SettingValue::Word(word.clone())),
            tree::ExprKind::Text(word) => {
                self.must_be_word(setting, words, word, self.place(value.span), true);
                Some(SettingValue::Word(word.clone()))
            }
            tree::ExprKind::Name(word) => {
                let Some(id) = self.find_local(word) else {
                    self.must_be_word(setting, words, word, self.place(value.span), false);
                    return None;
                };
                let expr = self.local_value(id, value.span);
                if expr.ty.base != Base::Text {
                    if !expr.ty.is_unknown() {
                        self.must_be_word(setting, words, word, self.place(value.span), false);
                    }
                    return None;
                }
                self.words_of_loop(setting, words, id, value);
                Some(SettingValue::Value(expr))
            }
            tree::ExprKind::Error => None,
            _ => {
                let source = self.source(value.span);
                self.must_be_word(setting, words, source, self.place(value.span), false);
                None
            }
        }
    }

    /// The texts that a loop puts into a setting are words of it.
    fn words_of_loop(&mut self, setting: &str, words: &[&str], id: LocalId, value: &'t tree::Expr) {
        let texts = self.facts(id).texts.clone();
        for (text, place) in texts {
            self.must_be_word(setting, words, &text, place, true);
            if setting == "semantics" && !vocabulary::STRICT.contains(&text.as_str()) {
                self.recurrence_said = true;
            }
        }
        let _ = value;
    }

    fn must_be_word(&mut self, setting: &str, words: &[&str], word: &str, place: Place, quoted: bool) {
        if words.contains(&word) {
            return;
        }
        let known: Vec<SmolStr> = words.iter().map(|word| SmolStr::from(*word)).collect();
        let (code, message) = match setting {
            "target" => (&E0901, format!("`{word}` is no target")),
            _ => (&E0204, format!("`{setting}` cannot be `{word}`")),
        };
        let diagnostic = Diagnostic::new(code, place, message);
        let diagnostic = match names::nearest(word, &known) {
            Some(near) => {
                let text = if quoted || !is_plain_word(near) { format!("\"{near}\"") } else { near.to_string() };
                diagnostic.fix(format!("did you mean `{near}`?"), place, text)
            }
            None => diagnostic,
        };
        self.report(diagnostic.help(format!("it may be {}", listed(words))));
    }

    /// `adam(lr = 1e-3)`: a word with arguments of its own, which whoever reads the setting knows.
    fn called_word(&mut self, setting: &str, words: &[&str], value: &'t tree::Expr) {
        match &value.kind {
            tree::ExprKind::Name(word) | tree::ExprKind::Text(word) => {
                let quoted = matches!(value.kind, tree::ExprKind::Text(_));
                self.must_be_word(setting, words, word, self.place(value.span), quoted);
            }
            tree::ExprKind::Call { callee, arguments } => {
                let word = self.source(callee.span);
                self.must_be_word(setting, words, word, self.place(callee.span), false);
                for argument in arguments {
                    self.argument_of_word(&argument.value);
                }
            }
            tree::ExprKind::Error => {}
            _ => {
                let source = self.source(value.span);
                self.must_be_word(setting, words, source, self.place(value.span), false);
            }
        }
    }

    fn argument_of_word(&mut self, value: &'t tree::Expr) {
        match &value.kind {
            tree::ExprKind::Text(_) => {}
            tree::ExprKind::List(elements) => elements.iter().for_each(|element| self.argument_of_word(element)),
            // A word of another setting, as in choice("surrogate", [atan(2), triangle(1)]).
            tree::ExprKind::Call { callee, arguments }
                if !vocabulary::settings_with_word(self.source(callee.span)).is_empty() =>
            {
                arguments.iter().for_each(|argument| self.argument_of_word(&argument.value));
            }
            tree::ExprKind::Name(word)
                if self.find_local(word).is_none() && !vocabulary::settings_with_word(word).is_empty() => {}
            _ => {
                self.value(value, None);
            }
        }
    }

    /// An expression in which some words may be called.
    fn expression_with(&mut self, words: &[&str], value: &'t tree::Expr) {
        match &value.kind {
            tree::ExprKind::Call { callee, arguments } if words.contains(&self.source(callee.span)) => {
                for argument in arguments {
                    match &argument.value.kind {
                        tree::ExprKind::Text(_) => {}
                        _ => self.expression_with(words, &argument.value),
                    }
                }
            }
            tree::ExprKind::Binary { left, right, .. } => {
                self.expression_with(words, left);
                self.expression_with(words, right);
            }
            tree::ExprKind::Unary { operand, .. } => self.expression_with(words, operand),
            _ => {
                self.infer(value);
            }
        }
    }

    fn task_setting(&mut self, value: &'t tree::Expr) -> Option<SettingValue> {
        let tree::ExprKind::Name(name) = &value.kind else {
            let message = "`task` is set to the name of a task";
            self.report(Diagnostic::new(&E0204, self.place(value.span), message));
            return None;
        };
        if !self.names.tasks.contains_key(name) {
            let known: Vec<SmolStr> = self.names.tasks.keys().cloned().collect();
            let place = self.place(value.span);
            let message = format!("this file has no task called `{name}`");
            let diagnostic = names::suggest(Diagnostic::new(&E0201, place, message), name, place, &known);
            self.report(diagnostic);
            return None;
        }
        if let Some(task) = self.names.tasks.get(name).copied()
            && self.forms_a_circle(task)
        {
            self.report_circle(task, value.span);
            return None;
        }
        Some(SettingValue::Word(name.clone()))
    }
}

fn is_plain_word(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !word.starts_with(|c: char| c.is_ascii_digit())
}
