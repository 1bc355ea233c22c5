/** The last step of an export: the exported model's logits against the trainer's own forward. */
import { DataError } from "../errors.ts";
import { readExportedFile } from "../infer/exported_file.ts";
import { OnnxSession } from "../infer/onnx_session.ts";
import { type BakedSampling, bakeLogits } from "./bake.ts";
import { checkDifference, compareLogits, type LogitDifference, stepLogits } from "./logit_difference.ts";
import { modelTraits } from "./model_traits.ts";

/** What {@linkcode compareWithTrainer} compares with. */
export interface TrainerComparison {
  /**
   * The trainer's forward: logits (T, V) of a document of T tokens. For a float16 export, of the parameters as `storedParameters()` gives
   * them.
   */
  logitsOf: (tokens: Int32Array) => Promise<Float32Array>;
  /** The document: at most the context length. */
  tokens: Int32Array;
  /** Sampling baked into the exported model; it is applied to the trainer's logits, too. */
  bake?: BakedSampling | null;
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
}

/**
 * Run an exported folder on a document, at once and token by token, and compare its logits with the trainer's.
 *
 * @param directory the exported folder
 * @param comparison a document, and the trainer's forward
 * @returns the differences
 * @throws {DataError} when a logit differs by more than {@linkcode LOGIT_TOLERANCE} or is no number; for a model that quantizes
 * activations, when the divergence is more than {@linkcode DIVERGENCE_TOLERANCE}
 */
export async function compareWithTrainer(
  directory: string,
  comparison: TrainerComparison,
): Promise<TrainerDifference> {
  const { logitsOf, tokens, bake = null } = comparison;
  const traits = modelTraits(await readExportedFile(directory, "model.onnx"));
  await using session = await OnnxSession.open(directory);
  const { vocabSize } = session.config;
  const trained = await logitsOf(tokens);
  const wanted = bake === null ? trained : bakeLogits(trained, vocabSize, bake);
  const compared = (found: Float32Array, way: string): LogitDifference => {
    const difference = compareLogits(wanted, found, vocabSize);
    try {
      checkDifference(difference, traits);
    } catch (cause) {
      throw new DataError(
        `The exported model differs from the trainer's, ${way}: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
    return difference;
  };
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const prompt = compared(logits, "the whole prompt at once");
  const steps = compared(await stepLogits(session, tokens, session.zeroCache(1, 0)), "token by token");
  return {
    prompt: prompt.largest,
    steps: steps.largest,
    largest: Math.max(prompt.largest, steps.largest),
    divergence: Math.max(prompt.divergence, steps.divergence),
    argmaxAgreement: Math.min(prompt.argmaxAgreement, steps.argmaxAgreement),
  };
}
