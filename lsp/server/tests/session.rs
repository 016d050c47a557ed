//! The whole server, driven as an editor drives it.

mod editor;

use editor::{Editor, range, uri};
use serde_json::{Value, json};

const LEAKY: &str = "\
node Leaky(tau: ms = 10 ms) {
  in  s: event mV
  out y: flow mV = v
  state v: mV = 0 mV
  v' = -v / tau + impulse(s)
}
";

fn broken() -> String {
    LEAKY.replace("impulse(s)", "s")
}

fn start() -> Editor {
    Editor::start(json!({ "textDocument": { "hover": { "contentFormat": ["markdown", "plaintext"] } } }))
}

#[test]
fn says_what_it_can_do() {
    let editor = start();
    let capabilities = &editor.greeting["capabilities"];
    assert_eq!(capabilities["positionEncoding"], "utf-16");
    assert_eq!(capabilities["textDocumentSync"]["change"], 2);
    assert_eq!(capabilities["hoverProvider"], true);
    assert_eq!(editor.greeting["serverInfo"]["name"], "neuro");
    editor.end();
    let modern = Editor::start(json!({ "general": { "positionEncodings": ["utf-16", "utf-8"] } }));
    assert_eq!(modern.greeting["capabilities"]["positionEncoding"], "utf-8");
    modern.end();
}

#[test]
fn mistakes_come_and_go_while_one_types() {
    let mut editor = start();
    editor.open("leaky.neuro", &broken());
    let problems = editor.problems("leaky.neuro");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0]["code"], "E0402");
    assert_eq!(problems[0]["severity"], 1);
    assert_eq!(problems[0]["source"], "neuro");
    assert_eq!(range(&problems[0]["range"]), [4, 18, 4, 19]);
    let edit = json!({ "range": problems[0]["range"], "text": "impulse(s)" });
    editor.change("leaky.neuro", json!([edit]));
    assert_eq!(editor.problems("leaky.neuro"), Vec::<Value>::new());
    editor.replace("leaky.neuro", &broken());
    assert_eq!(editor.problems("leaky.neuro").len(), 1);
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri("leaky.neuro") } }));
    assert_eq!(editor.problems_anyhow("leaky.neuro"), Vec::<Value>::new());
    editor.end();
}

/// What a run would refuse comes where the text is sound, and goes with the text.
#[test]
fn what_is_foreseen_comes_too() {
    let mut editor = start();
    let doomed = format!("{LEAKY}// doom\n");
    editor.open("leaky.neuro", &doomed);
    let mut problems = editor.problems_anyhow("leaky.neuro");
    if problems.is_empty() {
        problems = editor.problems_anyhow("leaky.neuro");
    }
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0]["code"], "E0705");
    assert_eq!(range(&problems[0]["range"]), [6, 3, 6, 7]);
    editor.replace("leaky.neuro", LEAKY);
    assert_eq!(editor.problems("leaky.neuro"), Vec::<Value>::new());
    editor.replace("leaky.neuro", &doomed.replace("impulse(s)", "s"));
    let problems = editor.problems("leaky.neuro");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0]["code"], "E0402");
    editor.end();
}

#[test]
fn a_mend_mends() {
    let mut editor = start();
    editor.open("leaky.neuro", &broken());
    let problem = editor.problems("leaky.neuro").remove(0);
    let document = json!({ "uri": uri("leaky.neuro") });
    let parameters = |only: Value| {
        let context = json!({ "diagnostics": [], "only": only });
        json!({ "textDocument": document, "range": problem["range"], "context": context })
    };
    let actions = editor.ask("textDocument/codeAction", parameters(json!(["quickfix"]))).unwrap();
    let action =
        actions.as_array().unwrap().iter().find(|action| action["title"].as_str().unwrap().contains("impulse"));
    let action = action.unwrap();
    assert_eq!(action["kind"], "quickfix");
    assert_eq!(action["diagnostics"][0]["code"], "E0402");
    let edits = action["edit"]["changes"][uri("leaky.neuro")].as_array().unwrap().clone();
    let changes = edits.iter().map(|edit| json!({ "range": edit["range"], "text": edit["newText"] })).collect();
    editor.change("leaky.neuro", Value::Array(changes));
    assert_eq!(editor.problems("leaky.neuro"), Vec::<Value>::new());
    let none = editor.ask("textDocument/codeAction", parameters(json!(["refactor"]))).unwrap();
    assert_eq!(none, json!([]));
    editor.end();
}

