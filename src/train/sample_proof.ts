// A proof that the model writes during a run, for people to look at.
import type { SampleEvent } from "../metrics/mod.ts";
import { cutProof } from "../prompt/mod.ts";
import { StreamDecoder } from "../tokenizer/mod.ts";
import type { Engine } from "./engine/engine.ts";
import type { TrainOptions } from "./train_options.ts";

const SAMPLE_TOKENS = 96;
/** A generous bound, in characters: more of a text than the context needs is not encoded. */
const LONGEST_TOKEN = 64;

/** What the model writes, after so many steps, as the proof of one of the validation documents. */
export async function sampleProof(
  engine: Engine,
  { tokenizer, data, model }: TrainOptions,
  step: number,
): Promise<SampleEvent> {
  const text = data.validationText(step % data.validation.length);
  const cut = cutProof(text);
  const whole = cut === null ? text.slice(0, Math.ceil(text.length / 2)) : cut.before + cut.marker;
  const prompt = whole.slice(-LONGEST_TOKEN * model.contextLength);
  const room = Math.max(1, model.contextLength - SAMPLE_TOKENS);
  const options = { temperature: 0.8, topP: 0.9, seed: step, maxTokens: SAMPLE_TOKENS };
  const { tokens, probabilities } = await engine.generate(tokenizer.encode(prompt).slice(-room), options);
  const decoder = new StreamDecoder(tokenizer);
  const texts = Array.from(
    tokens,
    (token, i) => decoder.push(token) + (i < tokens.length - 1 ? "" : decoder.end()),
  );
  return {
    kind: "sample",
    step,
    prompt,
    text: tokenizer.decode(tokens),
    tokens: texts,
    probabilities: Array.from(probabilities, (probability) => Number(probability.toPrecision(3))),
  };
}
