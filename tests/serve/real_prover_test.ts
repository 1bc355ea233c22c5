/** A missing line over HTTP and in an editor, found by the programs and the real prover of $ACORN. */
import { assert, assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import type { TextEdit } from "vscode-languageserver-textdocument";
import { TextDocument } from "vscode-languageserver-textdocument";
import { programArguments } from "../cli/permission_set.ts";
import { start } from "../cli/process.ts";
import { saveModels } from "../infer/saved_models.ts";
import { ACORN, LIBRARY } from "../prove/recorded_judge.ts";
import { withFolder } from "../temporary_folder.ts";
import { Editor } from "./lsp/editor.ts";

const REMOVED = "g(Num.zero)";
const options = { ignore: ACORN === undefined }; // `deno task test:acorn`

/** The library's module without a line, the goal that then fails, and the words that name a model. */
async function setUp(folder: string): Promise<{ text: string; line: number; words: string[] }> {
  const whole = (await Deno.readTextFile(join(LIBRARY, "src", "num.ac"))).split("\n");
  const text = whole.filter((line) => line.trim() !== REMOVED).join("\n");
  const { checkpoints } = await saveModels(folder, "pointer");
  return {
    text,
    line: text.split("\n").findIndex((line) => line.trim() === "g(b)") + 1,
    words: ["--checkpoint-dir", checkpoints, "--backend", "wasm", "--acorn", ACORN!],
  };
}

Deno.test(
  "POST /prove streams what it tries, and ends with the missing line",
  options,
  () =>
    withFolder(async (folder) => {
      const { text, line, words } = await setUp(folder);
      const running = start(folder, ["serve", "--port", "0", "--lib", LIBRARY, ...words]);
      await running.until("ready, with");
      const [, address] = /listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(running.out)!;
      const answer = await fetch(`${address}/prove`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text, line, module: "num", seconds: 60 }),
      });
      const events = (await answer.text()).trim().split("\n").map((event) => JSON.parse(event));
      assertEquals(
        [events[0].kind, events.at(-1).outcome],
        ["start", "proved"],
        JSON.stringify(events.at(-1)),
      );
      assertEquals(events.at(-1).lines, [REMOVED]);
      running.child.kill("SIGINT");
      assertEquals((await running.ended()).code, 130);
    }),
);

Deno.test(
  "tactics lsp puts the missing line into the buffer",
  options,
  () =>
    withFolder(async (folder) => {
      const { text, line, words } = await setUp(folder);
      const args = programArguments(["lsp", "--lib", LIBRARY, ...words]);
      const child = new Deno.Command(Deno.execPath(), {
        ...{ args, cwd: folder, stdin: "piped", stdout: "piped", stderr: "null" },
      }).spawn();
      const editor = Editor.of(child);
      const uri = toFileUrl(join(LIBRARY, "src", "num.ac")).href;
      let edited = "";
      editor.connection.onRequest("workspace/applyEdit", ({ edit }) => {
        const edits: TextEdit[] = edit.documentChanges[0].edits;
        edited = TextDocument.applyEdits(TextDocument.create(uri, "acorn", 1, text), edits);
        return { applied: true };
      });
      await editor.initialize();
      await editor.open(uri, text);
      const [{ command }] = await editor.actions(uri, line - 1);
      await editor.connection.sendRequest("workspace/executeCommand", command);
      const lines = edited.split("\n").map((line) => line.trim());
      assert(lines.indexOf(REMOVED) > lines.findIndex((line) => line.startsWith("define g(")), edited);
      await editor.leave();
      assertEquals((await child.status).code, 0);
    }),
);
