// Training: a run as a generator of events. This room owns what a run is: its data as a stream of sequences
// (sequence_stream.ts), its plan (plan.ts, clock.ts), its steps, evaluations and checkpoints (run.ts), and the
// engines that compute a step (engine/). It is not the model (src/model), the optimizers' arithmetic
// (src/backend) nor what a user sees of a run (src/cli). Read trainer.ts first, then run.ts.
export type { CorpusTable, SharedDocuments } from "./corpus_table.ts";
export { prepareData, type TrainingData } from "./data.ts";
export type { DerivedStore, DocumentList } from "./document_list.ts";
export type { TokenIds, TrainingDocument } from "./training_document.ts";
export { checkMemory, estimateMemory, type MemoryEstimate } from "./memory.ts";
export { train } from "./trainer.ts";
export type { TrainOptions } from "./train_options.ts";
