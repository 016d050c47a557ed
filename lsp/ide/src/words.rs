//! One line each on the names that every program has: the functions, sources, topologies and measures of the prelude, and the settings
//! of tasks.

use neuro_analysis::builtins::Builtin;
use neuro_analysis::vocabulary::{SETTINGS, Sort};

/// Every name of the prelude as it is called, `clip(x, low, high)`, with what it is; what need not be given stands in brackets.
pub fn prelude() -> Vec<(String, &'static str)> {
    let builtins = Builtin::names().filter_map(Builtin::from_name);
    builtins.map(|builtin| (called(builtin), about(builtin))).collect()
}

fn called(builtin: Builtin) -> String {
    if builtin.is_word() {
        return builtin.name().to_owned();
    }
    let parameters = builtin.parameters().iter();
    let parameters =
        parameters.map(|(name, required)| if *required { (*name).to_owned() } else { format!("[{name}]") });
    format!("{}({})", builtin.name(), parameters.collect::<Vec<_>>().join(", "))
}

/// What a setting of a task says, and what it may be set to.
pub fn setting(name: &str) -> Option<(&'static str, String)> {
    Some((setting_says(name)?, values(name)?))
}

/// What a name of the prelude is or does.
pub(crate) fn about(builtin: Builtin) -> &'static str {
    match builtin {
        Builtin::Pi => "the number π",
        Builtin::Time => "the time since the start of the run",
        Builtin::Step => "the length of a step of the run; what uses it depends on dt",
        Builtin::SourceIndex => "the index of the source of an edge, in its slice",
        Builtin::TargetIndex => "the index of the target of an edge, in its slice",
        Builtin::Infinity => "infinity",
        Builtin::Abs => "magnitude, element by element",
        Builtin::Sign => "−1, 0 or 1, element by element",
        Builtin::Sqrt => "square root; its unit is the root of the argument's",
        Builtin::Exp => "exponential of a plain number",
        Builtin::Expm1 => "exp(x) − 1, exact also near 0",
        Builtin::Exprel => "(exp(x) − 1) / x, which is 1 at 0",
        Builtin::Log => "natural logarithm of a plain number",
        Builtin::Log1p => "log(1 + x), exact also near 0",
        Builtin::Sin => "sine of a plain number",
        Builtin::Cos => "cosine of a plain number",
        Builtin::Tan => "tangent of a plain number",
        Builtin::Tanh => "hyperbolic tangent of a plain number",
        Builtin::Sigmoid => "1 / (1 + exp(−x))",
        Builtin::Softplus => "log(1 + exp(x))",
        Builtin::Relu => "max(x, 0)",
        Builtin::Floor => "the greatest whole number that is not above x",
        Builtin::Ceil => "the smallest whole number that is not below x",
        Builtin::Round => "the nearest whole number",
        Builtin::Min => "the smallest of its arguments, element by element",
        Builtin::Max => "the greatest of its arguments, element by element",
        Builtin::Clip => "x, kept between low and high",
        Builtin::Sum => "the sum of all elements",
        Builtin::Product => "the product of all elements",
        Builtin::Any => "whether one element is true",
        Builtin::All => "whether every element is true",
        Builtin::Outer => "outer product: element [i, j] is a[i] * b[j]",
        Builtin::Diag => "the matrix with x on its diagonal",
        Builtin::Reshape => "the same elements in another shape",
        Builtin::Transpose => "rows for columns",
        Builtin::Zeros => "an array of zeros",
        Builtin::Ones => "an array of ones",
        Builtin::Linspace => "count numbers from start to stop, both included",
        Builtin::Length => "how many elements the first axis has",
        Builtin::Concat => "its arguments one behind the other, along the first axis",
        Builtin::Conv1d => "convolution along one axis, as in NIR",
        Builtin::Conv2d => "convolution along two axes, as in NIR",
        Builtin::SumPool2d => "sums over windows, as in NIR",
        Builtin::AvgPool2d => "means over windows, as in NIR",
        Builtin::Rand => "a random number between 0 and 1, drawn once where a constant is and at each run of a handler",
        Builtin::Randn => "a normal random number, drawn once where a constant is and at each run of a handler",
        Builtin::Uniform => "a random number between low and high, drawn once where a constant is",
        Builtin::Normal => {
            "a normal random number with this mean and standard deviation, drawn once where a constant is"
        }
        Builtin::Impulse => {
            "at an event of size a the state jumps by a (times what stands before it); only in equations"
        }
        Builtin::Box => "the event's size, held over one step of the run; the result depends on dt",
        Builtin::Hold => "the size of the last event, `initial` before the first",
        Builtin::Sample => "the value just before each tick of a clock with this period",
        Builtin::Noise => "white noise of unit strength, with the unit 1/s^0.5; only in equations",
        Builtin::Every => "ticks at period, 2 period, 3 period, …",
        Builtin::Start => "happens once, at time 0",
        Builtin::Constant => "source: a flow that does not change",
        Builtin::StepAt => "source: a flow that is `before` (0 unless said), and `value` from `time` on",
        Builtin::SpikesAt => "source: spikes at given times",
        Builtin::Samples => "source: one row of `values` each period",
        Builtin::Poisson => "source: random spikes at a rate, independent for each element",
        Builtin::OneToOne => "rule of connection: i to i",
        Builtin::AllToAll => "rule of connection: each to each; `self = false`: but not i to i",
        Builtin::Random => "rule of connection: each pair with a probability; `self = false`: not i to i",
        Builtin::FixedIn => {
            "rule of connection: each target has exactly `count` sources; `self = false`: not i to i; `multiple = true`: \
             one may be drawn more than once"
        }
        Builtin::FixedOut => {
            "rule of connection: each source has exactly `count` targets; `self = false`: not i to i; `multiple = true`: \
             one may be drawn more than once"
        }
        Builtin::Total => {
            "rule of connection: exactly `count` edges among all pairs; `self = false`: not i to i; `multiple = true`: \
             a pair may have several"
        }
        Builtin::Distance => {
            "rule of connection: each pair with a probability of its own, an expression in `src` and `dst`; `self = false`: \
             not i to i"
        }
        Builtin::Matrix => {
            "rule of connection: the pairs that are not 0 or false in an array [target, source]; `self = false`: not i to i"
        }
        Builtin::Edges => {
            "rule of connection: a row of a file each, with the indices of source and target in the columns `source` and \
             `target`, or in those that are named"
        }
        Builtin::Column => "a number for each edge of `by edges(…)`: a column of its file",
        Builtin::Load => "reads an array or events from a file; the declared type says how",
        Builtin::Dataset => "examples to learn from",
        Builtin::Param => "a constant that `train` may change",
        Builtin::Final => "the last row of a recording",
        Builtin::At => "the row of a recording at a time",
        Builtin::Mean => "the mean over all that was recorded",
        Builtin::Std => "the standard deviation of all that was recorded",
        Builtin::Count => "how many spikes",
        Builtin::Rate => "spikes per time and member",
        Builtin::Isi => "the intervals between the spikes of each member",
        Builtin::Cv => "the coefficient of variation of the intervals between spikes",
        Builtin::Raster => "spikes as rows of truths, a row a step; a picture of them in a file",
        Builtin::Trace => "a picture of a flow or state over time",
        Builtin::Hist => "how often which value",
        Builtin::Line => "a picture of one column over another",
    }
}

