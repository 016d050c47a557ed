//! `neuro lsp` as an editor starts it: the real program, bytes on its standard input and output.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_neuro"));
        let pipes = command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().expect("neuro starts");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, input, output }
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it listens");
        self.input.flush().expect("it listens");
    }

    fn request(&mut self, id: u32, method: &str, parameters: &Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters }));
        self.wait_for(|message| message["id"] == id)["result"].clone()
    }

    fn notify(&mut self, method: &str, parameters: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }));
    }

    fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.read();
            if wanted(&message) {
                return message;
            }
        }
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).expect("it speaks"), 0, "it has ended");
            match line.trim_end().strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse().expect("a length"),
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        let mut text = vec![0; length];
        self.output.read_exact(&mut text).expect("it speaks");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// The exit status and what was said on standard error, once the editor has gone.
    fn end(self) -> (Option<i32>, String) {
        let Self { child, input, output } = self;
        drop((input, output));
        let output = child.wait_with_output().expect("it ends");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

const WRONG: &str = "node N(tau: ms = 1 ms) {\n  in s: event mV\n  state v: mV = 0 mV\n  v' = -v / tau + s\n}\n";

#[test]
fn an_editor_is_told_what_is_wrong_with_what_it_has_not_saved() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a model.neuro");
    std::fs::write(&path, "").expect("a file in it");
    let path = path.to_string_lossy().replace('\\', "/");
    let uri = format!("file://{}{}", if path.starts_with('/') { "" } else { "/" }, path.replace(' ', "%20"));
    let mut server = Server::start();
    let greeting = server.request(1, "initialize", &json!({ "processId": null, "rootUri": null, "capabilities": {} }));
    assert_eq!(greeting["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
    server.notify("initialized", &json!({}));
    let document = json!({ "uri": uri, "languageId": "neuro", "version": 1, "text": WRONG });
    server.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    let said = server.wait_for(|message| message["method"] == "textDocument/publishDiagnostics");
    assert_eq!(said["params"]["uri"], uri);
    let problem = &said["params"]["diagnostics"][0];
    assert_eq!(problem["code"], "E0402");
    assert_eq!(problem["range"]["start"], json!({ "line": 3, "character": 18 }));
    let position = json!({ "textDocument": { "uri": uri }, "position": { "line": 2, "character": 8 } });
    let hover = server.request(2, "textDocument/hover", &position);
    assert!(hover["contents"]["value"].as_str().is_some_and(|text| text.starts_with("v : flow mV")), "{hover}");
    assert_eq!(server.request(3, "shutdown", &Value::Null), Value::Null);
    server.notify("exit", &Value::Null);
    assert_eq!(server.end(), (Some(0), String::new()));
}

#[test]
fn an_editor_that_goes_away_ends_it() {
    let mut server = Server::start();
    server.request(1, "initialize", &json!({ "capabilities": {} }));
    server.notify("initialized", &json!({}));
    let (status, said) = server.end();
    assert_eq!(status, Some(1));
    assert_eq!(said, "the editor went away without `shutdown`\n");
}
