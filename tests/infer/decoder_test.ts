/**
 * What every decoder must do with several sequences: on our kernels and in ONNX Runtime, against the plain
 * formulas, far beyond the context.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ModelConfig } from "../../src/config.ts";
import type { Decoder } from "../../src/infer/decoder.ts";
import { readExportedConfig, readExportedFile } from "../../src/infer/exported_folder.ts";
import { exportedWeights } from "../../src/infer/exported_weights.ts";
import { GptDecoder } from "../../src/infer/gpt_decoder.ts";
import { OnnxDecoder } from "../../src/infer/onnx_decoder.ts";
import { OnnxSession } from "../../src/infer/onnx_session.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { BACKENDS } from "../backend/backends.ts";
import { plainLogits, randomParameters, randomTokens, smallConfig } from "../export/model_fixture.ts";
import { exportedModel, largestDifference } from "../export/exported_model.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** Calls `use` with a decoder of the model. */
type WithDecoder = (
  config: ModelConfig,
  parameters: Float32Array,
  use: (decoder: Decoder) => Promise<void>,
) => Promise<void>;

const DECODERS: { name: string; open: WithDecoder }[] = BACKENDS.map(({ name, open }) => ({
  name: `GptDecoder, ${name}`,
  async open(config, parameters, use) {
    using backend = await open();
    const gpt = new Gpt(backend, config);
    gpt.load(parameters);
    await using decoder = new GptDecoder(gpt);
    await use(decoder);
  },
}));
for (const { name, open } of BACKENDS) {
  DECODERS.push({
    name: `GptDecoder of an exported folder, ${name}`,
    async open(config, parameters, use) {
      using folder = new TemporaryFolder();
      const directory = await exportedModel(folder, config, parameters);
      const said = await readExportedConfig(directory);
      const weights = exportedWeights(await readExportedFile(directory, said.modelFile), said);
      assertEquals(weights === null, config.architecture === "reference");
      if (weights === null) return;
      using backend = await open();
      const gpt = new Gpt(backend, weights.config, weights);
      gpt.load(weights.parameters);
      await using decoder = new GptDecoder(gpt);
      await use(decoder);
    },
  });
}
DECODERS.push({
  name: "OnnxDecoder",
  async open(config, parameters, use) {
    using folder = new TemporaryFolder();
    await using decoder = new OnnxDecoder(
      await OnnxSession.open(await exportedModel(folder, config, parameters)),
    );
    await use(decoder);
  },
});

for (const { name, open } of DECODERS) {
  for (const architecture of ["pointer", "reference"] as const) {
    const config = smallConfig(architecture);
    const parameters = randomParameters(config);
    const V = config.vocabSize;

    /** Steps, and checks every row against the formulas. */
    const checkedStep = async (decoder: Decoder, sequences: number[][], tokens: number[]): Promise<void> => {
      tokens.forEach((token, row) => sequences[row]!.push(token));
      const logits = await decoder.step(Int32Array.from(tokens));
      assertEquals(logits.length, tokens.length * V);
      for (const [row, sequence] of sequences.entries()) {
        const wanted = plainLogits(config, parameters, Int32Array.from(sequence)).slice(-V);
        const difference = largestDifference(logits.subarray(row * V, (row + 1) * V), wanted);
        assert(difference < 5e-5, `row ${row}, ${sequence.length} tokens: off by ${difference}`);
      }
    };

    Deno.test(`${name}, ${architecture}: one prompt goes on in several ways`, async () => {
      await open(config, parameters, async (decoder) => {
        const prompt = [...randomTokens(config, 4)];
        const first = await decoder.feed(Int32Array.from(prompt));
        await decoder.select([0, 0, 0]);
        let sequences = [[...prompt], [...prompt], [...prompt]];
        await checkedStep(decoder, sequences, [3, 5, 7]);
        await checkedStep(decoder, sequences, [1, 2, 2]);
        for (const parents of [[2, 0, 2, 1], [0, 1, 2, 3], [3, 1], [1]]) {
          await decoder.select(parents);
          sequences = parents.map((parent) => [...sequences[parent]!]);
          await checkedStep(decoder, sequences, parents.map((_, i) => 10 + i));
        }
        // One is left: it can be fed, as after a reset.
        const fed = [...sequences[0]!, 4, 9];
        const logits = await decoder.feed(Int32Array.of(4, 9));
        const wanted = plainLogits(config, parameters, Int32Array.from(fed)).slice(-V);
        assert(largestDifference(logits, wanted) < 5e-5);
        decoder.reset();
        assertEquals(await decoder.feed(Int32Array.from(prompt)), first);
      });
    });

    Deno.test(`${name}, ${architecture}: a sequence may begin with a step`, async () => {
      await open(config, parameters, async (decoder) => {
        await decoder.select([0, 0]);
        await checkedStep(decoder, [[], []], [3, 8]);
      });
    });
  }

  Deno.test(`${name}: no sequence, an unknown one, and a wrong number of tokens are refused`, async () => {
    const config = smallConfig("pointer");
    await open(config, randomParameters(config), async (decoder) => {
      await decoder.feed(Int32Array.of(1, 2));
      await decoder.select([0, 0]);
      await assertRejects(async () => await decoder.select([]), RangeError, "at least one");
      for (const parents of [[2], [0, -1], [0.5], [NaN]]) {
        await assertRejects(async () => await decoder.select(parents), RangeError, "there are 2");
      }
      await assertRejects(() => decoder.step(Int32Array.of(1)), RangeError, "1 tokens for 2 sequences");
      await assertRejects(() => decoder.feed(Int32Array.of(1)), RangeError, "2 sequences");
      assertEquals((await decoder.step(Int32Array.of(1, 1))).length, 2 * config.vocabSize);
    });
  });
}
