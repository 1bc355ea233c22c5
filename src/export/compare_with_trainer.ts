// The last step of an export: the exported model's logits against the trainer's own forward, and whether both
// write the same text when they always take the likeliest token.
import { DataError } from "../errors.ts";
import { readExportedFile } from "../infer/exported_folder.ts";
import { OnnxSession } from "../infer/onnx_session.ts";
import { type BakedSampling, bakeLogits } from "./bake.ts";
import type { LineTables } from "./line_tables.ts";
import { quantizesActivations, readModel } from "./file_checks.ts";
import {
  argmax,
  checkDifference,
  compareLogits,
  LOGIT_TOLERANCE,
  type LogitDifference,
  pieceLogits,
} from "./logit_difference.ts";

/** What {@linkcode compareWithTrainer} compares with. */
export interface TrainerComparison {
  /** The trainer's forward: logits (T, V) of a document of T tokens. */
  logitsOf: (tokens: Int32Array) => Promise<Float32Array>;
  /** The document: at most the context length. */
  tokens: Int32Array;
  /** Sampling baked into the exported model; the trainer's logits get it, too. */
  bake?: BakedSampling | null;
  /** Of the vocabulary, for baked `lines`. */
  tables?: LineTables | null;
}

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

/** Differences between the exported model's logits and the trainer's. */
export interface TrainerDifference {
  /** Largest difference of logits, the whole document in one call. */
  readonly prompt: number;
  /** Largest difference of logits, one token a call. */
  readonly steps: number;
  /** The larger of the two. */
  readonly largest: number;
  /** Mean divergence of next-token distributions, in nats: the larger of both ways. */
  readonly divergence: number;
  /** Share of tokens with the same likeliest next token: the smaller of both ways. */
  readonly argmaxAgreement: number;
  /** Text written after a few beginnings of the document. */
  readonly greedy: GreedyAgreement;
}

/** Beginnings of the document after which text is written, and its length. */
const GREEDY = { prompts: 4, tokens: 16 } as const;

/**
 * Run an exported folder on a document, at once and token by token, compare its logits with the trainer's,
 * and let it write. @throws {DataError} when a logit differs by more than {@linkcode LOGIT_TOLERANCE} or is
 * no number, or a text is another; where activations are quantized, when {@linkcode DIVERGENCE_TOLERANCE} is
 * exceeded
 */
export async function compareWithTrainer(
  directory: string,
  { logitsOf, tokens, bake = null, tables = null }: TrainerComparison,
): Promise<TrainerDifference> {
  await using session = await OnnxSession.open(directory);
  const { vocabSize, contextLength, modelFile } = session.config;
  const quantizedActivations = quantizesActivations(readModel(await readExportedFile(directory, modelFile)));
  const bakedOf = async (tokens: Int32Array): Promise<Float32Array> => {
    const trained = await logitsOf(tokens);
    return bake === null ? trained : bakeLogits(trained, bake, { vocabSize, tokens, tables });
  };
  const wanted = await bakedOf(tokens);
  const compared = (found: Float32Array, way: string): LogitDifference => {
    const difference = compareLogits(wanted, found, vocabSize);
    try {
      checkDifference(difference, { quantizedActivations });
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new DataError(`The exported model differs from the trainer's, ${way}: ${reason}`, { cause });
    }
    return difference;
  };
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const prompt = compared(logits, "the whole prompt at once");
  const pieces = await pieceLogits(session, tokens, { length: 1, first: session.zeroCache(1, 0) });
  const steps = compared(pieces, "token by token");
  // Beginnings of several lengths, and as much text as stays inside the context.
  const maxTokens = Math.min(GREEDY.tokens, Math.ceil(contextLength / 2));
  const longest = Math.min(tokens.length, contextLength - maxTokens + 1);
  const part = (i: number): Int32Array => tokens.slice(0, Math.ceil(longest * (i + 1) / GREEDY.prompts));
  const prompts = Array.from({ length: GREEDY.prompts }, (_, i) => part(i));
  const greedy = await compareGreedyText(session, { logitsOf: bakedOf, prompts, maxTokens });
  if (greedy.equalTexts < greedy.prompts && !quantizedActivations) {
    const others = `${greedy.prompts - greedy.equalTexts} of ${greedy.prompts} prompts`;
    throw new DataError(`The exported model writes another text than the trainer's after ${others}`);
  }
  return {
    prompt: prompt.largest,
    steps: steps.largest,
    largest: Math.max(prompt.largest, steps.largest),
    divergence: Math.max(prompt.divergence, steps.divergence),
    argmaxAgreement: Math.min(prompt.argmaxAgreement, steps.argmaxAgreement),
    greedy,
  };
}

/**
 * Write `maxTokens` tokens, or up to `endToken`, after each prompt with the exported model; the trainer's
 * forward reads them in one call and says at each what it would have taken.
 */
export async function compareGreedyText(
  session: OnnxSession,
  { logitsOf, prompts, maxTokens, endToken }: Pick<TrainerComparison, "logitsOf"> & {
    prompts: readonly Int32Array[];
    maxTokens: number;
    endToken?: number;
  },
): Promise<GreedyAgreement> {
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
      const logits = trained.subarray(row * vocabSize, (row + 1) * vocabSize);
      return logits.every((logit) => logit <= logits[token]! + 2 * LOGIT_TOLERANCE); // rounding, of both
    }).length;
    tokens += written.length;
    equalTokens += equal;
    if (equal === written.length) equalTexts++;
  }
  return { prompts: prompts.length, equalTexts, tokens, equalTokens };
}
