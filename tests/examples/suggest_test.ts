/** examples/suggest.ts as a user runs it, with no more permissions than it says. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openModel } from "../../src/infer/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { TINY_GOAL, tinyExportedModel } from "../infer/tiny_exported_model.ts";

const EXAMPLE = fromFileUrl(import.meta.resolve("../../examples/suggest.ts"));

Deno.test("examples/suggest.ts prints the lines that openModel() suggests, best first", async () => {
  using folder = new TemporaryFolder();
  const model = await tinyExportedModel(folder);
  const goal = join(folder.path, "goal.txt");
  Deno.writeTextFileSync(goal, TINY_GOAL);
  await using loaded = await openModel(model);
  const expected = await loaded.suggest(TINY_GOAL);

  const { code, out } = await run([model, goal]);
  assertEquals(code, 0);
  assertEquals(
    out.split("\n").slice(0, -1).map((text) => text.slice(10)),
    expected.map(({ line }) => line === "" ? "(the proof ends)" : line),
  );

  const wrong = await run([folder.path, goal]);
  assertEquals(wrong.code, 1);
  assert(wrong.error.includes("No checkpoint found") && !/^ +at /m.test(wrong.error), wrong.error);
});

async function run(args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--allow-read", EXAMPLE, ...args],
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}