#[test]
fn programs_are_laid_out() {
    let mut editor = start();
    assert_eq!(editor.greeting["capabilities"]["documentFormattingProvider"], true);
    assert_eq!(editor.greeting["capabilities"]["documentRangeFormattingProvider"], true);
    let untidy = "// 🧠 µ\nconst  a = 1 // 🧠\nconst  b = 2\n";
    editor.open("untidy.neuro", untidy);
    let document = json!({ "uri": uri("untidy.neuro") });
    let options = json!({ "tabSize": 4, "insertSpaces": true });
    let second = json!({ "start": { "line": 2, "character": 3 }, "end": { "line": 2, "character": 3 } });
    let parameters = json!({ "textDocument": document, "range": second, "options": options });
    let edits = editor.ask("textDocument/rangeFormatting", parameters).unwrap();
    assert_eq!(edits.as_array().unwrap().len(), 1, "{edits}");
    assert_eq!((range(&edits[0]["range"]), &edits[0]["newText"]), ([2, 0, 2, 12], &json!("const b = 2")));
    let parameters = json!({ "textDocument": document, "options": options });
    let edits = editor.ask("textDocument/formatting", parameters.clone()).unwrap();
    assert_eq!(edits.as_array().unwrap().len(), 2, "{edits}");
    assert_eq!(range(&edits[0]["range"]), [1, 0, 1, 12]);
    editor.replace("untidy.neuro", "const a = = 1\n");
    assert_eq!(editor.ask("textDocument/formatting", parameters), Ok(Value::Null));
    editor.end();
}

#[test]
fn hovers() {
    let mut editor = start();
    editor.open("leaky.neuro", LEAKY);
    let hover = editor.at("textDocument/hover", "leaky.neuro", 4, 12).unwrap();
    let text = hover["contents"]["value"].as_str().unwrap();
    assert_eq!(hover["contents"]["kind"], "markdown");
    assert!(
        text.starts_with("```neuro\ntau : const ms\n```\n\nSI: 1 ms = 0.001 s  \nparameter of node `Leaky`"),
        "{text}"
    );
    assert_eq!(range(&hover["range"]), [4, 12, 4, 15]);
    assert_eq!(editor.at("textDocument/hover", "leaky.neuro", 99, 0), Ok(Value::Null));
    assert_eq!(editor.at("textDocument/hover", "unknown.neuro", 0, 0), Ok(Value::Null));
    editor.end();
    let mut plain = Editor::start(json!({}));
    plain.open("leaky.neuro", LEAKY);
    let hover = plain.at("textDocument/hover", "leaky.neuro", 4, 12).unwrap();
    assert_eq!(hover["contents"]["kind"], "plaintext");
    assert!(hover["contents"]["value"].as_str().unwrap().starts_with("tau : const ms\nSI: "));
    plain.end();
}

#[test]
fn positions_count_utf16_units_or_bytes_as_agreed() {
    let program = "node N(r: MΩ = 1 MΩ, tau: µs = 5 µs) {\n  out y: flow µs = tau + nothing // 🧠 µ\n}\n";
    for (capabilities, tau, nothing) in [
        (json!({}), 21, [1, 25, 1, 32]),
        (json!({ "general": { "positionEncodings": ["utf-8"] } }), 23, [1, 26, 1, 33]),
    ] {
        let mut editor = Editor::start(capabilities);
        editor.open("n.neuro", program);
        let problems = editor.problems("n.neuro");
        assert_eq!(problems[0]["code"], "E0201", "{problems:#?}");
        assert_eq!(range(&problems[0]["range"]), nothing);
        let hover = editor.at("textDocument/hover", "n.neuro", 0, tau).unwrap();
        assert!(hover["contents"]["value"].as_str().unwrap().starts_with("tau : const µs"), "{hover}");
        assert_eq!(range(&hover["range"])[1], u64::from(tau));
        // An edit behind the characters that count differently.
        editor.change("n.neuro", json!([{ "range": problems[0]["range"], "text": "0" }]));
        assert_eq!(editor.problems("n.neuro"), Vec::<Value>::new());
        editor.end();
    }
}

