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
    let said: Vec<_> = workspace.items(file).into_iter().flat_map(|item| foresee(&workspace, item)).collect();
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

/// The accepted cases stay accepted.
#[test]
fn nothing_is_foreseen_where_nothing_is_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/check/design/accept");
    let entries = std::fs::read_dir(&folder).expect("the cases").map(|entry| entry.expect("an entry").path());
    let mut count = 0;
    for path in entries.filter(|path| path.extension().is_some_and(|end| end == "neuro")) {
        let text = std::fs::read_to_string(&path).expect("a case");
        let errors: Vec<_> = foreseen(&path.to_string_lossy(), &text);
        assert!(errors.iter().all(|(code, _)| code.starts_with('W')), "{}: {errors:?}", path.display());
        count += 1;
    }
    assert!(count > 40, "{count} cases");
}
