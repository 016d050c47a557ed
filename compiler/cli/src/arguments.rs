//! What a user may type. The help texts here are the command line's contract; nothing is done here.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// A language for brains and neuromorphic chips: checks the time of a model, then runs it or writes it for hardware.
#[derive(Debug, Parser)]
#[command(name = "neuro", version, propagate_version = true, arg_required_else_help = true, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 it worked; 1 the program, file or run is at fault; 2 the command line is wrong.\n\
    Start with: neuro run examples/lif.neuro"
)]
pub(crate) struct Arguments {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(crate) color: Colour,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Nowhere.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a project: a folder with a program that runs, its test and a README.
    New(New),
    /// Run a program's experiment or test, or a NIR graph.
    Run(Run),
    /// Say everything that is wrong with programs, without running them.
    Check(Check),
    /// Lay programs out: blanks, line breaks and indentation, nothing else.
    Fmt(Fmt),
    /// Run the tests of programs.
    Test(Test),
    /// Write a model for a target: a NIR file, or C.
    Build(Build),
    /// Print what the compiler makes of a program at one of its stages.
    Dump(Dump),
    /// Run one model under several simulators' conventions: where they part, and what parts them.
    Compare(Compare),
    /// Look at, compare, mend and convert NIR files.
    #[command(subcommand)]
    Nir(Nir),
    /// Explain a code of a diagnostic, for instance E0501.
    Explain(Explain),
    /// Speak the language server protocol on standard input and output.
    Lsp,
    /// Print what a shell needs to complete commands and options.
    Completions(Completions),
    /// Print a page of the manual, for `man`.
    Man(Man),
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The folder, which must not be there yet.
    pub(crate) name: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    neuro run examples/lif.neuro\n  \
    neuro run examples/brunel.neuro --for 500ms --seed 7 --out results\n  \
    neuro run examples/lif.neuro --record n.v --plot v.svg\n  \
    neuro run graph.nir --input input=spikes.npy --dt 0.1ms --semantics norse --record all --out trace.npz")]
pub(crate) struct Run {
    /// A `.neuro` program or a `.nir` graph.
    pub(crate) model: PathBuf,
    /// Which of the program's tasks, by name; needed if it has several.
    pub(crate) task: Option<String>,
    /// Drive an in-port from a file: `.npy`, `.npz` (its array KEY) or `.csv`; `[T, …shape]`, a row a step.
    #[arg(long, value_name = "PORT=FILE[:KEY]")]
    pub(crate) input: Vec<String>,
    /// The step, with its unit: 0.1ms.
    #[arg(long, value_name = "TIME")]
    pub(crate) dt: Option<String>,
    /// How long to run, with its unit: 1s. Without it: as the task says, or as long as the input is.
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) duration: Option<String>,
    /// How to discretise: a preset (ideal, nir, norse, snntorch, sinabs, nengo, lava-fixed, …) and single axes changed.
    #[arg(long, value_name = "NAME[,AXIS=VALUE…]")]
    pub(crate) semantics: Option<String>,
    /// The unit of time constants and delays in a NIR file.
    #[arg(long, value_enum, default_value_t = TimeUnit::S, value_name = "UNIT")]
    pub(crate) time_unit: TimeUnit,
    /// A parameter of the top node, or a setting of the task.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The seed of all random numbers.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Threads to use; results do not depend on it.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// The number format of states and weights.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) precision: Option<Precision>,
    /// Who executes the steps; results do not depend on it.
    #[arg(long, value_enum, default_value_t = Backend::Jit, value_name = "WHO")]
    pub(crate) backend: Backend,
    /// What to keep beside what the program records: `all`, or NODE.VAR (`*` stands for any characters).
    #[arg(long, value_delimiter = ',', value_name = "all|NODE.VAR")]
    pub(crate) record: Vec<String>,
    /// Where recordings go: a `.npz` file, or a folder (`out`, if the program names files).
    #[arg(short, long, value_name = "FILE.npz|DIR")]
    pub(crate) out: Option<PathBuf>,
    /// How spikes are written: an array of counts, or lists of steps and indices.
    #[arg(long, value_enum, default_value_t = Spikes::Dense, value_name = "FORM")]
    pub(crate) spikes: Spikes,
    /// Draw what `--record` names, for a graph everything: raster and traces.
    #[arg(long, value_name = "FILE.svg|png")]
    pub(crate) plot: Option<PathBuf>,
    /// Print the summary as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Say where the time went.
    #[arg(long)]
    pub(crate) profile: bool,
    /// Nothing but results.
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// Units of time in NIR files, which do not say theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimeUnit {
    /// Seconds, as nearly all files have it.
    #[default]
    S,
    /// Milliseconds.
    Ms,
}

