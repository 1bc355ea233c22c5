/** The model: its parameters, and the GPT forward and backward over a backend. */
export { packSequences, type RaggedBatch, type Sequence } from "./batch.ts";
export type { DropoutSource } from "./block.ts";
export { Gpt } from "./gpt.ts";
export {
  initialParameters,
  isHiddenMatrix,
  type ParameterSpec,
  type ParameterTable,
  parameterTable,
} from "./parameters.ts";
export { allocateWeights, type BlockWeights, type ModelWeights } from "./weights.ts";
