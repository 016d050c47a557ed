//! What a run would refuse is said without running.

use neuro_database::Workspace;
use neuro_diagnostics::Resolve;
use neuro_driver::{Disk, foresee};
use std::path::Path;
use std::sync::Arc;

/// The codes that are foreseen in a program at a path, with their lines.
fn foreseen(path: &str, text: &str) -> Vec<(&'static str, usize)> {
    let mut workspace = Workspace::new(Arc::new(Disk));
    let file = workspace.set_text(path, text);
    assert!(!neuro_diagnostics::has_errors(&workspace.diagnostics(file)), "{text}");
    let said = foresee(&workspace, file, &|| false);
    said.iter()
        .map(|diagnostic| {
            let place = diagnostic.primary.as_ref().expect("a place").place;
            let start = workspace.span(place).start as usize;
            (diagnostic.code.id, text[..start].matches('\n').count() + 1)
        })
        .collect()
}

/// The designs' cases whose code comes from the numerics or the target: the code and the line stand in the first line.
#[test]
fn the_numerics_and_the_target_are_foreseen() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/check/design/refuse");
    for name in ["box_needs_a_grid", "euler_unstable", "exact_needs_affine", "plasticity_to_nir"] {
        let path = folder.join(format!("{name}.neuro"));
        let text = std::fs::read_to_string(&path).expect("a case");
        let first = text.lines().next().expect("a first line");
        let (code, rest) = first.trim_start_matches("// expect: ").split_once(" at line ").expect("a code and a line");
        let line: usize = rest.split(' ').next().and_then(|line| line.parse().ok()).expect("a line");
        let found = foreseen(&path.to_string_lossy(), &text);
        assert!(found.contains(&(code, line)), "{name}: {code} at line {line}, but {found:?}");
    }
}

/// What only elaboration, the settings or the order of statements refuse.
#[test]
fn what_is_known_before_a_run_is_foreseen() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/check/rules/refuse");
    for name in [
        "fan_in_beyond_the_source",
        "fan_out_beyond_the_target",
        "looked_at_before_it_ran",
        "looked_at_too_early",
        "step_below_zero",
        "run_of_negative_time",
    ] {
        let path = folder.join(format!("{name}.neuro"));
        let text = std::fs::read_to_string(&path).expect("a case");
        let first = text.lines().next().expect("a first line");
        let (code, rest) = first.trim_start_matches("// expect: ").split_once(" at line ").expect("a code and a line");
        let line: usize = rest.split(' ').next().and_then(|line| line.parse().ok()).expect("a line");
        assert_eq!(foreseen(&path.to_string_lossy(), &text), [(code, line)], "{name}");
    }
}

/// What a recording is only the run knows, and so is what follows from it; what does not is judged.
#[test]
fn what_follows_from_a_run_is_left_to_it() {
    let text = "node N(tau: ms = 10 ms) { out y: flow real = x; state x: real = 1; x' = -x / tau }
experiment e {
  let n = N()
  run n for 10 ms
  record final(n.y) as last
  let slower = N(tau = 10 ms * last)
  let sizes = N[3](tau = 10 ms * final(n.y))
  run slower for 10 ms
  run sizes for 10 ms * last
  record final(slower.y) as other
  for i in 0..40 { let m = N(tau = 10 ms); run m for 1 ms * i; record final(m.y) * last as row }
  record row as \"rows.csv\"
  assert other > 0
}
";
    assert_eq!(foreseen("follows.neuro", text), []);
}

/// A task whose results are needed is not done for it, however long it would take, and nothing is said of what only a run can know.
#[test]
fn other_tasks_are_not_run() {
    let text = "node N { out y: flow real; state x: real = 1; x' = -x / 1 ms; x -> y }
experiment long { let n = N(); run n for 100000 s; let end = final(n.y) }
experiment short { let n = N(); dt = 0.1 ms * (1 + long.end); method = euler; run n for 1 ms }
";
    let begun = std::time::Instant::now();
    assert_eq!(foreseen("tasks.neuro", text), []);
    assert!(begun.elapsed().as_secs() < 60, "the long task was run");
}

/// The accepted cases, the examples and the library stay accepted, and quickly: no network is connected.
#[test]
fn nothing_is_foreseen_where_nothing_is_wrong() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut count = 0;
    for folder in
        ["tests/check/design/accept", "tests/check/rules/accept", "tests/check/right", "examples", "stdlib/modules"]
    {
        let entries =
            std::fs::read_dir(root.join(folder)).expect("a folder").map(|entry| entry.expect("an entry").path());
        for path in entries.filter(|path| path.extension().is_some_and(|end| end == "neuro")) {
            let text = std::fs::read_to_string(&path).expect("a program");
            let begun = std::time::Instant::now();
            let errors: Vec<_> = foreseen(&path.to_string_lossy(), &text);
            // E0706 is what has a meaning and cannot be elaborated: a run refuses it, too.
            let are_known = errors.iter().all(|(code, _)| code.starts_with('W') || *code == "E0706");
            assert!(are_known, "{}: {errors:?}", path.display());
            assert!(begun.elapsed().as_secs() < 20, "{} took {:?}", path.display(), begun.elapsed());
            count += 1;
        }
    }
    assert!(count > 100, "{count} programs");
}
