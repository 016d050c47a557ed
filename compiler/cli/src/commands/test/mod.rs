//! `neuro test PATH…`: run the tests of programs side by side, a line each in the order of the files and their texts, and a summary.
//!
//! Files are read and checked one after the other into one workspace, so that what several use is checked once. Then each test runs on
//! one thread, several tests at once. What is told is the same on any number of threads, but for the times.

mod crew;
mod junit;
mod tally;

use crate::Outcome;
use crate::arguments::Test;
use crate::outputs::write_text;
use crate::paths::chosen;
use crate::program::{Program, Top, open};
use crate::terminal::Terminal;
use crate::watch::Watch;
use crew::{Orders, in_order};
use neuro_analysis::typed::ItemId;
use neuro_database::Workspace;
use neuro_diagnostics::Diagnostic;
use neuro_driver::pages::{blocks, tried};
use neuro_driver::{Disk, E1303, Observer, Overrides, TaskReport, run_task};
use neuro_runtime::run::Progress;
use neuro_syntax::tree::TaskKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tally::{Case, Verdict, closing, json_line, line};

/// A test to be run.
struct Job {
    name: String,
    file: String,
    work: Work,
}

/// What is done for a test.
enum Work {
    /// A task of a program, with a view of the workspace of its own.
    Task(Workspace, ItemId),
    /// A program of a page, which says what comes of it.
    Block(String),
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
    let (files, said) = chosen(&arguments.paths, &["neuro", "md"]);
    terminal.unplaced(&said);
    let mut plan = Plan { broken: said.iter().map(unreadable).collect(), ..Plan::default() };
    let mut workspace = Workspace::new(Arc::new(Disk));
    // All are read before the first is checked: standard input gets its text while nobody looks at the workspace.
    let is_page = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "md");
    let (pages, programs): (Vec<&PathBuf>, Vec<&PathBuf>) = files.iter().partition(is_page);
    let opened: Vec<_> = programs.into_iter().map(|path| (path, open(&mut workspace, path))).collect();
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
    for path in pages {
        page(&mut plan, path, arguments.filter.as_deref(), terminal);
    }
    plan
}

/// The programs of a page that say what comes of them; the others are there to be read.
fn page(plan: &mut Plan, path: &Path, wanted: Option<&str>, terminal: &Terminal) {
    let file = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let said = Diagnostic::unplaced(&E1303, format!("`{file}` cannot be read: {error}"));
            plan.broken.push(broken(file, &said.message));
            terminal.unplaced(&[said]);
            return;
        }
    };
    for (number, block) in blocks(&text).into_iter().enumerate() {
        if block.kind != "neuro" || !block.text.starts_with("// expect: ") {
            continue;
        }
        let name = format!("block {}", number + 1);
        if wanted.is_some_and(|wanted| !name.contains(wanted)) {
            plan.left_out += 1;
            continue;
        }
        plan.jobs.push(Job { name, file: file.clone(), work: Work::Block(block.text) });
    }
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
        let work = Work::Task(program.workspace.clone(), item);
        plan.jobs.push(Job { name, file: program.shown.clone(), work });
    }
}

/// Runs the tests and tells what comes of each.
fn run(jobs: Vec<Job>, arguments: &Test, watch: &Watch, terminal: &Terminal, cases: &mut Vec<Case>) {
    let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    // Each job lets its view of the workspace go when it is done; this one is for showing places in the texts.
    if jobs.is_empty() {
        return;
    }
    let of_a_task = jobs.iter().find_map(|job| match &job.work {
        Work::Task(workspace, _) => Some(workspace.clone()),
        Work::Block(_) => None,
    });
    let workspace = of_a_task.unwrap_or_else(|| Workspace::new(Arc::new(Disk)));
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
    let mut report = match &job.work {
        Work::Task(workspace, item) => run_task(workspace, *item, &Overrides::default(), &Unshown(watch)),
        Work::Block(text) => tried(&job.name, text),
    };
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
