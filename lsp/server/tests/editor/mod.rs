//! An editor that drives the real server over channels, with files in memory.

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use neuro_database::{Entry, FileSystem, Workspace, listed};
use neuro_diagnostics::{Code, Diagnostic, FileId, Place, Resolve, Span};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A disk that tests can write to.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    files: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Disk {
    pub(crate) fn remove(&self, path: &str) {
        self.files.lock().unwrap().remove(path);
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.files.lock().unwrap().insert(path.into(), text.into());
    }
}

impl FileSystem for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let files = self.files.lock().unwrap();
        files.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| "there is no such file".into())
    }

    fn list(&self, folder: &str) -> Option<Vec<Entry>> {
        listed(folder, self.files.lock().unwrap().keys().map(String::as_str))
    }
}

pub(crate) struct Editor {
    connection: Connection,
    server: JoinHandle<Result<(), String>>,
    pub(crate) disk: Disk,
    pub(crate) greeting: Value,
    next: i32,
    version: i32,
    /// Notifications that have come and nobody has asked for.
    kept: Vec<Notification>,
    answers: BTreeMap<RequestId, Result<Value, i32>>,
}

static FORESEEN: Code = Code::new("E0705", "a constant has no usable value", "");

/// Foresees as much as these tests need: what the word `doom` in a text means.
fn foreseen(workspace: &Workspace, file: FileId, _: &dyn Fn() -> bool) -> Vec<Diagnostic> {
    let start = Resolve::text(workspace, file).find("doom");
    let place = |start: usize| Place { file, item: None, span: Span::new(start as u32, start as u32 + 4) };
    start.map(|start| Diagnostic::new(&FORESEEN, place(start), "this ends badly")).into_iter().collect()
}

const PATIENCE: Duration = Duration::from_secs(60);

impl Editor {
    pub(crate) fn start(capabilities: Value) -> Self {
        let (server_side, connection) = Connection::memory();
        let disk = Disk::default();
        let system = Arc::new(disk.clone());
        let server = std::thread::spawn(move || neuro_server::serve_on(server_side, system, foreseen));
        let mut editor = Self {
            connection,
            server,
            disk,
            greeting: Value::Null,
            next: 0,
            version: 0,
            kept: Vec::new(),
            answers: BTreeMap::new(),
        };
        let parameters = json!({ "processId": null, "rootUri": null, "capabilities": capabilities });
        editor.greeting = editor.ask("initialize", parameters).unwrap();
        editor.tell("initialized", json!({}));
        editor
    }

    pub(crate) fn tell(&self, method: &str, parameters: Value) {
        let notification = Notification { method: method.into(), params: parameters };
        self.connection.sender.send(notification.into()).unwrap();
    }

    pub(crate) fn send(&mut self, method: &str, parameters: Value) -> RequestId {
        self.next += 1;
        let id = RequestId::from(self.next);
        let request = Request { id: id.clone(), method: method.into(), params: parameters };
        self.connection.sender.send(request.into()).unwrap();
        id
    }

    /// The answer to a request, or the code of its error.
    pub(crate) fn answer(&mut self, id: &RequestId) -> Result<Value, i32> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.next_message(end) {
                Message::Response(Response { id: of, response_result: result }) if of == *id => {
                    return result.map_err(|error| error.code);
                }
                Message::Response(other) => panic!("an answer that nobody waits for: {other:?}"),
                Message::Notification(notification) => self.kept.push(notification),
                Message::Request(request) => {
                    self.kept.push(Notification { method: request.method, params: request.params })
                }
            }
        }
    }

    /// The same where several requests are under way.
    pub(crate) fn answer_in_any_order(&mut self, id: &RequestId) -> Result<Value, i32> {
        let end = Instant::now() + PATIENCE;
        while !self.answers.contains_key(id) {
            match self.next_message(end) {
                Message::Response(Response { id, response_result: result }) => {
                    self.answers.insert(id, result.map_err(|error| error.code));
                }
                Message::Notification(notification) => self.kept.push(notification),
                Message::Request(request) => panic!("{request:?}"),
            }
        }
        self.answers.remove(id).unwrap()
    }

    pub(crate) fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, i32> {
        let id = self.send(method, parameters);
        self.answer(&id)
    }

    /// The next notification (or request of the server) of a kind.
    pub(crate) fn told(&mut self, method: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.kept.iter().position(|kept| kept.method == method && fits(&kept.params)) {
                return self.kept.remove(at).params;
            }
            match self.next_message(end) {
                Message::Notification(notification) => self.kept.push(notification),
                Message::Request(request) => {
                    self.kept.push(Notification { method: request.method, params: request.params })
                }
                Message::Response(other) => panic!("an answer that nobody waits for: {other:?}"),
            }
        }
    }

    fn next_message(&self, end: Instant) -> Message {
        let wait = end.saturating_duration_since(Instant::now());
        self.connection.receiver.recv_timeout(wait).expect("the server says something")
    }

    pub(crate) fn open(&mut self, path: &str, text: &str) {
        self.version += 1;
        let document = json!({ "uri": uri(path), "languageId": "neuro", "version": self.version, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub(crate) fn replace(&mut self, path: &str, text: &str) {
        self.change(path, json!([{ "text": text }]));
    }

    pub(crate) fn change(&mut self, path: &str, changes: Value) {
        self.version += 1;
        let document = json!({ "uri": uri(path), "version": self.version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// What is wrong with the present version of a document.
    pub(crate) fn problems(&mut self, path: &str) -> Vec<Value> {
        let (uri, version) = (uri(path), self.version);
        let fits = |said: &Value| said["uri"] == uri.as_str() && said["version"] == version;
        let said = self.told("textDocument/publishDiagnostics", fits);
        said["diagnostics"].as_array().unwrap().clone()
    }

    /// What is said next about a file, whatever its version.
    pub(crate) fn problems_anyhow(&mut self, path: &str) -> Vec<Value> {
        let uri = uri(path);
        let said = self.told("textDocument/publishDiagnostics", |said| said["uri"] == uri.as_str());
        said["diagnostics"].as_array().unwrap().clone()
    }

    pub(crate) fn at(&mut self, method: &str, path: &str, line: u32, character: u32) -> Result<Value, i32> {
        let position = json!({ "line": line, "character": character });
        self.ask(method, json!({ "textDocument": { "uri": uri(path) }, "position": position }))
    }

    pub(crate) fn end(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Ok(Value::Null));
        self.end_after_shutdown();
    }

    pub(crate) fn end_after_shutdown(self) {
        self.tell("exit", Value::Null);
        assert_eq!(self.server.join().unwrap(), Ok(()));
    }

    /// How the server ends when the editor only goes away.
    pub(crate) fn vanish(self) -> Result<(), String> {
        drop(self.connection);
        self.server.join().unwrap()
    }
}

pub(crate) fn uri(path: &str) -> String {
    if path.contains(':') { path.to_owned() } else { format!("file:///models/{path}") }
}

/// Line, column, line, column.
pub(crate) fn range(value: &Value) -> [u64; 4] {
    let number = |end: &str, what: &str| value[end][what].as_u64().unwrap();
    [number("start", "line"), number("start", "character"), number("end", "line"), number("end", "character")]
}
