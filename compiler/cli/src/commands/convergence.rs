//! `neuro check --convergence PATH [TASK]`: what tasks find with their step, a half and a quarter of it, as tables for people or objects for scripts.

use crate::Outcome;
use crate::arguments::Check;
use crate::paths::found;
use crate::program::{Program, Top};
use crate::request::given_settings;
use crate::summary::{rounded, time};
use crate::terminal::Terminal;
use crate::watch::Watch;
use neuro_diagnostics::{Place, Resolve, to_json};
use neuro_driver::{Convergence, Execution, Kind, Observer, Overrides, Quantity, Settling, Verdict};
use neuro_syntax::tree::TaskKind;
use serde_json::{Value, json};

pub(crate) fn convergence(arguments: &Check, terminal: &Terminal) -> Outcome {
    let (path, task) = match arguments.paths.as_slice() {
        [path] => (path, None),
        [path, task] => (path, task.to_str()),
        _ => {
            terminal.say("--convergence takes one path, and the name of a task at most");
            return Outcome::Misused;
        }
    };
    let overrides = match overrides(arguments, terminal) {
        Ok(overrides) => overrides,
        Err(outcome) => return outcome,
    };
    let (files, said) = found(std::slice::from_ref(path), &["neuro"]);
    terminal.unplaced(&said);
    let watch = Watch::new(terminal);
    let mut good = said.is_empty();
    let mut tasks = 0;
    for file in &files {
        let program = match Program::read(file, terminal) {
            Ok(program) => program,
            Err(outcome) if files.len() == 1 => return outcome,
            Err(_) => {
                good = false;
                continue;
            }
        };
        for (name, kind, top) in program.tops() {
            let runs = matches!(kind, Some(TaskKind::Experiment | TaskKind::Test));
            let Top::Task(item) = top else { continue };
            if !runs || task.is_some_and(|task| task != name) {
                continue;
            }
            tasks += 1;
            let settling = neuro_driver::convergence(&program.workspace, item, &overrides, &watch);
            watch.finish();
            good &= settling.is_good();
            print(&settling, &program, arguments.json, terminal);
            if watch.is_cancelled() {
                terminal.say("interrupted: what is not listed was not compared");
                return Outcome::Failed;
            }
        }
    }
    if tasks == 0 {
        let named = task.map_or(String::new(), |task| format!(" called `{task}`"));
        terminal.say(&format!("{}: there is no experiment or test{named} to be compared", path.display()));
        return if task.is_some() { Outcome::Misused } else { Outcome::Failed };
    }
    if good { Outcome::Worked } else { Outcome::Failed }
}

fn overrides(arguments: &Check, terminal: &Terminal) -> Result<Overrides, Outcome> {
    let settings = given_settings(arguments.dt.as_ref(), None, terminal)?;
    let threads = arguments.threads.map_or(1, std::num::NonZeroUsize::get);
    let execution = Execution { threads, ..Execution::default() };
    Ok(Overrides { settings, execution, ..Overrides::default() })
}

fn print(found: &Convergence, program: &Program, as_json: bool, terminal: &Terminal) {
    if as_json {
        let said = found.diagnostics.iter().map(|said| format!("{}\n", to_json(said, &program.workspace)));
        terminal.print(&(said.collect::<String>() + &format!("{}\n", object(found, program))));
    } else {
        terminal.print(&text(found, program));
        terminal.diagnostics(&found.diagnostics, &program.workspace);
    }
}

/// What was compared, a line each, and what comes of it.
fn text(found: &Convergence, program: &Program) -> String {
    let steps: Vec<String> = found.steps.iter().map(|step| time(*step)).collect();
    let steps = if steps.is_empty() { String::new() } else { format!(" at dt = {}", steps.join(", ")) };
    let mut text = format!("{}: {}{steps}\n", program.shown, found.task);
    let rows: Vec<[String; 5]> = found.quantities.iter().map(row).collect();
    if !rows.is_empty() {
        let head = ["", "events", "dt to dt/2", "dt/2 to dt/4", "order"].map(str::to_owned);
        let all: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
        let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 5] = std::array::from_fn(width);
        for row in &all {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            text.push_str(&format!("  {}\n", line.trim_end()));
        }
    }
    for (check, held) in found.checks.iter().filter(|(_, held)| held.iter().any(|one| *one != held[0])) {
        let at = |holds: bool| {
            let steps = found.steps.iter().zip(held).filter(|(_, one)| **one == holds);
            steps.map(|(step, _)| time(*step)).collect::<Vec<_>>().join(", ")
        };
        text.push_str(&format!("  holds at dt = {}, fails at {}: {check}\n", at(true), at(false)));
    }
    for random in &found.random {
        text.push_str(&format!("  {random}\n"));
    }
    text + &format!("  {}\n", verdict(found, program))
}