/// What it says.
fn setting_says(name: &str) -> Option<&'static str> {
    let about = match name {
        "dt" => "the step of the run; 0.1 ms unless said",
        "method" => "how equations are integrated; `exact` wants linear ones",
        "semantics" => "a convention with a name, often that of a simulator: how the model is discretised",
        "seed" => "of all random numbers; 0 unless said",
        "target" => "what the model is for; what it cannot do is said",
        "spikes" => "where in a step a spike stands: on the grid, interpolated, or at the exact root",
        "input" => "how events enter the equations of an imported graph",
        "cmp" => "whether a threshold itself fires",
        "test" => "whether thresholds see the state after the step or before it",
        "reset" => "how a spike resets, where not as the model says",
        "recurrence" => "what a loop without a delay means in an imported graph: a mistake, or one step",
        "rec_bias" => "when the bias of a recurrent layer acts first",
        "scale" => "what the input of an imported graph is multiplied by",
        "fma" => "whether products and sums are rounded once",
        "number" | "num" => "the number format of states and weights",
        "order" => "in which order a step integrates, delivers and tests thresholds",
        "tolerance" => "how much a step may be off, for methods that choose their step",
        "loss" => "what training makes small",
        "surrogate" => "the slope that training sees at a threshold",
        "opt" => "how training changes parameters",
        "grad" => "how training finds the slope of the loss",
        "epochs" => "how often training sees all examples",
        "batch" => "how many examples training sees before it changes something",
        "task" => "the task whose settings are varied",
        "vary" => "which settings, and how",
        "maximize" => "what should become great",
        "minimize" => "what should become small",
        "using" => "how the search goes about it",
        "budget" => "how many tries",
        "weights" => "the number format of weights",
        "states" => "the number format of states",
        _ => return None,
    };
    Some(about)
}

/// What a setting may be set to.
fn values(name: &str) -> Option<String> {
    let setting = SETTINGS.iter().find(|setting| setting.name == name)?;
    Some(match setting.sort {
        Sort::Time => "a time".to_owned(),
        Sort::Whole => "a whole number".to_owned(),
        Sort::Number => "a number".to_owned(),
        Sort::Task => "the name of a task".to_owned(),
        Sort::Words(words) | Sort::Calls(words) => format!("one of {}", words.join(", ")),
        Sort::ListOfCalls(words) => format!("a list of {}", words.join(", ")),
        Sort::Expression(words) => format!("an expression, also with {}", words.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::{SETTINGS, setting};

    #[test]
    fn every_setting_is_explained() {
        for known in SETTINGS {
            assert!(setting(known.name).is_some(), "{}", known.name);
        }
    }
}
