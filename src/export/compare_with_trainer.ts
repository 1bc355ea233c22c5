/** The last step of an export: the exported model's logits against the trainer's own forward. */
import { DataError } from "../errors.ts";
import { OnnxSession } from "../infer/onnx_session.ts";
import { formatDifference, largestDifference, LOGIT_TOLERANCE, stepLogits } from "./logit_difference.ts";

/** What {@linkcode compareWithTrainer} compares with. */
export interface TrainerComparison {
  /** The trainer's forward: logits (T, V) of a document of T tokens. */
  logitsOf: (tokens: Int32Array) => Promise<Float32Array>;
  /** The document: at most the context length. */
  tokens: Int32Array;
}

/** Largest absolute differences between the exported model's logits and the trainer's. */
export interface TrainerDifference {
  /** The whole document in one call. */
  readonly prompt: number;
  /** One token a call. */
  readonly steps: number;
  /** The larger of the two. */
  readonly largest: number;
}

/**
 * Run an exported folder on a document, at once and token by token, and compare its logits with the trainer's.
 *
 * @param directory the exported folder
 * @param comparison a document, and the trainer's forward
 * @returns the largest differences of logits
 * @throws {DataError} when a difference is {@linkcode LOGIT_TOLERANCE} or more, or no number
 */
export async function compareWithTrainer(
  directory: string,
  comparison: TrainerComparison,
): Promise<TrainerDifference> {
  const { logitsOf, tokens } = comparison;
  await using session = await OnnxSession.open(directory);
  const wanted = await logitsOf(tokens);
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const prompt = largestDifference(logits, wanted);
  const steps = largestDifference(await stepLogits(session, tokens, session.zeroCache(1, 0)), wanted);
  const largest = Math.max(prompt, steps);
  if (!(largest < LOGIT_TOLERANCE)) {
    const found = `${formatDifference(prompt)} for the whole prompt, ${
      formatDifference(steps)
    } token by token`;
    throw new DataError(
      `The exported model differs from the trainer's: logits by ${found}, must be below ${LOGIT_TOLERANCE}`,
    );
  }
  return { prompt, steps, largest };
}
