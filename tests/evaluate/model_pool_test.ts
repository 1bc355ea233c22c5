/**
 * A model in workers: the same answers with one and with two, from a checkpoint and from its exported folder;
 * models that cannot be opened.
 */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { chooseBackend } from "../../src/backend/choose.ts";
import { saveCheckpoint } from "../../src/checkpoint/mod.ts";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../../src/config.ts";
import { DamagedError, DataError } from "../../src/errors.ts";
import { scoringWindows } from "../../src/infer/scoring_windows.ts";
import { ModelPool } from "../../src/evaluate/model_pool.ts";
import { exportModel } from "../../src/export/mod.ts";
import { initialParameters } from "../../src/model/mod.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const TOKENIZER = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
const MODEL = {
  ...DEFAULT_MODEL_CONFIG,
  vocabSize: 258,
  contextLength: 32,
  dModel: 16,
  nLayers: 1,
  nHeads: 2,
  dMlp: 32,
};

/** A checkpoint and an exported folder of one random model. */
async function savedModel(folder: string): Promise<{ checkpoint: string; exported: string }> {
  const parameters = initialParameters(MODEL, 42).map((value) => 4 * value);
  const none = new Float32Array(parameters.length);
  const checkpoint = `${folder}/step_000001.safetensors`;
  await saveCheckpoint(checkpoint, {
    model: MODEL,
    train: { ...DEFAULT_TRAIN_CONFIG, steps: 1 },
    step: 1,
    parameters,
    m: none,
    v: none,
    tokenizerSha256: TOKENIZER.sha256(),
    splitHash: "",
    best: null,
    evaluationsWithoutGain: 0,
    backend: "wasm",
  });
  await Deno.writeTextFile(`${folder}/tokenizer.json`, TOKENIZER.toJson());
  const tokenizerJson = TOKENIZER.toJson();
  const { directory } = await exportModel({
    config: MODEL,
    parameters,
    tokenizerJson,
    directory: `${folder}/model`,
  });
  return { checkpoint, exported: directory };
}

/** Asks for some of everything, all at once. */
async function answers(
  path: string,
  workers: number,
): Promise<{ losses: Float32Array[][]; texts: unknown[] }> {
  await using pool = await ModelPool.open(path, { workers, backend: await chooseBackend("wasm") });
  const tokens = ["not a = b", "b = a or b = c"].map((text) => TOKENIZER.encode(text));
  const losses = Promise.all(
    tokens.map((list) => pool.model.losses(scoringWindows(list, MODEL.contextLength))),
  );
  const texts = Promise.all(tokens.flatMap((list, i) => {
    const prompt = { tokens: list, unit: "line", maxTokens: 5 } as const;
    const drawing = { draws: 8, temperature: 0.8, seed: 42, stream: `${i}` };
    return [pool.model.draw(prompt, drawing), pool.model.beam(prompt, 3)];
  }));
  return { losses: await losses, texts: await texts };
}

Deno.test("ModelPool gives the same with one worker or two, and the same texts from an export", async () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  const { checkpoint, exported } = await savedModel(folder);
  const one = await answers(checkpoint, 1);
  assertEquals(await answers(checkpoint, 2), one);
  assert(one.losses[0]![0]!.every((loss) => loss > 0));
  const other = await answers(exported, 2);
  assertEquals(other.texts, one.texts);
  for (const [i, windows] of one.losses.entries()) {
    for (const [k, losses] of windows.entries()) {
      for (const [row, loss] of losses.entries()) {
        assertAlmostEquals(other.losses[i]![k]![row]!, loss, 1e-4);
      }
    }
  }
});

Deno.test("ModelPool.open() says what is wrong with a model, and a closed pool answers no more", async () => {
  const backend = { kind: "reference" } as const;
  await assertRejects(() => ModelPool.open("nowhere", { workers: 2, backend }), DataError, "nowhere");
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  await Deno.writeTextFile(join(folder, "config.json"), "{");
  await assertRejects(() => ModelPool.open(folder, { workers: 1, backend }), DamagedError, "is not JSON");
  await Deno.remove(join(folder, "config.json"));
  const pool = await ModelPool.open((await savedModel(folder)).checkpoint, { workers: 1, backend });
  // A window of no tokens: the worker says that it cannot, and goes on.
  await assertRejects(() =>
    pool.model.draw({ tokens: new Int32Array(), unit: "line", maxTokens: 1 }, {
      draws: 1,
      temperature: 1,
      seed: 1,
      stream: "",
    })
  );
  assertEquals(
    (await pool.model.losses([{ tokens: Int32Array.of(5), targets: Int32Array.of(-1) }]))[0],
    Float32Array.of(0),
  );
  await pool[Symbol.asyncDispose]();
  await assertRejects(() => pool.model.losses([]), Error, "closed");
});
