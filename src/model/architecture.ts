// What the two architectures do differently is one question, isPointerModel (D = head size): learned
// positions, scale 1 / sqrt(D) and logits as they are; or rotary positions of unit-RMS queries and keys,
// scale 8 / D, the first block's values added to those of every other, one norm for both halves of a block
// (block.ts), and copies of earlier tokens in the output (pointer.ts).
import type { ModelConfig } from "../config.ts";

/** Added to mean squares in every normalisation. */
export const NORM_EPS = 1e-6;

/** Added to the mean squares of a head's query and key: as good as nothing, as an exported graph has none. */
export const HEAD_EPS = 1e-12;

/** Base of the rotary frequencies. */
export const ROTARY_BASE = 1000;

export function isPointerModel(config: ModelConfig): boolean {
  return config.architecture === "pointer";
}

/** Factor of q · k in attention. */
export function attentionScale(config: ModelConfig): number {
  const D = config.dModel / config.nHeads;
  return isPointerModel(config) ? 8 / D : 1 / Math.sqrt(D);
}