#[test]
fn definitions_lead_to_other_files_and_into_the_library() {
    let mut editor = start();
    editor.disk.write("/models/cell.neuro", LEAKY);
    let net = "use \"cell.neuro\" as cell\nuse std::neuron.{LIF}\nnode Net {\n  let a = cell.Leaky()\n  let b = LIF(i = 3 mV)\n}\n";
    editor.open("net.neuro", net);
    editor.problems("net.neuro");
    let leaky = editor.at("textDocument/definition", "net.neuro", 3, 16).unwrap();
    assert_eq!(leaky["uri"], uri("cell.neuro"));
    assert_eq!(range(&leaky["range"]), [0, 5, 0, 10]);
    let lif = editor.at("textDocument/definition", "net.neuro", 4, 10).unwrap();
    assert_eq!(lif["uri"], "neuro-library:///std/neuron.neuro");
    let text = editor.ask("workspace/textDocumentContent", json!({ "uri": lif["uri"] })).unwrap();
    let text = text["text"].as_str().unwrap();
    let [line, from, _, to] = range(&lif["range"]).map(|number| usize::try_from(number).unwrap());
    assert_eq!(&text.lines().nth(line).unwrap()[from..to], "LIF");
    // The library's documents answer too, and what an editor says of their text is not heard.
    editor.open("neuro-library:///std/neuron.neuro", "nonsense");
    let line = u32::try_from(line).unwrap();
    let hover = editor.at("textDocument/hover", "neuro-library:///std/neuron.neuro", line, 6).unwrap();
    assert!(hover["contents"]["value"].as_str().unwrap().contains("node LIF("), "{hover}");
    editor.end();
}

#[test]
fn outlines() {
    let mut editor = start();
    editor.open("leaky.neuro", LEAKY);
    let document = json!({ "textDocument": { "uri": uri("leaky.neuro") } });
    let symbols = editor.ask("textDocument/documentSymbol", document).unwrap();
    assert_eq!(symbols[0]["name"], "Leaky");
    let children = symbols[0]["children"].as_array().unwrap();
    let names: Vec<&str> = children.iter().map(|child| child["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["tau", "s", "y", "v"]);
    assert_eq!(children[1]["detail"], "event mV");
    assert_eq!(range(&children[1]["selectionRange"]), [1, 6, 1, 7]);
    editor.end();
}

#[test]
fn what_uses_a_changed_file_is_looked_at_again() {
    let mut editor = start();
    editor.open("cell.neuro", LEAKY);
    editor.problems("cell.neuro");
    editor.open(
        "net.neuro",
        "use \"cell.neuro\" as cell\nnode Net {\n  let a = cell.Leaky(tau = 3 ms, s = every(1 ms))\n}\n",
    );
    let before = editor.problems("net.neuro");
    editor.replace("cell.neuro", &LEAKY.replace("tau", "tau_m"));
    let after = editor.problems_anyhow("net.neuro");
    assert_ne!(before, after);
    assert!(after.iter().any(|problem| problem["code"] == "E0204"), "{after:#?}");
    editor.end();
}

#[test]
fn files_that_are_not_open_are_read_and_watched() {
    let mut editor =
        Editor::start(json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } }));
    let wanted = editor.told("client/registerCapability", |_| true);
    assert_eq!(wanted["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    editor.open("net.neuro", "use \"cell.neuro\" as cell\nconst a = cell.top\n");
    let missing = editor.problems("net.neuro");
    assert_eq!(missing[0]["code"], "E0211", "{missing:#?}");
    editor.disk.write("/models/cell.neuro", "const top = 3\n");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri("cell.neuro"), "type": 1 }] }));
    assert_eq!(editor.problems_anyhow("net.neuro"), Vec::<Value>::new());
    // A mistake in a file that is used is shown where it is.
    editor.disk.write("/models/cell.neuro", "const top = 3\nconst low = 1 mV + 1 ms\n");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri("cell.neuro"), "type": 2 }] }));
    assert_eq!(editor.problems_anyhow("cell.neuro"), Vec::<Value>::new());
    assert_eq!(editor.problems_anyhow("cell.neuro")[0]["code"], "E0301");
    editor.end();
}

