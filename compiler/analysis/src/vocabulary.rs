//! The closed vocabulary of tasks: which settings there are, in which task, and what each may be set to.
//!
//! Words only; what they do is for the numerics, the training and the targets to know.

use neuro_syntax::tree::TaskKind;

/// What a setting may be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A time.
    Time,
    /// A whole number.
    Whole,
    /// A number without a unit.
    Number,
    /// One of these words, or the same as a text.
    Words(&'static [&'static str]),
    /// One of these words, alone or called with arguments of its own.
    Calls(&'static [&'static str]),
    /// A list of calls of these words.
    ListOfCalls(&'static [&'static str]),
    /// The name of another task.
    Task,
    /// An expression over what the task runs, in which these words may be called.
    Expression(&'static [&'static str]),
}

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it may be set to.
    pub sort: Sort,
    /// The tasks that have it.
    pub tasks: &'static [TaskKind],
}

use TaskKind::{Experiment, Quantize, Search, Test, Train};

const ALL: &[TaskKind] = &[Experiment, Test, Train, Search, Quantize];
const RUNS: &[TaskKind] = &[Experiment, Test, Train, Quantize];
const LEARNS: &[TaskKind] = &[Train];
const SEARCHES: &[TaskKind] = &[Search];
const QUANTISES: &[TaskKind] = &[Quantize];

/// The conventions of simulators.
pub const SEMANTICS: &[&str] = &[
    "standard",
    "ideal",
    "nir",
    "norse",
    "snntorch",
    "snntorch-paper",
    "sinabs",
    "nengo",
    "lava-float",
    "lava-fixed",
    "spyx",
    "rockpool",
    "spikingjelly",
    "brian",
    "nest",
];

/// The conventions in which a loop without a delay is a mistake; in the others it takes a step.
pub const STRICT: &[&str] = &["standard", "ideal", "nir", "brian", "nest"];

/// Functions of results that training, search and quantisation know.
pub const SCORES: &[&str] = &["accuracy", "loss"];

const LOSSES: &[&str] = &["cross_entropy", "mse", "mae", "van_rossum", "count", "rate"];
const TARGETS: &[&str] =
    &["jit", "interpreter", "nir", "c", "systemverilog", "loihi2", "spinnaker2", "xylo", "speck", "dynapcnn", "akida"];
const OPTIMISERS: &[&str] = &["adam", "adamw", "sgd", "rmsprop", "ridge"];
const SURROGATES: &[&str] = &["atan", "fast_sigmoid", "sigmoid", "triangle", "boxcar", "gaussian"];
const GRADIENTS: &[&str] = &["bptt", "eprop", "eventprop", "rtrl", "ostl"];
const FORMATS: &[&str] = &["int", "uint", "fix", "float"];

/// Every setting, in the order in which messages list them.
pub const SETTINGS: &[Setting] = &[
    Setting { name: "dt", sort: Sort::Time, tasks: RUNS },
    Setting { name: "method", sort: Sort::Words(&["auto", "exact", "expeuler", "euler", "rk4", "rk45"]), tasks: RUNS },
    Setting { name: "semantics", sort: Sort::Words(SEMANTICS), tasks: RUNS },
    Setting { name: "seed", sort: Sort::Whole, tasks: ALL },
    Setting { name: "target", sort: Sort::Calls(TARGETS), tasks: RUNS },
    Setting { name: "spikes", sort: Sort::Words(&["grid", "interpolate", "exact_root"]), tasks: RUNS },
    Setting { name: "input", sort: Sort::Words(&["box", "impulse"]), tasks: RUNS },
    Setting { name: "cmp", sort: Sort::Words(&["model", "greater", "greater_equal", ">", ">="]), tasks: RUNS },
    Setting { name: "test", sort: Sort::Words(&["after", "before"]), tasks: RUNS },
    Setting { name: "reset", sort: Sort::Words(&["model", "value", "subtract", "multi"]), tasks: RUNS },
    Setting { name: "recurrence", sort: Sort::Words(&["error", "step"]), tasks: RUNS },
    Setting { name: "rec_bias", sort: Sort::Words(&["first_step", "delayed", "drop"]), tasks: RUNS },
    Setting { name: "scale", sort: Sort::Words(&["dt_tau", "dt/tau", "one", "1", "threshold"]), tasks: RUNS },
    Setting { name: "fma", sort: Sort::Words(&["off", "on"]), tasks: RUNS },
    Setting { name: "number", sort: Sort::Words(&["f64", "f32", "fixed"]), tasks: RUNS },
    Setting { name: "num", sort: Sort::Words(&["f64", "f32", "fixed"]), tasks: RUNS },
    Setting {
        name: "order",
        sort: Sort::Words(&["integrate_deliver_threshold", "deliver_integrate_threshold"]),
        tasks: RUNS,
    },
    Setting { name: "loss", sort: Sort::Expression(LOSSES), tasks: LEARNS },
    Setting { name: "surrogate", sort: Sort::Calls(SURROGATES), tasks: LEARNS },
    Setting { name: "opt", sort: Sort::Calls(OPTIMISERS), tasks: LEARNS },
    Setting { name: "grad", sort: Sort::Calls(GRADIENTS), tasks: LEARNS },
    Setting { name: "epochs", sort: Sort::Whole, tasks: LEARNS },
    Setting { name: "batch", sort: Sort::Whole, tasks: LEARNS },
    Setting { name: "task", sort: Sort::Task, tasks: SEARCHES },
    Setting { name: "vary", sort: Sort::ListOfCalls(&["log", "uniform", "choice", "int"]), tasks: SEARCHES },
    Setting { name: "maximize", sort: Sort::Expression(SCORES), tasks: SEARCHES },
    Setting { name: "minimize", sort: Sort::Expression(SCORES), tasks: SEARCHES },
    Setting { name: "using", sort: Sort::Calls(&["cma", "ga", "neat", "random", "grid"]), tasks: SEARCHES },
    Setting { name: "budget", sort: Sort::Whole, tasks: SEARCHES },
    Setting { name: "weights", sort: Sort::Calls(FORMATS), tasks: QUANTISES },
    Setting { name: "states", sort: Sort::Calls(FORMATS), tasks: QUANTISES },
    Setting { name: "tolerance", sort: Sort::Number, tasks: RUNS },
];

/// The setting of a task.
pub fn setting(task: TaskKind, name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name && setting.tasks.contains(&task))
}

/// The settings that some task has under this name.
pub fn tasks_with(name: &str) -> Option<&'static [TaskKind]> {
    SETTINGS.iter().find(|setting| setting.name == name).map(|setting| setting.tasks)
}

/// The settings whose vocabulary has a word.
pub fn settings_with_word(word: &str) -> Vec<&'static str> {
    let has = |setting: &&Setting| match setting.sort {
        Sort::Words(words) | Sort::Calls(words) | Sort::ListOfCalls(words) | Sort::Expression(words) => {
            words.contains(&word)
        }
        Sort::Time | Sort::Whole | Sort::Number | Sort::Task => false,
    };
    SETTINGS.iter().filter(has).map(|setting| setting.name).collect()
}

/// How a task is called.
pub fn task_name(task: TaskKind) -> &'static str {
    match task {
        Experiment => "experiment",
        Test => "test",
        Train => "train",
        Search => "search",
        Quantize => "quantize",
    }
}
