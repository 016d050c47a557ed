//! What came of tests: each by itself, the line that tells it, and the sum.

use neuro_driver::TaskReport;
use serde_json::json;

/// A test that was run, or a program that could not be checked.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) seconds: f64,
    pub(super) verdict: Verdict,
}

/// How a test ended.
pub(super) enum Verdict {
    Passed,
    /// Why it failed.
    Failed(String),
    /// Why the program could not be checked.
    Broken(String),
    /// It was not done to its end.
    Interrupted,
}

impl Verdict {
    pub(super) fn of(report: &TaskReport) -> Self {
        let errors = report.diagnostics.iter().filter(|said| said.is_error()).map(|said| said.message.clone());
        let checks = report.checks.iter().filter(|check| !check.passed);
        let checks = checks.map(|check| format!("{} ({})", check.text, check.detail));
        let why: Vec<String> = errors.chain(checks).collect();
        match (report.is_good(), why.is_empty()) {
            (true, _) => Self::Passed,
            (false, true) => Self::Interrupted,
            (false, false) => Self::Failed(why.join("\n")),
        }
    }
}

/// The line of a test for people, with a line for each assertion that does not hold.
pub(super) fn line(case: &Case, report: &TaskReport) -> String {
    let Case { name, file, seconds, verdict } = case;
    let verdict = match verdict {
        Verdict::Passed => "passed",
        Verdict::Interrupted => "cut off",
        Verdict::Failed(_) | Verdict::Broken(_) => "FAILED",
    };
    let failures: String = report
        .checks
        .iter()
        .filter(|check| !check.passed)
        .map(|check| format!("        {}  ({})\n", check.text, check.detail))
        .collect();
    format!("{verdict}  {file}: {name}  ({seconds:.2} s)\n{failures}")
}

/// The line of a test for programs: one JSON object.
pub(super) fn json_line(case: &Case, report: &TaskReport) -> String {
    let checks: Vec<_> = report
        .checks
        .iter()
        .map(|check| json!({ "text": check.text, "passed": check.passed, "detail": check.detail }))
        .collect();
    let object = json!({
        "name": case.name, "file": case.file, "passed": report.is_good(), "seconds": case.seconds, "checks": checks,
    });
    format!("{object}\n")
}

/// The last lines: what was done, and what was left out because its name was not asked for.
pub(super) fn closing(cases: &[Case], left_out: usize, seconds: f64) -> String {
    let count = |wanted: fn(&Verdict) -> bool| cases.iter().filter(|case| wanted(&case.verdict)).count();
    let broken = match count(|verdict| matches!(verdict, Verdict::Broken(_))) {
        0 => String::new(),
        1 => "1 program could not be checked\n".to_owned(),
        many => format!("{many} programs could not be checked\n"),
    };
    let passed = count(|verdict| matches!(verdict, Verdict::Passed));
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let cut = match count(|verdict| matches!(verdict, Verdict::Interrupted)) {
        0 => String::new(),
        cut => format!(", {cut} cut off"),
    };
    let left_out = if left_out == 0 { String::new() } else { format!(", {left_out} left out") };
    format!("{broken}{passed} passed, {failed} failed{cut}{left_out}  ({seconds:.2} s)\n")
}
