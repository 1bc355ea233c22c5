/** openModel(): text in, text out. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import { goalPrompt, saidLines } from "../../src/prompt/mod.ts";
import { openModel } from "../../src/infer/mod.ts";
import { suggestLines } from "../../src/infer/suggest_lines.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { TINY_GOAL, tinyExportedModel } from "./tiny_exported_model.ts";

const OPTIONS = { samples: 6, maxTokens: 12, seed: 5 };

Deno.test("an opened model suggests what suggestLines() does, also to calls that overlap", async () => {
  using folder = new TemporaryFolder();
  const directory = await tinyExportedModel(folder);
  await using alone = await openModel(directory);
  const { decoder, tokenizer } = alone;
  const sections = TINY_GOAL.replace("@P\n", "");
  const goals = [sections, `${sections}@P\nb * a = a * b\n`];
  const expected = [];
  for (const lines of [[], ["b * a = a * b"]]) {
    expected.push(
      await suggestLines(decoder, tokenizer, goalPrompt(tokenizer, { before: sections, lines }), {
        ...OPTIONS,
        lines: { known: saidLines({ before: sections, lines }) },
      }),
    );
  }

  await using model = await openModel(directory);
  assertEquals(await Promise.all(goals.map((goal) => model.suggest(goal, OPTIONS))), expected);
  assert(expected[0]!.length > 1);
});

Deno.test("an opened model writes at most maxTokens, and is free again when the loop is left", async () => {
  using folder = new TemporaryFolder();
  await using model = await openModel(await tinyExportedModel(folder));
  const written = async (maxTokens: number): Promise<string> =>
    (await Array.fromAsync(model.generate(TINY_GOAL, { maxTokens, seed: 2 }))).join("");
  const text = await written(20);
  assert(text.startsWith(await written(5)) && text.length > 5, text);
  for await (const _ of model.generate(TINY_GOAL, { seed: 2 })) break;
  assertEquals(await written(20), text);
});

Deno.test("openModel() tells a folder that is damaged or holds no model", async () => {
  using folder = new TemporaryFolder();
  await assertRejects(() => openModel(folder.path), DataError, "No checkpoint found");
  const directory = await tinyExportedModel(folder);
  const damage = async (name: string, change: (text: string) => string, message: string): Promise<void> => {
    const path = join(directory, name);
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, change(text));
    const error = await assertRejects(() => openModel(directory), DataError, message);
    assert(error.message.includes(directory) && error.hint !== undefined, error.message);
    Deno.writeTextFileSync(path, text);
  };
  await damage("config.json", () => "<!doctype html>", "is not JSON");
  await damage("tokenizer.json", (text) => text.slice(0, -9), "tokenizer.json");
  // As large, and a tokenizer: but not the one that the model was trained with.
  await damage("tokenizer.json", (text) => {
    const json = JSON.parse(text);
    const [a, b] = Object.keys(json.model.vocab).slice(-2) as [string, string];
    [json.model.vocab[a], json.model.vocab[b]] = [json.model.vocab[b], json.model.vocab[a]];
    return JSON.stringify(json);
  }, "trained with another tokenizer.json");
  await damage("config.json", (text) => text.replace(/"vocab_size": \d+/, '"vocab_size": 7'), "has 7 tokens");
  await damage("model.onnx", (text) => text.slice(0, 1000), "ONNX Runtime cannot load");
});
