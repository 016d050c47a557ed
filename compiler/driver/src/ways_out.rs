//! What to do about a diagnostic of a run, a file or a target that says no closer way out. (Those of a text say theirs where they are raised.)

use neuro_diagnostics::Diagnostic;

/// The diagnostic with a way out in any case.
pub fn with_way_out(diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.or_help(usual)
}

/// The same of several.
pub(crate) fn with_ways_out(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.into_iter().map(with_way_out).collect()
}

fn usual(diagnostic: &Diagnostic) -> String {
    let text = match diagnostic.code.id {
        "E0310" => "give a value inside, or widen the range where it is declared",
        "E0507" => "a period is longer than 0 ms",
        "E0509" => "cut it off from below: max(0.1 ms, …)",
        "E0701" => "say in the type, or by a part `x[a..b]`, how many elements there are",
        "E0704" => "members count from 0, and the bound behind `..` is not included",
        "E0705" => "give a value that is known before the run: a number, a parameter, a `const`",
        "E0706" => "write what it does into the node itself, or work it out as a constant: `let … = …`",
        "W0824" => "the semantics `nir` heeds all that the graph says",
        "E0902" => "run it with `neuro run`",
        "E0905" => "ask for the release that knows it, or leave `--nir-version` out",
        "W0906" => "`neuro run` keeps the connections sparse",
        "W0909" => "write the equations relative to rest, so that states begin at 0",
        "E1101" => "look where the file is, and of what kind: arrays are read from `.npy`, `.npz` and `.csv`",
        "E1102" => "choose another place",
        "E1103" => "give it the shape and the type that its place needs",
        "E1106" => "record one of these",
        "E1107" => "reset it to where the condition is false, or let the handler rest: refractory 1 ms",
        "E1201" => "fetch the file again, or write it again",
        "E1202" => "what NIR has no node for can be written as a program",
        "E1203" => "mend it where the file is written: `neuro explain E1203` says which fields there are",
        "E1205" => "the file is damaged, or was made to do harm: fetch it again",
        "E1206" => "mend it where the file is written: `neuro nir show` lists the shapes of all nodes",
        "E1210" => "take letters, digits, `_` and dots",
        "W1208" => "`neuro nir repair FILE NEW` writes the file as it was understood",
        "E1301" => "name one of its in-ports: `--input PORT=FILE`",
        "E1302" => "make the run shorter, or the step longer",
        "E1303" => "paths are relative to the folder in which the command is run",
        "E1304" => "record a port or state of what has run before: record net.z as z",
        "E1305" => "measure what has values, or run longer: `count` of no spikes is 0, a mean of them is none",
        "W1307" => "make another instance for other settings",
        id => return format!("`neuro explain {id}` has a wrong example and a right one"),
    };
    text.to_owned()
}
