//! `neuro test PATH…`: run the tests of programs, a line each, and a summary.

use super::check::programs;
use crate::Outcome;
use crate::arguments::Test;
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
}

pub(crate) fn test(arguments: &Test, terminal: &Terminal) -> Outcome {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in &arguments.paths {
        match programs(path) {
            Ok(found) => files.extend(found),
            Err(reason) => {
                terminal.say(&format!("{}: {reason}", path.display()));
                return Outcome::Failed;
            }
        }
    }
    let watch = Watch::new(terminal, arguments.json);
    let mut tally = Tally::default();
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
