/** An editor's side of the protocol, over Microsoft's own implementation of it. */
import { PassThrough, Writable } from "node:stream";
import * as rpc from "vscode-jsonrpc/node";
import { serveEditor } from "../../../src/serve/lsp/server.ts";
import type { Assistant } from "../../../src/serve/assistant.ts";

/** What VS Code says that it can do, as far as it matters. */
export const VSCODE = {
  window: { workDoneProgress: true },
  workspace: { applyEdit: true, workspaceEdit: { documentChanges: true } },
};

/** A server in this process, and a connection to it. */
export class Editor {
  readonly connection: rpc.MessageConnection;
  readonly logged: string[] = [];
  /** Whether the server ended in order; settled at its end. */
  readonly ended: Promise<boolean>;
  /** Bytes to the server, for what no client would send. */
  readonly raw: WritableStreamDefaultWriter<Uint8Array>;

  constructor(assistant: Assistant, { seconds = 60 } = {}) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const fromServer = new PassThrough();
    this.raw = writable.getWriter();
    this.ended = serveEditor({
      input: readable,
      write: (text) => void fromServer.write(text),
      assistant,
      seconds,
      log: (message) => void this.logged.push(message),
    });
    const toServer = new Writable({
      write: (chunk, _, done) => void this.raw.write(chunk).then(() => done(), done),
    });
    this.connection = rpc.createMessageConnection(
      new rpc.StreamMessageReader(fromServer),
      new rpc.StreamMessageWriter(toServer),
    );
    this.connection.listen();
  }

  async initialize(capabilities: object = VSCODE): Promise<unknown> {
    const result = await this.connection.sendRequest("initialize", {
      processId: null,
      rootUri: null,
      capabilities,
    });
    await this.connection.sendNotification("initialized", {});
    return result;
  }

  open(uri: string, text: string, version = 1): Promise<void> {
    const textDocument = { uri, languageId: "acorn", version, text };
    return this.connection.sendNotification("textDocument/didOpen", { textDocument });
  }

  change(uri: string, version: number, ...contentChanges: object[]): Promise<void> {
    return this.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges,
    });
  }

  // deno-lint-ignore no-explicit-any -- a test looks at what comes
  actions(uri: string, line: number, context: object = { diagnostics: [] }): Promise<any[]> {
    const at = { line, character: 0 };
    const params = { textDocument: { uri }, range: { start: at, end: at }, context };
    return this.connection.sendRequest("textDocument/codeAction", params);
  }

  /** Leave in order. @returns whether the server saw it so */
  async leave(): Promise<boolean> {
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    return await this.close();
  }

  async close(): Promise<boolean> {
    const ended = await this.ended;
    this.connection.dispose();
    return ended;
  }
}
