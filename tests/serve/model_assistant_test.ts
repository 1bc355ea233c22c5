/**
 * The assistant with a model and somebody who verifies, through the editor's protocol and over HTTP. Who
 * verifies is content with one line here: what acorn itself says is tried in tests/prove/.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { readModuleLibrary } from "../../src/acorn/mod.ts";
import { openModel } from "../../src/infer/mod.ts";
import type { Judge } from "../../src/prove/mod.ts";
import { ModelAssistant, routesOf, serveOnLoopback } from "../../src/serve/mod.ts";
import { saveModels } from "../infer/saved_models.ts";
import { withFolder } from "../temporary_folder.ts";
import { LocalEditor } from "./lsp/editor.ts";

const NAT = "inductive Nat {\n    0\n    suc(Nat)\n}\n\ndefine double(a: Nat) -> Nat {\n    a\n}\n";
/** The claim in the second proof is proved once the first theorem is cited before it. */
const MODULE = `from nat import Nat, double

theorem first(a: Nat) {
    double(a) = a
}

theorem second(b: Nat) {
    double(b) = b
} by {
    double(b) = b
}
`;
const WANTED = "first(b)";
/** The claim. */
const LINE = 9;

/** Proves the wanted line, and what stands behind it. */
class OneLineJudge implements Judge {
  readonly version = "one line 1.0";
  readonly declared = null;
  closed = false;

  verify({ text, lastLine }: { text: string; lastLine: number }): ReturnType<Judge["verify"]> {
    const lines = text.split("\n").map((line) => line.trim());
    const failed = new Map<number, string>();
    let isKnown = false;
    for (const [i, line] of lines.entries()) {
      if (line === "if true {") isKnown = false; // another question
      isKnown ||= line === WANTED;
      if (i <= lastLine && line === "double(b) = b" && !isKnown) failed.set(i, "could not be verified");
    }
    return Promise.resolve({ kind: "checked", failed, seconds: 0 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

/** A library with the module, and an assistant; with `named`, the library is named to it. */
async function setUp(folder: string, { named = false } = {}) {
  await Deno.mkdir(join(folder, "lib", "src"), { recursive: true });
  const file = join(folder, "lib", "src", "twice.ac");
  await Deno.writeTextFile(join(folder, "lib", "acorn.toml"), "");
  await Deno.writeTextFile(join(folder, "lib", "src", "nat.ac"), NAT);
  await Deno.writeTextFile(file, MODULE);
  const { checkpoints } = await saveModels(folder, "pointer");
  const judges: OneLineJudge[] = [];
  const assistant = new ModelAssistant({
    open: () => openModel(checkpoints),
    drawing: { samples: 2, beam: 1, maxTokens: 8 },
    ...named && { lib: join(folder, "lib") },
    openJudge: async ({ lib, file, text }) => {
      const { library, module: { name } } = await readModuleLibrary(lib, file, text);
      const judge = new OneLineJudge();
      judges.push(judge);
      return { judge, library, name };
    },
  });
  return { assistant, judges, uri: toFileUrl(file).href };
}

Deno.test("lines that verify come to the editor as an edit of the buffer, and nothing is left open", () =>
  withFolder(async (folder) => {
    const { assistant, judges, uri } = await setUp(folder);
    await using _ = assistant;
    const editor = new LocalEditor(assistant, { seconds: 20 });
    const edits: unknown[] = [];
    editor.connection.onRequest("window/workDoneProgress/create", () => null);
    editor.connection.onRequest("workspace/applyEdit", ({ edit }) => {
      edits.push(edit.documentChanges[0]);
      return { applied: true };
    });
    await editor.initialize();
    await editor.open(uri, `\n${MODULE}`);
    const [{ command }] = await editor.actions(uri, LINE + 1);
    const result = await editor.connection.sendRequest<Record<string, unknown>>(
      "workspace/executeCommand",
      command,
    );
    assertEquals(
      [result.outcome, result.lines, result.applied],
      ["proved", [WANTED], true],
      JSON.stringify(result),
    );
    const at = { line: LINE + 1, character: 0 };
    assertEquals(edits, [{
      textDocument: { uri, version: 1 },
      edits: [{ range: { start: at, end: at }, newText: `    ${WANTED}\n` }],
    }]);
    assertEquals(judges.map(({ closed }) => closed), [true]);
    await editor.open("untitled:new", MODULE);
    const [{ command: unsaved }] = await editor.actions("untitled:new", LINE);
    const refused = editor.connection.sendRequest("workspace/executeCommand", unsaved);
    await assertRejects(() => refused, Error, "is in no library");
    await editor.leave();
    assert(await editor.ended);
    assertEquals(editor.logged, []);
  }));

Deno.test("over HTTP they are the last event of a search; a module of no library is said to be none", () =>
  withFolder(async (folder) => {
    for (const named of [true, false]) {
      const { assistant, judges } = await setUp(join(folder, String(named)), { named });
      await using _ = assistant;
      await using server = serveOnLoopback(routesOf(assistant), { port: 0, posts: true });
      const prove = async (module: string): Promise<Record<string, unknown>[]> => {
        const answer = await fetch(`${server.address}/prove`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ text: MODULE, line: LINE + 1, module, seconds: 20 }),
        });
        return (await answer.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
      };
      const result = (await prove("twice")).at(-1)!;
      if (named) assertEquals([result.outcome, result.lines], ["proved", [WANTED]], JSON.stringify(result));
      else assert(String(result.error).includes("is in no library"), JSON.stringify(result));
      const [other] = await prove("none.such");
      assertEquals([other!.kind, judges.length], ["error", named ? 1 : 0], JSON.stringify(other));
    }
  }));
