/** What the two architectures do differently with positions, queries and keys: the one place that says so. */
import type { ModelConfig } from "../config.ts";

/** Added to mean squares in every normalisation. */
export const NORM_EPS = 1e-6;

/** Base of the rotary frequencies of `modern`. */
export const ROTARY_BASE = 1000;

/** How a model's attention treats queries and keys. */
export interface AttentionForm {
  /** Factor of q · k. */
  readonly scale: number;
  /** Whether queries and keys are normalised and turned by their position. */
  readonly rotary: boolean;
}

/**
 * `reference`: scale 1 / sqrt(D), positions in the embedding. `modern`: unit-RMS queries and keys, rotary positions, scale 8 / D (D = head size;
 * 0.25 for 32).
 */
export function attentionForm(config: ModelConfig): AttentionForm {
  const D = config.dModel / config.nHeads;
  return config.architecture === "modern"
    ? { scale: 8 / D, rotary: true }
    : { scale: 1 / Math.sqrt(D), rotary: false };
}
