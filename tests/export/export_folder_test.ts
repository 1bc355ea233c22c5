/** Exported folders: what is in them, that they appear whole or not at all, and the errors a user meets. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import { exportFolderName, exportModel, type ExportOptions } from "../../src/export/export_folder.ts";
import { plainLogits, randomParameters, randomTokens, smallConfig, tokenizerJson } from "./model_fixture.ts";
import { sha256Hex } from "../../src/io/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const config = smallConfig("pointer");
const parameters = randomParameters(config);

function options(directory: string, more: Partial<ExportOptions> = {}): ExportOptions {
  return { config, parameters, tokenizerJson: tokenizerJson(config.vocabSize), directory, ...more };
}

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map((entry) => entry.name).sort();
}

Deno.test("exportModel() writes the three files and reports their sizes", async () => {
  using folder = new TemporaryFolder();
  const directory = join(folder.path, "new", "model");
  const result = await exportModel(options(directory));
  assertEquals(names(directory), ["config.json", "model.onnx", "tokenizer.json"]);
  assertEquals(names(join(folder.path, "new")), ["model"]);
  for (const { name, sizeBytes } of result.files) {
    assertEquals(Deno.statSync(join(directory, name)).size, sizeBytes);
  }
  assertEquals(Deno.readTextFileSync(join(directory, "tokenizer.json")), tokenizerJson(config.vocabSize));
  const { sha256, ...keys } = JSON.parse(Deno.readTextFileSync(join(directory, "config.json")));
  assertEquals(Object.keys(sha256).sort(), names(directory));
  for (const name of ["model.onnx", "tokenizer.json"]) {
    assertEquals(sha256[name], sha256Hex(Deno.readFileSync(join(directory, name))));
  }
  assertEquals(keys, {
    model_type: "gpt",
    architecture: "pointer",
    vocab_size: 29,
    context_length: 12,
    d_model: 24,
    n_layers: 2,
    n_heads: 3,
    head_dim: 8,
    d_mlp: 40,
    dropout: 0.1,
    use_bias: false,
    tie_embeddings: true,
    use_cache: true,
  });
  assertEquals(result.difference, null);
  assert(result.nodeCount > 50);
});

Deno.test("exportModel() compares with the trainer's logits before the folder appears", async () => {
  using folder = new TemporaryFolder();
  const tokens = randomTokens(config, 12);
  const right = (tokens: Int32Array): Promise<Float32Array> =>
    Promise.resolve(plainLogits(config, parameters, tokens));
  const { difference } = await exportModel(
    options(join(folder.path, "right"), { comparison: { logitsOf: right, tokens } }),
  );
  assert(difference !== null && difference.largest < 1e-4 && difference.largest > 0);

  for (const error of [2e-4, NaN]) {
    const wrong = async (tokens: Int32Array): Promise<Float32Array> => {
      const logits = await right(tokens);
      logits[17]! += error;
      return logits;
    };
    const comparison = { logitsOf: wrong, tokens };
    await assertRejects(
      () => exportModel(options(join(folder.path, "wrong"), { comparison })),
      DataError,
      "differs from the trainer's",
    );
  }
  assertEquals(names(folder.path), ["right"]);
});

Deno.test("exportModel() fills an empty folder, touches nothing beside it, refuses a full one and a link", async () => {
  using folder = new TemporaryFolder();
  const directory = join(folder.path, "model");
  Deno.mkdirSync(directory);
  Deno.mkdirSync(`${directory}.partial`);
  Deno.writeTextFileSync(join(`${directory}.partial`, "model.onnx"), "half");
  await exportModel(options(directory));
  assertEquals(names(folder.path), ["model", "model.partial"]);
  assertEquals(names(`${directory}.partial`), ["model.onnx"]);
  Deno.mkdirSync(join(folder.path, "target"));
  const link = join(folder.path, "link");
  Deno.symlinkSync("target", link);
  await assertRejects(
    () => exportModel(options(link)),
    DataError,
    `Cannot export into "${link}": it is a link`,
  );
  assertEquals([names(join(folder.path, "target")), Deno.lstatSync(link).isSymlink], [[], true]);
  const error = await assertRejects(() => exportModel(options(directory)), DataError, "it is not empty");
  assertStringIncludes(error.hint!, "Name a folder");
});

Deno.test("exportModel() names both sizes when tokenizer and model do not fit", async () => {
  using folder = new TemporaryFolder();
  const directory = join(folder.path, "model");
  const message = "the tokenizer has 30 tokens, the model 29";
  await assertRejects(
    () => exportModel(options(directory, { tokenizerJson: tokenizerJson(30) })),
    DataError,
    message,
  );
  for (
    const bad of [
      "",
      "[]",
      "{}",
      '{"model":{"vocab":{"a":-1}}}',
      '{"model":{"vocab":{"a":0}},"added_tokens":7}',
    ]
  ) {
    await assertRejects(
      () => exportModel(options(directory, { tokenizerJson: bad })),
      DataError,
      "tokenizer is unusable",
    );
  }
  assertEquals(names(folder.path), []);
});

Deno.test("exportModel() names the folder that it cannot write", async () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, "file");
  Deno.writeTextFileSync(file, "");
  for (const directory of [join(file, "model"), file]) {
    const error = await assertRejects(() => exportModel(options(directory)), DataError, directory);
    assert(error.hint !== undefined);
  }
  assertEquals(names(folder.path), ["file"]);
});

Deno.test("exportModel() leaves nothing behind when aborted", async () => {
  using folder = new TemporaryFolder();
  const signal = AbortSignal.abort();
  await assertRejects(() => exportModel(options(join(folder.path, "model"), { signal })), DOMException);
  assertEquals(names(folder.path), []);
});

Deno.test("exportFolderName() is the local time to the second", () => {
  assertEquals(exportFolderName(new Date(2026, 0, 2, 3, 4, 5)), "tactics-2026-01-02-03-04-05");
});
