// VS Code's side of `tactics lsp`: starts it for Acorn's modules, saved or not, and ends it. What it offers
// on a line (Ctrl-.) and the progress of a search come from the server.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async () => {
  const [command, ...args] = vscode.workspace.getConfiguration("tactics").get("command");
  const server = { command, args };
  const documentSelector = [
    { scheme: "file", pattern: "**/*.ac" },
    { scheme: "untitled", language: "acorn" },
  ];
  client = new LanguageClient("tactics", "tactics", { run: server, debug: server }, { documentSelector });
  await client.start();
};

exports.deactivate = () => client?.stop();
