/** Dropout of a step: its streams are named by seed, step, shard, micro-batch and place, so that no two of them share bits, whoever computes them. */
import type { DropoutSource } from "../../model/gpt.ts";
import { streamKey } from "../../rng.ts";

/** Which micro-batch. */
export interface MicroBatchPlace {
  readonly step: number;
  readonly shard: number;
  readonly micro: number;
}

/** The dropout of one micro-batch. @param probability 0: none */
export function stepDropout(
  { seed, probability }: { seed: number; probability: number },
  { step, shard, micro }: MicroBatchPlace,
): DropoutSource {
  if (probability === 0) return () => null;
  return (site) => ({ probability, key: streamKey(seed, "dropout", step, shard, micro, site) });
}
