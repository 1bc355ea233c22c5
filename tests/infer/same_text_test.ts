/**
 * A checkpoint on our kernels, its exported folder there, and the folder in ONNX Runtime give the same text for
 * the same seed, far beyond the context, too.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { LanguageModel } from "../../src/infer/language_model.ts";
import { OnnxDecoder } from "../../src/infer/onnx_decoder.ts";
import { OnnxSession } from "../../src/infer/onnx_session.ts";
import { findModel, openModel } from "../../src/infer/open_model.ts";
import { generateTokens, type SampleOptions } from "../../src/infer/sample.ts";
import { suggestLines, type SuggestOptions } from "../../src/infer/suggest_lines.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { saveModels } from "./saved_models.ts";

const GOAL = "@G\n    a * b = b * a\n@C\nnot (a * b = b * a)\n@P\n";

/** An exported folder, run by ONNX Runtime whatever its graph is. */
async function openInOrt(folder: string): Promise<LanguageModel> {
  const { tokenizer } = await findModel(folder);
  return new LanguageModel(new OnnxDecoder(await OnnxSession.open(folder)), tokenizer);
}

const CASES = [
  { architecture: "pointer", open: openModel, runs: "on our kernels" },
  { architecture: "pointer", open: openInOrt, runs: "in ONNX Runtime" },
  { architecture: "reference", open: openModel, runs: "in ONNX Runtime" },
] as const;

for (const { architecture, open, runs } of CASES) {
  Deno.test(`${architecture}: what a checkpoint generates, its exported folder generates ${runs}`, async () => {
    using folder = new TemporaryFolder();
    const { checkpoints, exported } = await saveModels(folder.path, architecture);
    await using checkpoint = await openModel(checkpoints);
    await using onnx = await open(exported);
    assertEquals(onnx.decoder instanceof OnnxDecoder, runs === "in ONNX Runtime");
    const generate = async (
      { decoder, tokenizer }: typeof onnx,
      options: SampleOptions,
    ): Promise<number[]> => {
      const tokens: number[] = [];
      for await (const token of generateTokens(decoder, tokenizer.encode(GOAL).slice(-20), options)) {
        if (tokens.push(token) === 90) break;
      }
      return tokens;
    };
    let longest = 0;
    for (const seed of [1, 2, 3]) {
      for (const options of [{ seed }, { seed, topP: 0.9, minP: 0.01 }, { seed, temperature: 0 }]) {
        const [ours, theirs] = [await generate(checkpoint, options), await generate(onnx, options)];
        assertEquals(ours, theirs);
        longest = Math.max(longest, ours.length);
      }
    }
    assert(longest > 3 * onnx.decoder.contextLength, `${longest} tokens`);
  });

  Deno.test(`${architecture}: what a checkpoint suggests, its exported folder suggests ${runs}`, async () => {
    using folder = new TemporaryFolder();
    const { checkpoints, exported } = await saveModels(folder.path, architecture);
    await using checkpoint = await openModel(checkpoints);
    await using onnx = await open(exported);
    assertEquals(onnx.decoder instanceof OnnxDecoder, runs === "in ONNX Runtime");
    const cases: SuggestOptions[] = [
      { samples: 12, beam: 6, maxTokens: 40 },
      { samples: 6, beam: 4, maxTokens: 20, prefix: "a * b = b" },
      { samples: 0, beam: 3, maxTokens: 10, candidates: [{ line: "a * b = b * a", probability: 1 }] },
    ];
    for (const options of cases) {
      const [ours, theirs] = [
        await suggestLines(checkpoint.decoder, checkpoint.tokenizer, GOAL, options),
        await suggestLines(onnx.decoder, onnx.tokenizer, GOAL, options),
      ];
      assert(ours.length > 0);
      assertEquals(ours.map(({ line }) => line), theirs.map(({ line }) => line));
      for (const [i, { logProbability, samples, beam }] of ours.entries()) {
        assertAlmostEquals(logProbability, theirs[i]!.logProbability, 2e-3);
        assertEquals([samples, beam], [theirs[i]!.samples, theirs[i]!.beam]);
      }
    }
  });

  Deno.test(`${architecture}: how a checkpoint scores a text, its exported folder scores it ${runs}`, async () => {
    using folder = new TemporaryFolder();
    const { checkpoints, exported } = await saveModels(folder.path, architecture);
    await using checkpoint = await openModel(checkpoints);
    await using onnx = await open(exported);
    assertEquals(onnx.decoder instanceof OnnxDecoder, runs === "in ONNX Runtime");
    const [ours, theirs] = [await checkpoint.losses(GOAL.repeat(3)), await onnx.losses(GOAL.repeat(3))];
    assert(ours.length > 3 * checkpoint.decoder.contextLength);
    assertEquals([ours.length, ours[0], theirs[0]], [theirs.length, 0, 0]);
    for (const [i, nats] of ours.entries()) assertAlmostEquals(nats, theirs[i]!, 1e-4);
    // A document in one window: the chance of its first prediction is that of the decoder's logits.
    const [first, second] = checkpoint.tokenizer.encode(GOAL);
    checkpoint.decoder.reset();
    const logits = await checkpoint.decoder.feed(Int32Array.of(first!));
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    assertAlmostEquals(ours[1]!, total - logits[second!]!, 1e-4);
  });
}
