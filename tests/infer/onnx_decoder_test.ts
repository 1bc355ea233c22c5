/** Exported folders as decoders. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../src/errors.ts";
import { OnnxDecoder } from "../../src/infer/onnx_decoder.ts";
import { OnnxSession } from "../../src/infer/onnx_session.ts";
import { plainLogits, randomParameters, randomTokens, smallConfig } from "../export/model_fixture.ts";
import { exportedModel, largestDifference } from "../export/exported_model.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const denosWorker = globalThis.Worker;
const config = smallConfig("pointer");
const parameters = randomParameters(config);

for (const architecture of ["pointer", "reference"] as const) {
  const config = smallConfig(architecture);
  const parameters = randomParameters(config);

  Deno.test(`OnnxDecoder gives ${architecture}'s logits, from the start again after reset()`, async () => {
    using folder = new TemporaryFolder();
    await using decoder = new OnnxDecoder(
      await OnnxSession.open(await exportedModel(folder, config, parameters)),
    );
    assertEquals([decoder.vocabSize, decoder.contextLength], [29, 12]);
    const tokens = randomTokens(config, 8);
    const wanted = plainLogits(config, parameters, tokens);
    const after = (count: number): Float32Array => wanted.subarray((count - 1) * 29, count * 29);
    for (let round = 0; round < 2; round++) {
      assert(largestDifference(await decoder.feed(tokens.subarray(0, 5)), after(5)) < 2e-5);
      assert(largestDifference(await decoder.feed(tokens.subarray(5, 6)), after(6)) < 2e-5);
      assert(largestDifference(await decoder.feed(tokens.subarray(6)), after(8)) < 2e-5);
      decoder.reset();
    }
  });
}

Deno.test("OnnxDecoder refuses no tokens, unknown ones and folders without a model", async () => {
  using folder = new TemporaryFolder();
  await using decoder = new OnnxDecoder(
    await OnnxSession.open(await exportedModel(folder, config, parameters)),
  );
  await assertRejects(() => decoder.feed(new Int32Array(0)), RangeError, "Cannot run 0 tokens");
  await assertRejects(() => decoder.feed(Int32Array.of(3, 29)), RangeError, "token 29 is outside");
  await assertRejects(() => decoder.feed(Int32Array.of(-1)), RangeError, "token -1 is outside");
  assertEquals((await decoder.feed(Int32Array.of(3))).length, 29);
  await assertRejects(() => OnnxSession.open(folder.path), DataError, "config.json");
});

Deno.test("the class Worker is Deno's own again once a model is open, for a training pool", async () => {
  using folder = new TemporaryFolder();
  await using _decoder = new OnnxDecoder(
    await OnnxSession.open(await exportedModel(folder, config, parameters)),
  );
  assert(globalThis.Worker === denosWorker);
});
