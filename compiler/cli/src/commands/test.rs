//! `neuro test PATH…`: run the tests of programs, a line each, and a summary.

use super::check::programs;
use crate::Outcome;
use crate::arguments::Test;
use crate::outputs::write_text;
use crate::program::{Program, Top};
use crate::terminal::Terminal;
use crate::watch::Watch;
use neuro_driver::{Observer, Overrides, TaskReport, run_task};
use neuro_syntax::tree::TaskKind;
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// What came of the tests so far.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    /// Programs that could not be checked.
    broken: usize,
    cases: Vec<Case>,
}

/// A test that was run, for a report.
struct Case {
    name: String,
    file: String,
    seconds: f64,
    /// Why it failed, if it did.
    failure: Option<String>,
}

pub(crate) fn test(arguments: &Test, terminal: &Terminal) -> Outcome {
    let here = [PathBuf::from(".")];
    let (files, said) = programs(if arguments.paths.is_empty() { &here } else { &arguments.paths });
    terminal.unplaced(&said);
    let watch = Watch::new(terminal);
    let mut tally = Tally { broken: said.len(), ..Tally::default() };
    for path in &files {
        match Program::read(path, terminal) {
            Ok(program) => run(&program, arguments, &watch, terminal, &mut tally),
            Err(_) => tally.broken += 1,
        }
        if watch.is_cancelled() {
            break;
        }
    }
    watch.finish();
    if watch.is_cancelled() {
        terminal.say("interrupted: what is not listed was not tested");
    }
    if let Some(path) = &arguments.junit
        && let Err(error) = write_text(path, &junit(&tally.cases))
    {
        terminal.unplaced(&[error]);
        return Outcome::Failed;
    }
    if !arguments.json {
        terminal.print(&closing(&tally));
    }
    let good = tally.failed == 0 && tally.broken == 0 && !watch.is_cancelled();
    if good { Outcome::Worked } else { Outcome::Failed }
}

fn closing(tally: &Tally) -> String {
    let broken = match tally.broken {
        0 => String::new(),
        1 => "1 program could not be checked\n".to_owned(),
        many => format!("{many} programs could not be checked\n"),
    };
    format!("{broken}{} passed, {} failed\n", tally.passed, tally.failed)
}

fn run(program: &Program, arguments: &Test, watch: &Watch, terminal: &Terminal, tally: &mut Tally) {
    for (name, kind, top) in program.tops() {
        let Top::Task(item) = top else { continue };
        if kind != Some(TaskKind::Test) {
            continue;
        }
        let begin = Instant::now();
        let report = run_task(&program.workspace, item, &Overrides::default(), watch);
        let seconds = begin.elapsed().as_secs_f64();
        terminal.diagnostics(&report.diagnostics, &program.workspace);
        *if report.is_good() { &mut tally.passed } else { &mut tally.failed } += 1;
        tally.cases.push(Case { name: name.clone(), file: program.shown.clone(), seconds, failure: failure(&report) });
        terminal.print(&line(&name, program, &report, seconds, arguments.json));
        if watch.is_cancelled() {
            return;
        }
    }
}

fn line(name: &str, program: &Program, report: &TaskReport, seconds: f64, as_json: bool) -> String {
    let good = report.is_good();
    if as_json {
        let checks: Vec<_> = report
            .checks
            .iter()
            .map(|check| json!({ "text": check.text, "passed": check.passed, "detail": check.detail }))
            .collect();
        let object = json!({
            "name": name, "file": program.shown, "passed": good, "seconds": seconds, "checks": checks,
        });
        return format!("{object}\n");
    }
    let verdict = if good { "passed" } else { "FAILED" };
    let failures: String = report
        .checks
        .iter()
        .filter(|check| !check.passed)
        .map(|check| format!("        {}  ({})\n", check.text, check.detail))
        .collect();
    format!("{verdict}  {}: {name}  ({seconds:.2} s)\n{failures}", program.shown)
}

fn failure(report: &TaskReport) -> Option<String> {
    let errors = report.diagnostics.iter().filter(|said| said.is_error()).map(|said| said.message.clone());
    let checks = report.checks.iter().filter(|check| !check.passed);
    let checks = checks.map(|check| format!("{} ({})", check.text, check.detail));
    let why: Vec<String> = errors.chain(checks).collect();
    match (report.is_good(), why.is_empty()) {
        (true, _) => None,
        (false, true) => Some("interrupted".to_owned()),
        (false, false) => Some(why.join("\n")),
    }
}

/// The report that build servers read.
fn junit(cases: &[Case]) -> String {
    let failed = cases.iter().filter(|case| case.failure.is_some()).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuite name=\"neuro\" tests=\"{}\" failures=\"{failed}\">\n", cases.len()));
    for Case { name, file, seconds, failure } in cases {
        let (name, file) = (escaped(name), escaped(file));
        text.push_str(&format!("  <testcase classname=\"{file}\" name=\"{name}\" time=\"{seconds:.3}\""));
        match failure {
            None => text.push_str("/>\n"),
            Some(why) => text.push_str(&format!("><failure>{}</failure></testcase>\n", escaped(why))),
        }
    }
    text.push_str("</testsuite>\n");
    text
}

/// Text inside XML; characters that XML cannot hold are left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            control if control.is_control() && !matches!(control, '\n' | '\t') => {}
            plain => out.push(plain),
        }
    }
    out
}
