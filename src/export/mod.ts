/** Export: a trained model as a folder that ONNX Runtime and the prover load, and the checks that it is right. */
export { exportFolderName, exportModel, type ExportOptions, type ExportResult } from "./export_folder.ts";
export {
  compareWithTrainer,
  FIRST_CACHE_TOLERANCE,
  type FolderCheck,
  LOGIT_TOLERANCE,
  type TrainerComparison,
  type TrainerDifference,
  verifyFolder,
  type VerifyOptions,
} from "./verify.ts";
