// Export: a trained model as a folder that ONNX Runtime and the prover load, and the checks that it is right.
// This room owns the ONNX graph (graph/), the files of a folder by flavor (flavors.ts) and every check of
// what came out. It does not run exported models for their suggestions: src/infer does. Read
// export_checkpoint.ts first, then export_folder.ts; of the graph, graph/gpt_graph.ts.
export {
  type BakedSampling,
  bakedSamplingText,
  clientSampling,
  CUT_LOGIT,
  parseBakedSampling,
} from "./bake.ts";
export {
  compareWithTrainer,
  type GreedyAgreement,
  type TrainerComparison,
  type TrainerDifference,
} from "./compare_with_trainer.ts";
export { exportCheckpoint, type ExportCheckpointOptions, type ExportEvent } from "./export_checkpoint.ts";
export { exportFolderName, exportModel, type ExportOptions, type ExportResult } from "./export_folder.ts";
export type { LineTables } from "./line_tables.ts";
export { EXPORTED_FILES, type Flavor, FLAVORS } from "./flavors.ts";
export type { GraphForm } from "./graph/gpt_graph.ts";
export { OPERATOR_SETS, type OperatorSet } from "./graph/operators.ts";
export { DIVERGENCE_TOLERANCE, LOGIT_TOLERANCE } from "./logit_difference.ts";
export { type CardData, type CardEvaluation, type CardFacts, parseCardEvaluation } from "./model_card.ts";
export { FIRST_CACHE_TOLERANCE } from "./model_checks.ts";
export {
  LARGEST_QUANTIZATION_LOSS,
  measureQuantizationLoss,
  type QuantizationLoss,
} from "./quantization_loss.ts";
export { type Quantization, QUANTIZATIONS } from "./quantize.ts";
export { type FolderCheck, verifyFolder } from "./verify.ts";
