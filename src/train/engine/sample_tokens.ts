import { GptDecoder } from "../../infer/gpt_decoder.ts";
import { generateTokens } from "../../infer/sample.ts";
import type { Gpt } from "../../model/gpt.ts";
import type { SamplingOptions } from "./engine.ts";

export async function sampleTokens(gpt: Gpt, prompt: Int32Array, options: SamplingOptions) {
  await using decoder = new GptDecoder(gpt);
  const tokens: number[] = [];
  for await (const token of generateTokens(decoder, prompt, options)) {
    if (tokens.push(token) >= options.maxTokens) break;
  }
  return Int32Array.from(tokens);
}
