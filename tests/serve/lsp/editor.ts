/** An editor's side of the protocol, over Microsoft's own implementation of it. */
import { PassThrough, Readable, Writable } from "node:stream";
import * as rpc from "vscode-jsonrpc/node";
import type { Assistant } from "../../../src/serve/assistant.ts";
import { serveEditor } from "../../../src/serve/lsp/server.ts";

/** What VS Code says that it can do, as far as it matters. */
export const VSCODE = {
  window: { workDoneProgress: true },
  workspace: { applyEdit: true, workspaceEdit: { documentChanges: true } },
};

/** The two ends of a server. */
interface Server {
  readonly output: Readable;
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
}

export class Editor {
  readonly connection: rpc.MessageConnection;
  /** Bytes to the server, for what no client would send. */
  readonly raw: WritableStreamDefaultWriter<Uint8Array>;

  constructor({ input, output }: Server) {
    this.raw = input;
    const toServer = new Writable({
      write: (chunk, _, done) => void input.write(chunk).then(() => done(), done),
    });
    this.connection = rpc.createMessageConnection(
      new rpc.StreamMessageReader(output),
      new rpc.StreamMessageWriter(toServer),
    );
    this.connection.listen();
  }

  /** An editor of a program that has been started. */
  static of(child: Deno.ChildProcess): Editor {
    // deno-lint-ignore no-explicit-any -- Node's type of the same streams
    return new Editor({ input: child.stdin.getWriter(), output: Readable.fromWeb(child.stdout as any) });
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

  /** Leave in order. */
  async leave(): Promise<void> {
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
  }
}

/** An editor of a server in this process. */
export class LocalEditor extends Editor {
  readonly logged: string[];
  /** Whether the server ended in order; settled at its end. */
  readonly ended: Promise<boolean>;

  constructor(assistant: Assistant, { seconds = 60 } = {}) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const output = new PassThrough();
    super({ input: writable.getWriter(), output });
    const logged: string[] = [];
    this.logged = logged;
    this.ended = serveEditor({
      input: readable,
      write: (text) => void output.write(text),
      assistant,
      seconds,
      log: (message) => void logged.push(message),
    }).finally(() => this.connection.dispose());
  }
}
