/** Export: a trained model as a folder that ONNX Runtime and the prover load, and the checks that it is right. */
export {
  compareWithTrainer,
  type TrainerComparison,
  type TrainerDifference,
} from "./compare_with_trainer.ts";
export { exportFolderName, exportModel, type ExportOptions, type ExportResult } from "./export_folder.ts";
export { LOGIT_TOLERANCE } from "./logit_difference.ts";
export { FIRST_CACHE_TOLERANCE } from "./model_checks.ts";
export { type FolderCheck, verifyFolder, type VerifyOptions } from "./verify.ts";
