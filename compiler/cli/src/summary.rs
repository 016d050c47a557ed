//! What a run found, for people and for scripts. The JSON form is the command line's contract.

use crate::Outcome;
use crate::arguments::Run;
use crate::terminal::Terminal;
use neuro_mathematics::decimal_exponent;
use neuro_runtime::record::PopulationSummary;
use serde_json::{Value, json};

/// What a run found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    pub(crate) title: String,
    pub(crate) duration: f64,
    pub(crate) dt: f64,
    pub(crate) steps: u64,
    pub(crate) semantics: String,
    pub(crate) seed: u64,
    pub(crate) interrupted: bool,
    pub(crate) populations: Vec<PopulationSummary>,
    pub(crate) checks: Vec<Check>,
    /// What the program recorded that is a number, ready to print.
    pub(crate) values: Vec<(String, String)>,
    pub(crate) files: Vec<String>,
    /// How many runs there were; what is said is of the last.
    pub(crate) turns: usize,
    pub(crate) build: f64,
    pub(crate) compile: f64,
    pub(crate) run: f64,
    pub(crate) peak_bytes: Option<u64>,
}

/// An assertion of the program.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) text: String,
    pub(crate) passed: bool,
    pub(crate) detail: String,
}

impl Summary {
    /// Whether the run was whole and every check held.
    pub(crate) fn is_good(&self) -> bool {
        !self.interrupted && self.checks.iter().all(|check| check.passed)
    }

    /// Prints itself; a failed check or an interruption fails the command.
    pub(crate) fn print(&self, arguments: &Run, terminal: &Terminal) -> Outcome {
        if arguments.json {
            terminal.print(&format!("{}\n", self.json()));
        } else {
            terminal.print(&self.text(arguments.profile));
        }
        if self.is_good() { Outcome::Worked } else { Outcome::Failed }
    }

    /// One line a population, one line a check, where files went.
    pub(crate) fn text(&self, profile: bool) -> String {
        let mut text = self.heading();
        let widest = self.populations.iter().map(|population| population.name.chars().count()).max().unwrap_or(0);
        for population in &self.populations {
            text.push_str(&format!("  {:widest$}  {}\n", population.name, about(population)));
        }
        for (name, value) in &self.values {
            text.push_str(&format!("  {name} = {value}\n"));
        }
        for check in &self.checks {
            let verdict = if check.passed { "passed" } else { "FAILED" };
            text.push_str(&format!("  {verdict}  {}{}\n", check.text, detail(&check.detail)));
        }
        for file in &self.files {
            text.push_str(&format!("  wrote {file}\n"));
        }
        if self.interrupted {
            text.push_str("  interrupted: what is above and in the files ends there\n");
        }
        if profile {
            text.push_str(&format!(
                "  time: {:.3} s to build, {:.3} s to compile, {:.3} s to run ({:.3} s a simulated second)\n",
                self.build,
                self.compile,
                self.run,
                self.run / self.duration
            ));
            if let Some(bytes) = self.peak_bytes {
                text.push_str(&format!("  memory: {:.0} MB at most\n", bytes as f64 / 1e6));
            }
        }
        text
    }

    fn heading(&self) -> String {
        let Self { title, steps, semantics, seed, turns, .. } = self;
        if *steps == 0 {
            return format!("{title}\n");
        }
        let of = if *turns > 1 { format!("{turns} runs, the last of ") } else { String::new() };
        let (duration, dt) = (time(self.duration), time(self.dt));
        format!("{title}: {of}{duration} in {steps} steps of {dt} ({semantics}, seed {seed})\n")
    }

    /// One object.
    pub(crate) fn json(&self) -> Value {
        let populations: serde_json::Map<String, Value> = self
            .populations
            .iter()
            .map(|population| {
                let PopulationSummary { name, size, spikes, rate_hz, cv_isi } = population;
                (name.clone(), json!({ "size": size, "spikes": spikes, "rate_hz": rate_hz, "cv_isi": cv_isi }))
            })
            .collect();
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|Check { text, passed, detail }| json!({ "text": text, "passed": passed, "detail": detail }))
            .collect();
        let values: serde_json::Map<String, Value> =
            self.values.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "name": self.title,
            "duration_s": self.duration,
            "dt_s": self.dt,
            "steps": self.steps,
            "semantics": self.semantics,
            "seed": self.seed,
            "interrupted": self.interrupted,
            "populations": populations,
            "values": values,
            "checks": checks,
            "files": self.files,
            "wall_s": { "compile": self.compile, "build": self.build, "run": self.run },
            "peak_bytes": self.peak_bytes,
        })
    }
}

fn about(population: &PopulationSummary) -> String {
    let members = match population.size {
        1 => "1 member".to_owned(),
        size => format!("{size} members"),
    };
    let Some(spikes) = population.spikes else { return members };
    let rate = population.rate_hz.map_or_else(String::new, |rate| format!(", {} Hz", rounded(rate)));
    let cv = population.cv_isi.map_or_else(String::new, |cv| format!(", CV of intervals {cv:.2}"));
    format!("{members}, {spikes} spikes{rate}{cv}")
}

fn detail(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("  ({text})") }
}

/// Four digits that matter.
pub(crate) fn rounded(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { (3 - decimal_exponent(value)).clamp(0, 6) };
    format!("{value:.*}", digits as usize)
}

/// A time in the unit in which people say it.
pub(crate) fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s if s >= 1e-4 => (s * 1e3, "ms"),
        s => (s * 1e6, "us"),
    };
    let text = format!("{value:.6}");
    format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::{rounded, time};

    #[test]
    fn numbers_are_short() {
        assert_eq!(time(1.0), "1 s");
        assert_eq!(time(1e-4), "0.1 ms");
        assert_eq!(time(0.0256), "25.6 ms");
        assert_eq!(rounded(37.66123), "37.66");
        assert_eq!(rounded(0.0), "0");
        assert_eq!(rounded(12345.6), "12346");
    }
}
