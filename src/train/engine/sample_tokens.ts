// A continuation on the model in this thread, with the probability of each token.
import { GptDecoder } from "../../infer/gpt_decoder.ts";
import { logSumExp } from "../../infer/probabilities.ts";
import { generateTokens } from "../../infer/sample.ts";
import type { Gpt } from "../../model/gpt.ts";
import type { SampledTokens, SamplingOptions } from "./engine.ts";

export async function sampleTokens(
  gpt: Gpt,
  prompt: Int32Array,
  options: SamplingOptions,
): Promise<SampledTokens> {
  await using decoder = new GptDecoder(gpt);
  const [tokens, probabilities]: [number[], number[]] = [[], []];
  const drawn = (token: number, logits: Float32Array): void => {
    probabilities.push(Math.exp(logits[token]! - logSumExp(logits)));
  };
  for await (const token of generateTokens(decoder, prompt, { ...options, drawn })) {
    if (tokens.push(token) >= options.maxTokens) break;
  }
  return { tokens: Int32Array.from(tokens), probabilities: Float32Array.from(probabilities) };
}