fn row(quantity: &Quantity) -> [String; 5] {
    let events: Vec<String> = quantity.events.iter().map(u64::to_string).collect();
    let difference = |index: usize| match quantity.differences.get(index) {
        None => String::new(),
        Some(difference) if difference.mean <= difference.rounding => "0".to_owned(),
        Some(difference) => {
            let (unit, scale) = &quantity.unit;
            let blank = if unit.is_empty() { "" } else { " " };
            format!("{}{blank}{unit}", significant(difference.mean / scale))
        }
    };
    let order = match quantity.settling {
        Settling::Same => "same".to_owned(),
        Settling::Converges { order: Some(order) } => format!("{order:.1}"),
        Settling::Converges { order: None } => "close".to_owned(),
        Settling::Differs { until: Some(until), .. } => format!("differs from {} on", time(until)),
        Settling::Differs { until: None, .. } => "differs".to_owned(),
    };
    [quantity.name.clone(), events.join(", "), difference(0), difference(1), order]
}

/// Three digits that matter, however small.
fn significant(value: f64) -> String {
    if !value.is_finite() || value == 0.0 || (1e-3..1e4).contains(&value.abs()) {
        return rounded(value);
    }
    format!("{value:.2e}")
}

/// What comes of it, in a sentence.
fn verdict(found: &Convergence, program: &Program) -> String {
    match &found.verdict {
        Verdict::Same => "the same at all steps".to_owned(),
        Verdict::Converges { order: Some(order) } => format!("converges, with order {order:.1}"),
        Verdict::Converges { order: None } => "converges: the runs are as close as their steps".to_owned(),
        Verdict::NamesStep { worst } => {
            let places: Vec<String> = found.effects.iter().take(3).map(|place| at(*place, program)).collect();
            format!("depends on the step: `{worst}` differs, and the text names the step: {}", places.join(", "))
        }
        Verdict::Imitates { worst, simulator } => {
            format!("depends on the step: `{worst}` differs, and `{simulator}` computes in steps")
        }
        Verdict::Sensitive { worst, until } => format!(
            "agrees until {}; then `{worst}` goes its own way in each run: small differences grow (a spike more or less), as in \
            chaotic networks, and rates rather than spikes can be compared",
            time(*until)
        ),
        Verdict::Chance { worst } => {
            format!(
                "cannot be told: `{worst}` differs, and its handlers draw other numbers where events move to other steps"
            )
        }
        Verdict::Diverges { worst } => format!("does not settle: `{worst}`"),
        Verdict::Nothing => "nothing to compare: the text looks at nothing that is recorded".to_owned(),
        Verdict::Interrupted => "interrupted".to_owned(),
        Verdict::Failed => "not compared: a run went wrong".to_owned(),
    }
}

/// `box(s)` at file:line
fn at(place: Place, program: &Program) -> String {
    let span = program.workspace.span(place);
    let text = program.workspace.text(place.file);
    let (start, end) = (span.start as usize, span.end as usize);
    let line = text.get(..start).map_or(0, |before| before.matches('\n').count()) + 1;
    format!("`{}` at {}:{line}", text.get(start..end).unwrap_or_default(), program.workspace.name(place.file))
}

fn object(found: &Convergence, program: &Program) -> Value {
    let (kind, order, until) = match &found.verdict {
        Verdict::Same => ("same", None, None),
        Verdict::Converges { order } => ("converges", *order, None),
        Verdict::NamesStep { .. } => ("names_step", None, None),
        Verdict::Imitates { .. } => ("imitates", None, None),
        Verdict::Sensitive { until, .. } => ("sensitive", None, Some(*until)),
        Verdict::Chance { .. } => ("chance", None, None),
        Verdict::Diverges { .. } => ("diverges", None, None),
        Verdict::Nothing => ("nothing", None, None),
        Verdict::Interrupted => ("interrupted", None, None),
        Verdict::Failed => ("failed", None, None),
    };
    let checks: Vec<Value> = found.checks.iter().map(|(text, held)| json!({ "text": text, "held": held })).collect();
    json!({
        "task": found.task,
        "file": program.shown,
        "dt_s": found.steps,
        "verdict": kind,
        "order": order,
        "agrees_until_s": until,
        "names_step": found.effects.iter().map(|place| at(*place, program)).collect::<Vec<_>>(),
        "random": found.random,
        "checks": checks,
        "quantities": found.quantities.iter().map(quantity_object).collect::<Vec<_>>(),
        "says": verdict(found, program),
    })
}

fn quantity_object(quantity: &Quantity) -> Value {
    let (settling, order, until) = match quantity.settling {
        Settling::Same => ("same", None, None),
        Settling::Converges { order } => ("converges", order, None),
        Settling::Differs { until, .. } => ("differs", None, until),
    };
    let kind = match quantity.kind {
        Kind::Events => "events",
        Kind::Numbers => "numbers",
    };
    // JSON has no infinity: what is not finite is null.
    let mean: Vec<f64> = quantity.differences.iter().map(|difference| difference.mean).collect();
    let largest: Vec<Option<f64>> = quantity.differences.iter().map(|difference| difference.largest).collect();
    json!({
        "name": quantity.name,
        "kind": kind,
        "unit": if quantity.kind == Kind::Events { "s" } else { "SI" },
        "events": quantity.events,
        "mean_difference": mean,
        "largest_difference": largest,
        "settling": settling,
        "order": order,
        "agrees_until_s": until,
    })
}
