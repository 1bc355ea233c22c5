// What fewer bits cost: bits per byte of the exported model beside the trainer's, on the same windows.
import { DataError } from "../errors.ts";
import type { ScoredDocument } from "../evaluate/bits_per_byte.ts";
import { logSumExp } from "../infer/probabilities.ts";
import { scoringWindows } from "../infer/scoring_windows.ts";
import { OnnxSession } from "../infer/onnx_session.ts";
import { formatPercent } from "../text_format.ts";
import { compareLogits } from "./logit_difference.ts";

/** Largest loss of a quantized export, as a share of the bits per byte. */
export const LARGEST_QUANTIZATION_LOSS = 0.01;

/** What {@linkcode measureQuantizationLoss} finds. */
export interface QuantizationLoss {
  /** Of the trainer's float32 forward. */
  readonly trainedBitsPerByte: number;
  /** Of the exported model. */
  readonly exportedBitsPerByte: number;
  /** How much more that is, as a share: 0.01 is one percent. Negative for a gain. */
  readonly loss: number;
  /** Mean divergence of the next token's distribution, in nats. */
  readonly divergence: number;
  /** Share of tokens with the same likeliest next token. */
  readonly argmaxAgreement: number;
  /** Predicted tokens. */
  readonly tokens: number;
}

/**
 * Score the same documents with the trainer's forward, logits (T, V) of T tokens, and with an exported folder
 * without baked sampling, a window a call.
 * @throws {DataError} when {@linkcode LARGEST_QUANTIZATION_LOSS} is exceeded, or nothing can be predicted
 */
export async function measureQuantizationLoss(
  directory: string,
  { logitsOf, documents, signal }: {
    logitsOf: (tokens: Int32Array) => Promise<Float32Array>;
    documents: readonly Pick<ScoredDocument, "tokens" | "bytes">[];
    signal?: AbortSignal | undefined;
  },
): Promise<QuantizationLoss> {
  await using session = await OnnxSession.open(directory);
  const { vocabSize, contextLength } = session.config;
  let [trainedNats, exportedNats, predicted, read, divergence, agreeing] = [0, 0, 0, 0, 0, 0];
  const windows = documents.flatMap(({ tokens }) => scoringWindows(tokens, contextLength));
  for (const { tokens, targets } of windows) {
    signal?.throwIfAborted();
    const trained = await logitsOf(tokens);
    const { logits: exported } = await session.run(tokens, session.zeroCache(1, 0));
    trainedNats += nats(trained, targets, vocabSize);
    exportedNats += nats(exported, targets, vocabSize);
    predicted += targets.filter((target) => target >= 0).length;
    const difference = compareLogits(trained, exported, vocabSize);
    divergence += difference.divergence * tokens.length;
    agreeing += difference.argmaxAgreement * tokens.length;
    read += tokens.length;
  }
  if (predicted === 0) {
    throw new DataError("Cannot measure the loss of quantization: the text has no tokens to predict");
  }
  const loss = exportedNats / trainedNats - 1;
  if (!(loss <= LARGEST_QUANTIZATION_LOSS)) {
    const most = `must be at most ${formatPercent(LARGEST_QUANTIZATION_LOSS, 0)}`;
    const cost = `${formatPercent(loss)} in bits per byte on ${predicted} tokens`;
    throw new DataError(`Quantization costs ${cost}, ${most}`, { hint: "Export without --quantize." });
  }
  const bits = 1 / Math.LN2 / documents.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    trainedBitsPerByte: trainedNats * bits,
    exportedBitsPerByte: exportedNats * bits,
    loss,
    divergence: divergence / read,
    argmaxAgreement: agreeing / read,
    tokens: predicted,
  };
}

/** Sum of -log p(target) over the rows (T, V) that have one. */
function nats(logits: Float32Array, targets: Int32Array, vocabSize: number): number {
  return targets.reduce((sum, target, row) => {
    if (target < 0) return sum;
    const values = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
    return sum + logSumExp(values) - values[target]!;
  }, 0);
}
