/** `tactics lsp` as an editor sees it: what is offered, progress, edits, cancellation, and rude clients. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { CancellationTokenSource, ResponseError } from "vscode-jsonrpc/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { frame } from "../../../src/serve/lsp/framing.ts";
import { serveEditor } from "../../../src/serve/lsp/server.ts";
import { ScriptedAssistant } from "../scripted_assistant.ts";
import { type Editor, LocalEditor } from "./editor.ts";

const URI = "file:///lib/src/sum.ac";
const TEXT = `theorem add_zero(a: Nat) {
    a + 0 = a
} by {
    let ß: Nat = a
    a + 0 = ß
}
`;
/** The failing line. */
const LINE = 4;

interface Progress {
  kind: string;
  title?: string;
  message?: string;
  percentage?: number;
}

/** Has the editor show what it is told to, and apply edits. */
function watch(editor: Editor, text: { now: string; version: number }) {
  const seen = { tokens: [] as unknown[], progress: [] as Progress[], edits: 0 };
  editor.connection.onRequest("window/workDoneProgress/create", ({ token }) => {
    seen.tokens.push(token);
    return null;
  });
  editor.connection.onNotification("$/progress", ({ value }) => void seen.progress.push(value));
  editor.connection.onRequest("workspace/applyEdit", ({ edit }) => {
    const [{ textDocument, edits }] = edit.documentChanges;
    const applied = textDocument.uri === URI && textDocument.version === text.version;
    if (applied) text.now = TextDocument.applyEdits(TextDocument.create(URI, "acorn", 1, text.now), edits);
    seen.edits++;
    return { applied };
  });
  return seen;
}

Deno.test("an editor is offered a step on a failing line, sees the search, and gets its lines", async () => {
  const assistant = new ScriptedAssistant(["a + 0 = a", "a = ß"]);
  const editor = new LocalEditor(assistant);
  const text = { now: TEXT, version: 1 };
  const seen = watch(editor, text);
  // deno-lint-ignore no-explicit-any
  const { capabilities, serverInfo } = await editor.initialize() as any;
  assertEquals([capabilities.positionEncoding, capabilities.textDocumentSync], ["utf-16", {
    openClose: true,
    change: 2,
  }]);
  assertEquals(serverInfo.name, "tactics");
  await editor.open(URI, TEXT);
  const range = { start: { line: LINE, character: 4 }, end: { line: LINE, character: 13 } };
  const diagnostics = [{ range, message: "could not be verified", source: "acorn" }];
  const [prove, likely] = await editor.actions(URI, LINE, { diagnostics });
  assertEquals([prove.title, prove.kind, prove.isPreferred, prove.diagnostics], [
    "tactics: suggest a step here",
    "quickfix",
    true,
    diagnostics,
  ]);
  assertEquals(likely.command.command, "tactics.suggest");
  const result = await editor.connection.sendRequest("workspace/executeCommand", prove.command);
  const { outcome, lines, message, applied } = result as Record<string, unknown>;
  assertEquals([outcome, lines, message, applied], [
    "proved",
    ["a + 0 = a", "a = ß"],
    "Verified with 2 more.",
    true,
  ]);
  assertEquals(text.now, TEXT.replace("    a + 0 = ß\n", "    a + 0 = a\n    a = ß\n    a + 0 = ß\n"));
  assertEquals(seen.progress.map(({ kind }) => kind), ["begin", "report", "report", "end"]);
  assertEquals(seen.progress.map(({ percentage }) => percentage), [0, 25, 50, undefined]);
  assertEquals(seen.progress[2]!.message, "9 lines tried, 2 proved, 30 s left");
  assertEquals(seen.tokens.length, 1);
  await editor.leave();
  assert(await editor.ended);
});

