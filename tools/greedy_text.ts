/**
 * How much of a checkpoint's greedy text its exported models write, on held-out proofs: for every --quantize,
 * the equal texts and the equal tokens. 100 prompts take some minutes; an export itself compares a few.
 *
 *     deno run -A tools/greedy_text.ts CHECKPOINT PROOFS [PROMPTS]
 */
import { join } from "@std/path";
import {
  chooseBackend,
  END_TOKEN,
  exportModel,
  Gpt,
  openBackend,
  openCheckpoint,
  prepareData,
  QUANTIZATIONS,
  readProofs,
} from "../mod.ts";
import { cutProof } from "../src/prompt/mod.ts";
import { compareGreedyText } from "../src/export/compare_with_trainer.ts";
import { OnnxSession } from "../src/infer/onnx_session.ts";

const MAX_TOKENS = 48;

const [path, proofs, count = "100"] = Deno.args;
if (path === undefined || proofs === undefined) throw new Error("give a checkpoint and a folder of proofs");
const { checkpoint: { model, parameters, train }, tokenizer } = await openCheckpoint(path);
const { files } = await readProofs(proofs);
const { validation, validationText } = prepareData(files, tokenizer, train);
const every = Math.max(1, Math.floor(validation.length / Number(count)));
const chosen = [...Array(validation.length).keys()].filter((i) => i % every === 0).slice(0, Number(count));
const prompts = chosen.map(validationText).map((text) => {
  const goal = `${cutProof(text)?.before ?? text}@P\n`;
  return Int32Array.from(tokenizer.encode(goal).slice(-(model.contextLength - MAX_TOKENS)));
});

using backend = await openBackend(await chooseBackend("auto"));
const gpt = new Gpt(backend, model);
const work = await Deno.makeTempDir({ prefix: "tactics-greedy-" });
try {
  for (const quantization of QUANTIZATIONS) {
    const directory = join(work, quantization);
    await exportModel({
      config: model,
      parameters,
      tokenizerJson: tokenizer.toJson(),
      directory,
      quantization,
    });
    gpt.load(parameters);
    await using session = await OnnxSession.open(directory);
    const { equalTexts, tokens, equalTokens } = await compareGreedyText(session, {
      logitsOf: (text) => gpt.logits(text),
      prompts,
      maxTokens: MAX_TOKENS,
      endToken: END_TOKEN,
    });
    const share = (100 * equalTokens / tokens).toFixed(2);
    console.log(
      `${quantization}: ${equalTexts} of ${prompts.length} texts, ${equalTokens} of ${tokens} tokens (${share} %)`,
    );
  }
} finally {
  await Deno.remove(work, { recursive: true });
}
