// A sample of a model that is being trained.
import { GptDecoder } from "../../infer/gpt_decoder.ts";
import { generateTokens } from "../../infer/sample.ts";
import type { Gpt } from "../../model/gpt.ts";
import type { SamplingOptions } from "./engine.ts";

/** Sample a continuation: its tokens, without the prompt. */
export async function sampleTokens(
  gpt: Gpt,
  prompt: Int32Array,
  options: SamplingOptions,
): Promise<Int32Array> {
  await using decoder = new GptDecoder(gpt);
  const tokens: number[] = [];
  for await (const token of generateTokens(decoder, prompt, options)) {
    tokens.push(token);
    if (tokens.length >= options.maxTokens) break;
  }
  return Int32Array.from(tokens);
}
