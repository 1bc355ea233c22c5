/** What the architectures do differently with positions, queries, keys and values: the one place that says so. */
import type { ModelConfig } from "../config.ts";

/** Added to mean squares in every normalisation. */
export const NORM_EPS = 1e-6;

/** Base of the rotary frequencies. */
export const ROTARY_BASE = 1000;

/** How a model's attention treats queries, keys and values. */
export interface AttentionForm {
  /** Factor of q · k. */
  readonly scale: number;
  /** Whether queries and keys are normalised and turned by their position. */
  readonly rotary: boolean;
  /** Whether each block but the first adds the first one's values to its own. */
  readonly valueResidual: boolean;
}

/**
 * `reference`: scale 1 / sqrt(D), positions in the embedding. The others: unit-RMS queries and keys, rotary positions, scale
 * 8 / D (D = head size; 0.25 for 32). `resformer` and `pointer` have value residuals.
 */
export function attentionForm(config: ModelConfig): AttentionForm {
  const D = config.dModel / config.nHeads;
  return config.architecture === "reference"
    ? { scale: 1 / Math.sqrt(D), rotary: false, valueResidual: false }
    : { scale: 8 / D, rotary: true, valueResidual: config.architecture !== "modern" };
}
