/**
 * Whether an exported model writes the same text as the trainer's when both always take the likeliest token.
 * The exported model writes; the trainer's forward reads what was written in one call, and at every token
 * says what it would have taken.
 */
import type { OnnxSession } from "../infer/onnx_session.ts";
import { argmax, LOGIT_TOLERANCE } from "./logit_difference.ts";

/** What {@linkcode compareGreedyText} counts. */
export interface GreedyAgreement {
  /** Number of prompts. */
  readonly prompts: number;
  /** Prompts after which the whole text is the same. */
  readonly equalTexts: number;
  /** Tokens written. */
  readonly tokens: number;
  /** Tokens that the trainer would have taken, too, after the same text. */
  readonly equalTokens: number;
}

/**
 * Write after each prompt with the exported model, and compare.
 *
 * @param options.logitsOf the trainer's forward: logits (T, V) of T tokens
 * @param options.prompts token ids, at least one each
 * @param options.maxTokens how many are written after each
 * @param options.endToken ends a text
 */
export async function compareGreedyText(
  session: OnnxSession,
  options: {
    logitsOf: (tokens: Int32Array) => Promise<Float32Array>;
    prompts: readonly Int32Array[];
    maxTokens: number;
    endToken?: number;
  },
): Promise<GreedyAgreement> {
  const { logitsOf, prompts, maxTokens, endToken } = options;
  const { vocabSize } = session.config;
  let [equalTexts, tokens, equalTokens] = [0, 0, 0];
  for (const prompt of prompts) {
    const written: number[] = [];
    let { logits, cache } = await session.run(prompt, session.zeroCache(1, 0));
    while (true) {
      const token = argmax(logits.subarray(logits.length - vocabSize));
      written.push(token);
      if (written.length === maxTokens || token === endToken) break;
      ({ logits, cache } = await session.run(Int32Array.of(token), cache));
    }
    const trained = await logitsOf(Int32Array.from([...prompt, ...written.slice(0, -1)]));
    const equal = written.filter((token, i) => {
      const row = prompt.length - 1 + i;
      return isLikeliest(trained.subarray(row * vocabSize, (row + 1) * vocabSize), token);
    }).length;
    tokens += written.length;
    equalTokens += equal;
    if (equal === written.length) equalTexts++;
  }
  return { prompts: prompts.length, equalTexts, tokens, equalTokens };
}

/** Whether no token is likelier by more than rounding may do to two logits. */
function isLikeliest(logits: Float32Array, token: number): boolean {
  return logits.every((logit) => logit <= logits[token]! + 2 * LOGIT_TOLERANCE);
}
