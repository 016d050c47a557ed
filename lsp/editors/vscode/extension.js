// Starts `neuro lsp` for .neuro files. All that is known of the language is known by the server.
"use strict";

const { commands, window, workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

async function start() {
  const command = workspace.getConfiguration("neuro").get("path", "neuro");
  const server = { command, args: ["lsp"], transport: TransportKind.stdio };
  client = new LanguageClient(
    "neuro",
    "neuro",
    { run: server, debug: server },
    { documentSelector: [{ scheme: "file", language: "neuro" }, { scheme: "untitled", language: "neuro" }] },
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

async function activate(context) {
  context.subscriptions.push(commands.registerCommand("neuro.restart", restart));
  await start();
}

async function deactivate() {
  const running = client;
  client = undefined;
  await running?.stop();
}

module.exports = { activate, deactivate };
