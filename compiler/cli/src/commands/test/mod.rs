//! `neuro test PATH…`: run the tests of programs side by side, a line each in the order of the files and their texts, and a summary.
//!
//! Files are read and checked one after the other into one workspace, so that what several use is checked once. Then each test runs on
//! one thread, several tests at once. What is told is the same on any number of threads, but for the times.

mod crew;
mod junit;
mod tally;

use super::check::programs;
use crate::Outcome;
use crate::arguments::Test;
use crate::outputs::write_text;
use crate::program::{Program, Top, open};
use crate::terminal::Terminal;
use crate::watch::Watch;
use crew::{Orders, in_order};
use neuro_analysis::typed::ItemId;
use neuro_database::Workspace;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{Disk, Observer, Overrides, TaskReport, run_task};
use neuro_runtime::run::Progress;
use neuro_syntax::tree::TaskKind;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tally::{Case, Verdict, closing, json_line, line};

/// A test to be run, with a view of the workspace of its own.
struct Job {
    name: String,
    file: String,
    workspace: Workspace,
    item: ItemId,
}

/// A test that was run.
struct Done {
    case: Case,
    report: TaskReport,
}

/// What the command line asks for, program by program.
#[derive(Default)]
struct Plan {
    jobs: Vec<Job>,
    /// Programs that could not be checked.
    broken: Vec<Case>,
    /// Tests whose name was not asked for.
    left_out: usize,
}

pub(crate) fn test(arguments: &Test, terminal: &Terminal) -> Outcome {
    let begin = Instant::now();
    let plan = plan(arguments, terminal);
    if let Some(wanted) = &arguments.filter
        && plan.jobs.is_empty()
    {
        terminal.say(&format!("no test has `{wanted}` in its name, of {} that there are", plan.left_out));
        return Outcome::Failed;
    }
    let watch = Watch::new(terminal);
    let mut cases = plan.broken;
    run(plan.jobs, arguments, &watch, terminal, &mut cases);
    watch.finish();
    if watch.is_cancelled() {
        terminal.say("interrupted: what is not listed was not tested");
    }
    if let Some(path) = &arguments.junit
        && let Err(error) = write_text(path, &junit::junit(&cases))
    {
        terminal.unplaced(&[error]);
        return Outcome::Failed;
    }
    if !arguments.json {
        terminal.print(&closing(&cases, plan.left_out, begin.elapsed().as_secs_f64()));
    }
    let good = cases.iter().all(|case| matches!(case.verdict, Verdict::Passed)) && !watch.is_cancelled();
    if good { Outcome::Worked } else { Outcome::Failed }
}

/// Reads and checks the programs; what is wrong with them has been said.
fn plan(arguments: &Test, terminal: &Terminal) -> Plan {
    let here = [PathBuf::from(".")];
    let (files, said) = programs(if arguments.paths.is_empty() { &here } else { &arguments.paths });
    terminal.unplaced(&said);
    let mut plan = Plan { broken: said.iter().map(unreadable).collect(), ..Plan::default() };
    let mut workspace = Workspace::new(Arc::new(Disk));
    // All are read before the first is checked: standard input gets its text while nobody looks at the workspace.
    let opened: Vec<_> = files.iter().map(|path| (path, open(&mut workspace, path))).collect();
    for (path, opened) in opened {
        let file = path.display().to_string();
        match opened.map(|file| Program::checked(&workspace, file, path, terminal)) {
            Ok(Ok(program)) => add(&mut plan, &program, arguments.filter.as_deref()),
            Ok(Err(_)) => plan.broken.push(broken(file, "the program has errors")),
            Err(said) => {
                plan.broken.push(broken(file, &said.message));
                terminal.unplaced(&[said]);
            }
        }
    }
    plan
}

/// A path that leads to no program; the reason names it.
fn unreadable(said: &Diagnostic) -> Case {
    broken(String::new(), &said.message)
}

fn broken(file: String, why: &str) -> Case {
    Case { name: "check".to_owned(), file, seconds: 0.0, verdict: Verdict::Broken(why.to_owned()) }
}

fn add(plan: &mut Plan, program: &Program, wanted: Option<&str>) {
    for (name, kind, top) in program.tops() {
        let Top::Task(item) = top else { continue };
        if kind != Some(TaskKind::Test) {
            continue;
        }
        if wanted.is_some_and(|wanted| !name.contains(wanted)) {
            plan.left_out += 1;
            continue;
        }
        plan.jobs.push(Job { name, file: program.shown.clone(), workspace: program.workspace.clone(), item });
    }
}

/// Runs the tests and tells what comes of each.
fn run(jobs: Vec<Job>, arguments: &Test, watch: &Watch, terminal: &Terminal, cases: &mut Vec<Case>) {
    let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    // Each job lets its view of the workspace go when it is done; this one is for showing places in the texts.
    let Some(workspace) = jobs.first().map(|job| job.workspace.clone()) else { return };
    watch.counts(jobs.len() as u64, "tests");
    let orders = Orders {
        work: &|job: &Job| {
            let done = tested(job, watch);
            watch.counted();
            done
        },
        wants_room: &wants_room,
        goes_on: &|| !watch.is_cancelled(),
    };
    let threads = threads.min(jobs.len());
    in_order(jobs, threads, &orders, &mut |Done { case, report }| {
        watch.aside(|| {
            terminal.diagnostics(&report.diagnostics, &workspace);
            terminal.print(&if arguments.json { json_line(&case, &report) } else { line(&case, &report) });
        });
        cases.push(case);
    });
}

fn tested(job: &Job, watch: &Watch) -> Done {
    let begin = Instant::now();
    let mut report = run_task(&job.workspace, job.item, &Overrides::default(), &Unshown(watch));
    // What was recorded is not looked at, and would be kept until the test is told.
    report.results.clear();
    report.recordings.clear();
    report.files.clear();
    let verdict = Verdict::of(&report);
    let seconds = begin.elapsed().as_secs_f64();
    Done { case: Case { name: job.name.clone(), file: job.file.clone(), seconds, verdict }, report }
}

/// Whether a test was refused because it does not fit into the memory that was free just then.
fn wants_room(done: &Done) -> bool {
    done.report.diagnostics.iter().any(|said| said.is_error() && matches!(said.code.id, "E0825" | "E1105"))
}

/// Hears Ctrl-C for a test; how far a single one is is not shown.
struct Unshown<'a>(&'a Watch);

impl Observer for Unshown<'_> {
    fn begins(&self, _: &str) {}

    fn progress(&self, _: Progress) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
