// Starts `neuro lsp` for .neuro files. All that is known of the language is known by the server.
"use strict";

const { commands, window, workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

// Modules of the library have no file: the server gives their texts.
const LIBRARY = "neuro-library";

let client;

async function start() {
  const command = workspace.getConfiguration("neuro").get("path", "neuro");
  const server = { command, args: ["lsp"], transport: TransportKind.stdio };
  const programs = ["file", "untitled", LIBRARY].map((scheme) => ({ scheme, language: "neuro" }));
  client = new LanguageClient(
    "neuro",
    "neuro",
    { run: server, debug: server },
    { documentSelector: [...programs, { scheme: "file", pattern: "**/neuro.toml" }] },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    window.showErrorMessage(`neuro: \`${command} lsp\` does not start (${error.message}). Set neuro.path to the program.`);
  }
}

async function restart() {
  await deactivate();
  await start();
}

async function libraryText(uri) {
  const answer = await client?.sendRequest("workspace/textDocumentContent", { uri: uri.toString(true) });
  return answer?.text ?? "";
}

async function activate(context) {
  const library = { provideTextDocumentContent: libraryText };
  context.subscriptions.push(
    commands.registerCommand("neuro.restart", restart),
    workspace.registerTextDocumentContentProvider(LIBRARY, library),
  );
  await start();
}

async function deactivate() {
  const running = client;
  client = undefined;
  await running?.stop();
}

module.exports = { activate, deactivate };
