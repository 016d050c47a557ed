//! The explain pages: the wrong example of each gives its code and no other error, the right one gives no error and not that code. What only a run
//! shows is shown by doing the tasks of the program. (Examples that are command lines are run by the tests of the command line.)

use super::every::{Case, comes_in_a_run};
use super::{folder, rendered};
use neuro_diagnostics::{Code, has_errors};
use neuro_driver::all_codes;
use neuro_tests::pages::{Example, wrong_and_right};

#[test]
fn wrong_programs_are_wrong_and_right_ones_right() {
    let mut failures = String::new();
    for code in all_codes() {
        let title = format!("# {}: {}\n", code.id, code.title);
        if !code.page.starts_with(&title) || code.page.lines().count() < 10 {
            failures += &format!("{}: the page begins with {title} and says why\n", code.id);
        }
        match wrong_and_right(code.page) {
            Some((wrong, right)) => failures += &holds(code, &wrong, &right),
            None => failures += &format!("{}: the page has a wrong example and a right one\n", code.id),
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// What is not so.
fn holds(code: &Code, wrong: &Example, right: &Example) -> String {
    let case = |example, which| Case::of_example(format!("{}, {which}", code.id), example, comes_in_a_run(code));
    let (Some(wrong), Some(right)) = (case(wrong, "wrong"), case(right, "right")) else { return String::new() };
    let mut failures = String::new();
    let (workspace, _, found) = wrong.said();
    let errors: Vec<&str> = found.iter().filter(|found| found.is_error()).map(|found| found.code.id).collect();
    let only = if code.id.starts_with('E') { errors.iter().all(|id| *id == code.id) } else { errors.is_empty() };
    let shown = rendered(&workspace, &found);
    if !only || !found.iter().any(|found| found.code.id == code.id) {
        failures += &format!("{}: the wrong program gives\n{shown}\n", code.id);
    }
    insta::with_settings!({ snapshot_path => folder("pages"), prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(code.id, shown);
    });
    let (workspace, _, found) = right.said();
    if has_errors(&found) || found.iter().any(|found| found.code.id == code.id) {
        failures += &format!("{}: the right program gives\n{}\n", code.id, rendered(&workspace, &found));
    }
    failures
}
