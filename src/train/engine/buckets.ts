// The flat vector in the order in which a backward pass completes its gradients: the last block with what lies
// behind it, the other blocks, the embeddings. What is complete goes to other ranks while the rest is computed.
import type { ModelConfig } from "../../config.ts";
import { parameterTable } from "../../model/parameters.ts";
import type { ParameterRange } from "./update.ts";

/** One for each block, the last block's first, and one for the embeddings: all of the vector together. */
export function gradientBuckets(model: ModelConfig): ParameterRange[] {
  const { specs, size } = parameterTable(model);
  const begins = specs.filter(({ name }) => /^blocks\.\d+\.norm1\./.test(name)).map(({ offset }) => offset);
  const edges = [0, ...begins, size];
  return begins.concat(0).map((_, i) => {
    const at = edges.length - 2 - i;
    return { begin: edges[at]!, end: edges[at + 1]! };
  });
}