impl TimeUnit {
    /// In seconds.
    pub(crate) fn seconds(self) -> f64 {
        match self {
            Self::S => 1.0,
            Self::Ms => 1e-3,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Precision {
    /// 32-bit floats.
    F32,
    /// 64-bit floats.
    F64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// Machine code made by Cranelift.
    Jit,
    /// The reference interpreter.
    Interpreter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Spikes {
    /// `uint8 [T, …shape]`.
    Dense,
    /// `NODE.z.step` and `NODE.z.index`, both uint32.
    Events,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "neuro check [OPTIONS] [PATHS]...\n       neuro check --convergence [OPTIONS] <PATH> [TASK]",
    after_long_help = "With --convergence each task (or TASK) is run with its own step, a half and a quarter of it, under the same seed and the \
    same noise. What its text looks at is compared from run to run: of events how many there are and how far they are shifted, of numbers how \
    far they are apart in the mean over time. A program that does not name the step (`box`, `step`, `delay 1 step`) has a limit for small \
    steps, and its differences get smaller, by 2 to the power of the order for each halving. The verdict is one of\n\n  \
    the same at all steps\n  \
    converges, with the order where it can be told\n  \
    names the step: depends on it, with the place in the text (W1309)\n  \
    imitates a simulator that computes in steps\n  \
    agrees until T: behind it small differences grow until each run goes its own way, as in chaotic networks\n  \
    does not settle, and nothing explains why (E1311, exit status 1)\n\n\
    Examples:\n  neuro check\n  neuro check models\n  neuro check --convergence examples/lif.neuro\n  \
    neuro check --convergence examples/brunel.neuro raster --json"
)]
pub(crate) struct Check {
    /// `.neuro` or `.nir` files, folders with `.neuro` files, or `-` for standard input; without any, the project in which you stand, or else the folder.
    pub(crate) paths: Vec<PathBuf>,
    /// One JSON object a diagnostic, a line each, on standard output; with --convergence one more for each task.
    #[arg(long)]
    pub(crate) json: bool,
    /// Run each task with its step, a half and a quarter of it, and say whether what it finds settles.
    #[arg(long)]
    pub(crate) convergence: bool,
    /// The longest of the steps of --convergence, with its unit, instead of the task's own.
    #[arg(long, value_name = "TIME", requires = "convergence")]
    pub(crate) dt: Option<String>,
    /// Threads to use for --convergence; results do not depend on it.
    #[arg(long, value_name = "N", requires = "convergence")]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
#[command(after_help = "A file with a syntax error is left as it is.\n\nExamples:\n  \
    neuro fmt\n  \
    neuro fmt --check examples stdlib\n  \
    neuro fmt - < model.neuro")]
pub(crate) struct Fmt {
    /// `.neuro` files, or folders with such files; `-` reads standard input and writes standard output; without any, the project in which you stand.
    pub(crate) paths: Vec<PathBuf>,
    /// Write nothing: show what would change, and fail if anything would.
    #[arg(long)]
    pub(crate) check: bool,
    /// No summary; with `--check` only the names of the files that would change.
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    neuro test\n  \
    neuro test examples stdlib --filter period\n  \
    neuro test models --threads 4 --junit report.xml")]
pub(crate) struct Test {
    /// `.neuro` files, pages (`.md`) whose programs begin with `// expect: …`, or folders with such files; without any, the project in which you stand, or else the folder.
    pub(crate) paths: Vec<PathBuf>,
    /// One JSON object a test, a line each, on standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a report that build servers read.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Only the tests with this in their names; it is a mistake if there is none.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// How many tests run at once, without it as many as there are cores; results do not depend on it.
    #[arg(short = 'j', long, visible_alias = "jobs", value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    neuro build examples/lif.neuro --top LIF --target nir -o lif.nir\n  \
    neuro build graph.nir --target c --semantics lava-fixed --dt 0.1ms -o firmware")]
pub(crate) struct Build {
    /// A `.neuro` program or a `.nir` graph.
    #[arg(required_unless_present = "list_targets")]
    pub(crate) model: Option<PathBuf>,
    /// What to write for.
    #[arg(long, value_name = "TARGET", required_unless_present = "list_targets")]
    pub(crate) target: Option<String>,
    /// The node or task to build; needed if the program has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) top: Option<String>,
    /// The file (nir) or folder (c) to write.
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// The step, with its unit: 0.1ms.
    #[arg(long, value_name = "TIME")]
    pub(crate) dt: Option<String>,
    /// How to discretise, as for `neuro run`.
    #[arg(long, value_name = "NAME[,AXIS=VALUE…]")]
    pub(crate) semantics: Option<String>,
    /// The unit of time constants and delays in a NIR file.
    #[arg(long, value_enum, default_value_t = TimeUnit::S, value_name = "UNIT")]
    pub(crate) time_unit: TimeUnit,
    /// A parameter of the top node.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// NIR: the number format of arrays; most files of other tools have f32.
    #[arg(long, value_enum, default_value_t = Precision::F64, value_name = "FORMAT")]
    pub(crate) precision: Precision,
    /// NIR: put what has one path in front of its names into a graph within, where an edge of NIR can say it.
    #[arg(long)]
    pub(crate) nested: bool,
    /// List the targets and what they can express.
    #[arg(long)]
    pub(crate) list_targets: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// A `.neuro` program or a `.nir` graph.
    pub(crate) model: PathBuf,
    /// Which stage.
    #[arg(long, value_enum)]
    pub(crate) stage: Stage,
    /// The node or task; needed from `graph` on if the program has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) top: Option<String>,
    /// The step, with its unit: 0.1ms.
    #[arg(long, value_name = "TIME")]
    pub(crate) dt: Option<String>,
    /// How to discretise, as for `neuro run`.
    #[arg(long, value_name = "NAME[,AXIS=VALUE…]")]
    pub(crate) semantics: Option<String>,
}

/// The stages of a program on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Lossless tokens.
    Tokens,
    /// The syntax tree.
    Tree,
    /// The typed program.
    Typed,
    /// The hybrid graph.
    Graph,
    /// The step program.
    Step,
    /// Cranelift's text of the kernels.
    Clif,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Nir {
    /// Print the nodes, edges and parameters of a NIR file.
    Show {
        /// The file.
        file: PathBuf,
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Say everything that is wrong with NIR files, and what of them is open.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The unit of time constants and delays in the files.
        #[arg(long, value_enum, default_value_t = TimeUnit::S, value_name = "UNIT")]
        time_unit: TimeUnit,
        /// One JSON object a diagnostic, a line each, on standard output.
        #[arg(long)]
        json: bool,
    },
    /// Draw the graph of a NIR file.
    Plot {
        /// The file.
        file: PathBuf,
        /// The picture: `.svg`, or `.dot` for Graphviz.
        to: PathBuf,
    },
    /// Read a NIR file of any version and write it as the current one.
    Convert {
        /// The file to read.
        from: PathBuf,
        /// The file to write.
        to: PathBuf,
        /// How arrays are stored: `none`, `gzip`, `gzip:LEVEL` with a level from 0 to 9, `lzf`; without it as that release of nir does.
        #[arg(long, value_name = "HOW")]
        compression: Option<String>,
        /// The release of nir that is to read the file.
        #[arg(long, default_value = "1.0.8", value_name = "RELEASE")]
        nir_version: String,
    },
    /// Say how two graphs differ; exit status 1 if they do.
    Diff {
        /// One file.
        left: PathBuf,
        /// The other.
        right: PathBuf,
    },
    /// Write a NIR graph down as a program that compiles back to it, its large arrays beside it.
    ToNeuro {
        /// The file to read.
        from: PathBuf,
        /// The program to write, `model.neuro`; large arrays go to `model.npz`, which must not be there yet.
        to: PathBuf,
        /// The unit of time constants and delays in the file.
        #[arg(long, value_enum, default_value_t = TimeUnit::S, value_name = "UNIT")]
        time_unit: TimeUnit,
    },
    /// Put right what exporters are known to get wrong, and say what was done.
    Repair {
        /// The file to read.
        from: PathBuf,
        /// The file to write.
        to: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    neuro compare graph.nir --input input=spikes.npy --dt 0.1ms --semantics norse,snntorch,sinabs\n  \
    neuro compare graph.nir --input input=spikes.npy --semantics norse --semantics norse,reset=subtract --json")]
pub(crate) struct Compare {
    /// A `.nir` graph, or a `.neuro` program with one node that `--top` names.
    pub(crate) model: PathBuf,
    /// The semantics; names by commas (norse,snntorch), or one with axes changed (norse,reset=subtract) for each time it is said. The first is
    /// what the others are held against.
    #[arg(long, required = true, value_name = "NAME[,…]")]
    pub(crate) semantics: Vec<String>,
    /// Drive an in-port from a file: `.npy`, `.npz` (its array KEY) or `.csv`; `[T, …shape]`, a row a step.
    #[arg(long, value_name = "PORT=FILE[:KEY]")]
    pub(crate) input: Vec<String>,
    /// The step, with its unit: 0.1ms.
    #[arg(long, value_name = "TIME")]
    pub(crate) dt: Option<String>,
    /// How long to run, with its unit: 1s. Without it: as long as the input is.
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) duration: Option<String>,
    /// The node of a program; needed if it has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) top: Option<String>,
    /// A parameter of the node.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The seed of all random numbers.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// The unit of time constants and delays in a NIR file.
    #[arg(long, value_enum, default_value_t = TimeUnit::S, value_name = "UNIT")]
    pub(crate) time_unit: TimeUnit,
    /// Within which two spikes coincide.
    #[arg(long, default_value = "2ms", value_name = "TIME")]
    pub(crate) precision: String,
    /// The time constant of van Rossum's distance.
    #[arg(long, default_value = "10ms", value_name = "TIME")]
    pub(crate) memory: String,
    /// Draw the spikes of all runs, layer by layer.
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// Print everything as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    neuro completions bash > ~/.local/share/bash-completion/completions/neuro\n  \
    neuro completions fish > ~/.config/fish/completions/neuro.fish")]
pub(crate) struct Completions {
    /// For which shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    neuro man > neuro.1\n  \
    neuro man nir show > neuro-nir-show.1")]
pub(crate) struct Man {
    /// The command that the page is about; without it, `neuro` itself.
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The code, or nothing for a list of all.
    pub(crate) code: Option<String>,
}