/// Modules of a project, saved or not, while its files come and go.
#[test]
fn projects_are_followed_while_their_files_change() {
    let mut editor = start();
    let cell = "node Leaky(tau: ms = 10 ms) {\n  out y: flow mV = v\n  state v: mV = 1 mV\n  v' = -v / tau\n}\n";
    let changed = |editor: &Editor, path: &str| {
        editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri(path), "type": 2 }] }));
    };
    editor.open("net.neuro", "use parts::cell.{Leaky}\nuse parts::cell\nnode Net { let a = Leaky(tau = cell.top) }\n");
    let codes = |problems: Vec<Value>| -> Vec<String> {
        problems.iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(editor.problems("net.neuro")), ["E0201", "E0201"]);
    editor.disk.write("/models/neuro.toml", "language = \"1\"\n");
    editor.disk.write("/models/parts/cell.neuro", &format!("{cell}const top = 3 ms\n"));
    changed(&editor, "parts/cell.neuro");
    changed(&editor, "neuro.toml");
    assert_eq!(codes(editor.problems_anyhow("net.neuro")), [""; 0]);
    let leaky = editor.at("textDocument/definition", "net.neuro", 2, 20).unwrap();
    assert_eq!(leaky["uri"], uri("parts/cell.neuro"));
    assert_eq!(range(&leaky["range"]), [0, 5, 0, 10]);
    let module = editor.at("textDocument/definition", "net.neuro", 1, 13).unwrap();
    assert_eq!(module["uri"], uri("parts/cell.neuro"));
    // An unsaved text counts, with what is wrong in it.
    editor.open("parts/cell.neuro", &format!("{cell}const low = 3 ms\n"));
    assert_eq!(codes(editor.problems_anyhow("net.neuro")), ["E0201"]);
    editor.replace("parts/cell.neuro", &format!("{cell}const top = 3 mV\n"));
    assert_eq!(codes(editor.problems_anyhow("net.neuro")), ["E0301"]);
    // The file goes on the disk, and then the editor closes it.
    editor.disk.remove("/models/parts/cell.neuro");
    changed(&editor, "parts/cell.neuro");
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri("parts/cell.neuro") } }));
    assert_eq!(codes(editor.problems_anyhow("net.neuro")), ["E0201", "E0201"]);
    editor.end();
}

/// A project's file is checked as a text of its own kind, and is not laid out as a program.
#[test]
fn project_files_are_checked_while_one_types() {
    let mut editor = start();
    editor.open("neuro.toml", "language = 1\n");
    let problems = editor.problems("neuro.toml");
    assert_eq!(problems[0]["code"], "E0217", "{problems:#?}");
    assert_eq!(range(&problems[0]["range"]), [0, 11, 0, 12]);
    let options = json!({ "tabSize": 2, "insertSpaces": true });
    let document = json!({ "textDocument": { "uri": uri("neuro.toml") }, "options": options });
    assert_eq!(editor.ask("textDocument/formatting", document).unwrap(), Value::Null);
    assert_eq!(editor.at("textDocument/hover", "neuro.toml", 0, 3).unwrap(), Value::Null);
    editor.replace("neuro.toml", "language = \"1\"\n");
    assert_eq!(editor.problems("neuro.toml"), Vec::<Value>::new());
    editor.end();
}

#[test]
fn a_question_after_a_storm_of_edits_is_about_the_last_text() {
    let mut editor = start();
    editor.open("leaky.neuro", LEAKY);
    let mut questions = Vec::new();
    for number in 0..200 {
        editor.change("leaky.neuro", json!([{ "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } }, "text": "\n" }]));
        let position = json!({ "line": number + 5, "character": 12 });
        questions.push(editor.send(
            "textDocument/hover",
            json!({ "textDocument": { "uri": uri("leaky.neuro") }, "position": position }),
        ));
    }
    const CONTENT_MODIFIED: i32 = -32801;
    for question in &questions {
        // Those that an edit came after may be given up; nothing else may go wrong.
        match editor.answer_in_any_order(question) {
            Ok(hover) => assert!(hover["contents"]["value"].as_str().unwrap().contains("tau"), "{hover}"),
            Err(code) => assert_eq!(code, CONTENT_MODIFIED),
        }
    }
    let hover = editor.at("textDocument/hover", "leaky.neuro", 204, 12).unwrap();
    assert_eq!(range(&hover["range"]), [204, 12, 204, 15]);
    assert_eq!(editor.problems("leaky.neuro"), Vec::<Value>::new());
    editor.end();
}

#[test]
fn what_is_not_understood_is_refused() {
    let mut editor = start();
    assert_eq!(editor.ask("textDocument/teleport", json!({})), Err(-32601));
    assert_eq!(editor.ask("textDocument/hover", json!({ "position": 3 })), Err(-32602));
    editor.tell("textDocument/didChange", json!({ "nonsense": true }));
    editor.change("never_opened.neuro", json!([{ "text": "node" }]));
    editor.tell("$/cancelRequest", json!({ "id": 12345 }));
    editor.open("empty.neuro", "");
    assert_eq!(editor.problems("empty.neuro"), Vec::<Value>::new());
    editor.end();
}

#[test]
fn an_editor_that_goes_away_is_noticed() {
    assert!(start().vanish().is_err());
    let mut editor = start();
    assert_eq!(editor.ask("shutdown", Value::Null), Ok(Value::Null));
    assert_eq!(editor.ask("textDocument/hover", json!({})), Err(-32600));
    editor.end_after_shutdown();
}