Deno.test("in the middle of an edit, goals are those of the buffer as it is", async () => {
  const assistant = new ScriptedAssistant();
  const editor = new LocalEditor(assistant);
  const text = { now: "", version: 4 };
  watch(editor, text);
  await editor.initialize();
  await editor.open(URI, TEXT);
  const insert = (line: number, character: number, text: string): object => ({
    range: { start: { line, character }, end: { line, character } },
    text,
  });
  // A definition that is being typed before, and a theorem after; neither parses.
  await editor.change(URI, 2, insert(0, 0, "define 𝔸(x: Na\n\n"));
  await editor.change(URI, 3, insert(8, 0, "theorem more(b: Nat {\n    b +\n"), insert(0, 7, "é"));
  await editor.change(URI, 4, {
    range: { start: { line: 0, character: 8 }, end: { line: 0, character: 10 } },
    text: "B",
  });
  text.now = `define éB(x: Na\n\n${TEXT}theorem more(b: Nat {\n    b +\n`;
  const [prove] = await editor.actions(URI, LINE + 2);
  await editor.connection.sendRequest("workspace/executeCommand", prove.command);
  assertEquals(
    assistant.asked.map((asked) => asked.kind === "place" && [asked.text.slice(0, 18), asked.line]),
    [
      ["define éB(x: Na\n\nt", LINE + 2],
    ],
  );
  assert(text.now.includes("    let ß: Nat = a\n    a + 0 = a\n    a + 0 = ß\n"), text.now);
  assertEquals(await editor.actions(URI, 0), []);
  assertEquals(await editor.actions(URI, 99), []);
  await editor.leave();
  assert(await editor.ended);
});

Deno.test("an edit of a text that has changed meanwhile is not made", async () => {
  const assistant = new ScriptedAssistant();
  const { promise, resolve } = Promise.withResolvers<void>();
  assistant.hold = promise;
  const editor = new LocalEditor(assistant);
  const seen = watch(editor, { now: TEXT, version: 1 });
  await editor.initialize();
  await editor.open(URI, TEXT);
  const [prove] = await editor.actions(URI, LINE);
  const result = editor.connection.sendRequest("workspace/executeCommand", prove.command);
  await editor.change(URI, 2, { text: "other\n" });
  resolve();
  const { outcome, applied } = await result as { outcome: string; applied: boolean };
  assertEquals([outcome, applied, seen.edits], ["proved", false, 0]);
  await editor.leave();
  assert(await editor.ended);
});

Deno.test("a search is cancelled by its request, by its progress, and by leaving", async () => {
  const assistant = new ScriptedAssistant();
  assistant.hold = new Promise(() => {});
  const editor = new LocalEditor(assistant);
  const { connection } = editor;
  await editor.initialize();
  await editor.open(URI, TEXT);
  const [{ command }] = await editor.actions(URI, LINE);
  let begun = Promise.withResolvers<unknown>();
  connection.onRequest("window/workDoneProgress/create", () => null);
  connection.onNotification("$/progress", ({ token, value }) => {
    if (value.kind === "report") begun.resolve(token);
  });
  const search = async (
    params: object,
    cancel: (source: CancellationTokenSource) => unknown,
  ): Promise<void> => {
    begun = Promise.withResolvers();
    const source = new CancellationTokenSource();
    const answer = connection.sendRequest("workspace/executeCommand", params, source.token);
    const refused = assertRejects(() => answer, ResponseError, "cancelled");
    await begun.promise;
    await cancel(source);
    await refused;
  };
  await search(command, (source) => source.cancel());
  const cancelled = (): unknown =>
    connection.sendNotification("window/workDoneProgress/cancel", { token: "mine" });
  await search({ ...command, workDoneToken: "mine" }, cancelled);
  assertEquals([assistant.stopped, await begun.promise], [2, "mine"]);
  await search(command, () => connection.sendRequest("shutdown"));
  assertEquals(assistant.stopped, 3);
  await connection.sendNotification("exit");
  assert(await editor.ended);
  assertEquals(editor.logged, []);
});

Deno.test("an editor that shows no progress and knows no versions gets its lines all the same", async () => {
  const editor = new LocalEditor(new ScriptedAssistant());
  const edits: unknown[] = [];
  editor.connection.onRequest("workspace/applyEdit", ({ edit }) => {
    edits.push(edit);
    return { applied: true };
  });
  editor.connection.onRequest("window/workDoneProgress/create", () => assert(false, "it was not asked for"));
  await editor.initialize({});
  await editor.open(URI, TEXT);
  const [{ command }] = await editor.actions(URI, LINE, { diagnostics: [], only: ["quickfix"] });
  await editor.connection.sendRequest("workspace/executeCommand", command);
  const at = { line: LINE, character: 0 };
  assertEquals(edits, [{
    changes: { [URI]: [{ range: { start: at, end: at }, newText: "    a + 0 = a\n" }] },
  }]);
  assertEquals(await editor.actions(URI, LINE, { diagnostics: [], only: ["refactor"] }), []);
  await editor.leave();
  assert(await editor.ended);
});

