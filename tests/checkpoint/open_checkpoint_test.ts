/** Opening a checkpoint: which file and tokenizer are taken, and what does not fit is refused. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { checkpointName, openCheckpoint } from "../../src/checkpoint/mod.ts";
import { CheckpointError, DataError } from "../../src/errors.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { saveModels } from "../infer/saved_models.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("openCheckpoint() takes a folder's best checkpoint, or the file that is named", async () => {
  using folder = new TemporaryFolder();
  const { checkpoints } = await saveModels(folder.path, "reference");
  const [best, step] = ["best.safetensors", checkpointName(1)].map((name) => join(checkpoints, name));
  Deno.copyFileSync(best!, step!);
  for (const [path, file] of [[checkpoints, best], [best, best], [step, step]]) {
    const opened = await openCheckpoint(path!);
    assertEquals(opened.path, file);
    assertEquals(await opened.tokenizer.sha256(), opened.checkpoint.tokenizerSha256);
  }
});

Deno.test("openCheckpoint() refuses another tokenizer, and says what is missing", async () => {
  using folder = new TemporaryFolder();
  const { checkpoints } = await saveModels(folder.path, "reference");
  const tokenizerPath = join(checkpoints, "tokenizer.json");
  const replaced = async (vocabularySize: number): Promise<void> => {
    const texts = ["other texts, other words, other others, other merges"];
    await saveTokenizer(tokenizerPath, trainTokenizer(texts, { vocabularySize, alphabet: "bytes" }));
  };
  await replaced(258);
  await assertRejects(() => openCheckpoint(checkpoints), CheckpointError, "has a vocabulary of 320");
  const json = JSON.parse(Deno.readTextFileSync(tokenizerPath));
  for (let id = Object.keys(json.model.vocab).length; id < 320; id++) json.model.vocab[`more ${id}`] = id;
  Deno.writeTextFileSync(tokenizerPath, JSON.stringify(json));
  await assertRejects(() => openCheckpoint(checkpoints), CheckpointError, "trained with another tokenizer");
  Deno.removeSync(tokenizerPath);
  await assertRejects(() => openCheckpoint(checkpoints), DataError, "tokenizer.json");
  const missing = join(folder.path, "none");
  await assertRejects(() => openCheckpoint(missing), DataError, `No checkpoint found in "${missing}"`);
  await assertRejects(() => openCheckpoint(`${missing}.safetensors`), DataError, "there is no such file");
});
