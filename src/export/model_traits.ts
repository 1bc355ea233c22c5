/** What a model says about itself that decides how exactly its logits can be checked; whoever made it. */
import type { ModelProto } from "./onnx/schema.ts";

/** See {@linkcode modelTraits}. */
export interface ModelTraits {
  /** Whether activations are quantized, with one scale for a whole call: logits then depend on how tokens are cut into calls. */
  readonly quantizedActivations: boolean;
}

const QUANTIZING_OPERATORS = ["DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"];

/** Look through a model's operators. */
export function modelTraits({ graph }: ModelProto): ModelTraits {
  return { quantizedActivations: graph.node.some(({ opType }) => QUANTIZING_OPERATORS.includes(opType)) };
}