Deno.test("an editor that never says whether it shows progress does not hold up the work", async () => {
  const editor = new LocalEditor(new ScriptedAssistant());
  editor.connection.onRequest("window/workDoneProgress/create", () => new Promise(() => {}));
  editor.connection.onRequest("workspace/applyEdit", () => ({ applied: true }));
  await editor.initialize();
  await editor.open(URI, TEXT);
  const [{ command }] = await editor.actions(URI, LINE);
  const { applied } = await editor.connection.sendRequest<{ applied: boolean }>(
    "workspace/executeCommand",
    command,
  );
  assert(applied);
  await editor.leave();
  assert(await editor.ended);
});

Deno.test("a search that finds nothing changes nothing, and says so", async () => {
  const editor = new LocalEditor(new ScriptedAssistant(null));
  const seen = watch(editor, { now: TEXT, version: 1 });
  await editor.initialize();
  await editor.open(URI, TEXT);
  const [{ command }] = await editor.actions(URI, LINE);
  const result = await editor.connection.sendRequest<Record<string, unknown>>(
    "workspace/executeCommand",
    command,
  );
  const message = "Nothing was found: 9 lines tried, 2 proved.";
  assertEquals([result.outcome, result.message, result.applied], ["time", message, false]);
  assertEquals([seen.edits, seen.progress.at(-1)], [0, { kind: "end", message }]);
  await editor.leave();
  assert(await editor.ended);
});

Deno.test("likely lines are the answer; shown, the one that is chosen is written down", async () => {
  const editor = new LocalEditor(new ScriptedAssistant());
  const text = { now: TEXT, version: 1 };
  watch(editor, text);
  const choices = [{ title: "c = c" }, null, { title: "rm -rf" }];
  const shown: string[][] = [];
  editor.connection.onRequest("window/showMessageRequest", ({ actions }) => {
    shown.push(actions.map(({ title }: { title: string }) => title));
    return choices[shown.length - 1];
  });
  await editor.initialize();
  await editor.open(URI, TEXT);
  const command = "tactics.suggest";
  const place = { uri: URI, line: LINE };
  const plain = await editor.connection.sendRequest<{ suggestions: { line: string }[] }>(
    "workspace/executeCommand",
    { command, arguments: [place] },
  );
  assertEquals([plain.suggestions.map(({ line }) => line), shown], [["b = b", "c = c"], []]);
  const [, likely] = await editor.actions(URI, LINE);
  const applied: unknown[] = [];
  for (const _ of choices) {
    const answer = await editor.connection.sendRequest<{ applied?: boolean }>(
      "workspace/executeCommand",
      likely.command,
    );
    applied.push(answer.applied);
  }
  assertEquals(applied, [true, undefined, undefined]);
  assertEquals(shown[0], ["b = b", "c = c"]);
  assertEquals(text.now, TEXT.replace("    a + 0 = ß\n", "    c = c\n    a + 0 = ß\n"));
  await editor.leave();
  assert(await editor.ended);
});

