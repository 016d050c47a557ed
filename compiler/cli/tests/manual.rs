//! `neuro completions` and `neuro man` through the real program: every command and option is in them.

use std::process::{Command, Output};

fn neuro(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_neuro")).args(arguments).output().expect("neuro starts")
}

fn printed(arguments: &[&str]) -> String {
    let output = neuro(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn each_shell_is_told_of_commands_and_options() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for word in ["neuro", "check", "to-neuro", "convergence", "junit"] {
            assert!(script.contains(word), "{word} in the script for {shell}");
        }
    }
    assert_eq!(neuro(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn each_command_has_a_page_under_its_whole_name() {
    assert!(printed(&["man"]).contains(".TH neuro 1"));
    let page = printed(&["man", "test"]);
    assert!(page.contains(".TH neuro-test 1") && page.contains("junit") && page.contains("color"), "{page}");
    assert!(printed(&["man", "nir", "show"]).contains(".TH neuro-nir-show 1"));
    let unknown = neuro(&["man", "nir", "shwo"]);
    let said = String::from_utf8_lossy(&unknown.stderr);
    assert_eq!(unknown.status.code(), Some(2), "{said}");
    assert!(said.contains("shwo") && said.contains("show"), "{said}");
}
