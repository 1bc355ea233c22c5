/** Checkpoints: their format, and folders of them. */
export {
  type BestEvaluation,
  type Checkpoint,
  loadCheckpoint,
  readCheckpointStep,
  saveCheckpoint,
} from "./checkpoint.ts";
export {
  BEST_CHECKPOINT_NAME,
  bestCheckpoint,
  checkpointFiles,
  checkpointName,
  newestCheckpoint,
} from "./folder.ts";
export { type CheckpointWithTokenizer, openCheckpoint } from "./open_checkpoint.ts";