Deno.test("requests in the wrong order or with wrong parameters are refused", async () => {
  const editor = new LocalEditor(new ScriptedAssistant());
  const { connection } = editor;
  const refused = async (method: string, params: object, code: number): Promise<void> => {
    const error = await assertRejects(() => connection.sendRequest(method, params), ResponseError);
    assertEquals(error.code, code, `${method} ${JSON.stringify(params)}: ${error.message}`);
  };
  await refused("textDocument/codeAction", {}, -32002);
  await refused("shutdown", {}, -32002);
  await editor.open(URI, TEXT);
  await editor.initialize();
  await refused("initialize", {}, -32600);
  await refused("textDocument/hover", {}, -32601);
  const textDocument = { uri: URI };
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  await refused("textDocument/codeAction", {}, -32602);
  await refused("textDocument/codeAction", { textDocument, range }, -32602);
  // It was opened before `initialize`, so it is not open.
  await refused("textDocument/codeAction", { textDocument, range, context: { diagnostics: [] } }, -32602);
  await editor.open(URI, TEXT);
  const place = { uri: URI, line: 99 };
  for (const command of ["tactics.prove", "tactics.suggest"]) {
    await refused("workspace/executeCommand", { command, arguments: [place] }, -32803);
    await refused("workspace/executeCommand", { command, arguments: [] }, -32602);
    await refused("workspace/executeCommand", { command, arguments: [{ ...place, line: -1 }] }, -32602);
    await refused("workspace/executeCommand", { command }, -32602);
  }
  await refused("workspace/executeCommand", { command: "rm", arguments: [place] }, -32602);
  await connection.sendRequest("shutdown");
  await refused("textDocument/codeAction", { textDocument }, -32600);
  await connection.sendNotification("exit");
  assert(await editor.ended);
});

Deno.test("an editor that ends without a word, or without shutdown, has not left in order", async () => {
  const exits = new LocalEditor(new ScriptedAssistant());
  await exits.initialize();
  await exits.connection.sendNotification("exit");
  assertEquals(await exits.ended, false);
  const gone = new LocalEditor(new ScriptedAssistant());
  await gone.initialize();
  await gone.raw.write(new TextEncoder().encode("Content-Length: 900\r\n\r\n{"));
  await gone.raw.close();
  assertEquals(await gone.ended, false);
});

Deno.test("whatever is sent, the server answers the next good request", async () => {
  const methods = fc.constantFrom(
    ...["initialize", "shutdown", "textDocument/didOpen", "textDocument/didChange", "textDocument/didClose"],
    ...["textDocument/codeAction", "workspace/executeCommand", "$/cancelRequest", "", "toString"],
    ...["window/workDoneProgress/cancel", "window/showMessageRequest"],
  );
  const place = fc.record({
    line: fc.integer({ min: -2, max: 9 }),
    character: fc.integer({ min: -2, max: 40 }),
  });
  const fields = fc.record({
    textDocument: fc.record({ uri: fc.constantFrom(URI, ""), version: fc.nat(3), text: fc.constant(TEXT) }),
    contentChanges: fc.array(
      fc.record({ range: fc.record({ start: place, end: place }), text: fc.string() }),
    ),
    range: fc.record({ start: place, end: place }),
    context: fc.record({ diagnostics: fc.array(fc.jsonValue()), only: fc.jsonValue() }),
    command: fc.constantFrom("tactics.prove", "tactics.suggest", "x"),
    arguments: fc.array(fc.record({ uri: fc.constantFrom(URI, ""), line: fc.integer({ min: -1, max: 9 }) })),
    id: fc.oneof(fc.nat(3), fc.jsonValue()),
    token: fc.jsonValue(),
    workDoneToken: fc.jsonValue(),
  }, { requiredKeys: [] });
  const message = fc.record({
    jsonrpc: fc.constantFrom("2.0", "2.0", "2.0", "1.0"),
    id: fc.oneof(fc.nat(3), fc.jsonValue()),
    method: methods,
    params: fc.oneof(fields, fields, fc.jsonValue()),
    result: fc.jsonValue(),
  }, { requiredKeys: ["jsonrpc"] });
  const broken = fc.string().map((text) => `Content-Length: 5\r\n\r\n${text}\r\n\r\n`);
  const sent = fc.array(fc.oneof(message.map(frame), message.map(frame), broken), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(sent, async (messages) => {
      const input = new Blob([
        frame({ jsonrpc: "2.0", id: "first", method: "initialize", params: {} }),
        ...messages.map((text) => `${text}\r\n\r\n`),
        frame({ jsonrpc: "2.0", id: "last", method: "nothing" }),
      ]).stream();
      const said: string[] = [];
      const assistant = new ScriptedAssistant();
      const log = (message: string): void => assert(!/\bat .*\.ts/.test(message), message);
      await serveEditor({ input, write: (text) => said.push(text), assistant, seconds: 1, log });
      const last = said.find((text) => text.includes('"id":"last"'));
      assert(last !== undefined, said.join("\n"));
    }),
    { numRuns: 200 },
  );
});
