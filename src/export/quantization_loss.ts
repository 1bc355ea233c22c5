/** What fewer bits cost: bits per byte of the exported model beside the trainer's, on the same windows. */
import { DataError } from "../errors.ts";
import { OnnxSession } from "../infer/onnx_session.ts";
import type { Sequence } from "../model/batch.ts";
import { formatPercent } from "../text_format.ts";
import { compareLogits } from "./logit_difference.ts";

/** Largest loss of a quantized export, as a share of the bits per byte. */
export const LARGEST_QUANTIZATION_LOSS = 0.01;

/** Text to measure on. */
export interface MeasuredText {
  /** Windows with their targets, as `scoringWindows()` cuts documents; -1: no target. */
  readonly windows: readonly Sequence[];
  /** UTF-8 bytes of the text. */
  readonly bytes: number;
}

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
 * Score the same windows with the trainer's forward and with an exported folder, a window a call.
 *
 * @param directory an exported folder without baked sampling
 * @throws {DataError} when the loss is more than {@linkcode LARGEST_QUANTIZATION_LOSS}, or nothing can be predicted
 */
export async function measureQuantizationLoss(
  directory: string,
  options: {
    logitsOf: (tokens: Int32Array) => Promise<Float32Array>;
    text: MeasuredText;
    signal?: AbortSignal | undefined;
  },
): Promise<QuantizationLoss> {
  const { logitsOf, text, signal } = options;
  await using session = await OnnxSession.open(directory);
  const { vocabSize } = session.config;
  let [trainedNats, exportedNats, tokens, read] = [0, 0, 0, 0];
  let [divergence, agreeing] = [0, 0];
  for (const window of text.windows) {
    signal?.throwIfAborted();
    const trained = await logitsOf(window.tokens);
    const { logits: exported } = await session.run(window.tokens, session.zeroCache(1, 0));
    trainedNats += nats(trained, window.targets, vocabSize);
    exportedNats += nats(exported, window.targets, vocabSize);
    tokens += window.targets.filter((target) => target >= 0).length;
    const difference = compareLogits(trained, exported, vocabSize);
    divergence += difference.divergence * window.tokens.length;
    agreeing += difference.argmaxAgreement * window.tokens.length;
    read += window.tokens.length;
  }
  if (tokens === 0) {
    throw new DataError("Cannot measure the loss of quantization: the text has no tokens to predict");
  }
  const loss = exportedNats / trainedNats - 1;
  if (!(loss <= LARGEST_QUANTIZATION_LOSS)) {
    throw new DataError(
      `Quantization costs ${formatPercent(loss)} in bits per byte on ${tokens} tokens, must be at most ` +
        formatPercent(LARGEST_QUANTIZATION_LOSS),
      { hint: "Export without --quantize." },
    );
  }
  const bits = 1 / Math.LN2 / text.bytes;
  return {
    trainedBitsPerByte: trainedNats * bits,
    exportedBitsPerByte: exportedNats * bits,
    loss,
    divergence: divergence / read,
    argmaxAgreement: agreeing / read,
    tokens,
  };
}

/** Sum of -log p(target) over the rows (T, V) that have one. */
function nats(logits: Float32Array, targets: Int32Array, vocabSize: number): number {
  let sum = 0;
  for (const [row, target] of targets.entries()) {
    if (target < 0) continue;
    const values = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
    const largest = values.reduce((a, b) => Math.max(a, b));
    const total = values.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    sum += Math.log(total) + largest - values[target]!;
  }
  return sum;
}
