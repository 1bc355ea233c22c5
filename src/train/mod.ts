/** Training: the run as a generator of events, and what it needs. */
export { prepareData, type TrainingData } from "./data.ts";
export type { TrainingDocument } from "./training_document.ts";
export { checkMemory, estimateMemory, type MemoryEstimate } from "./memory.ts";
export { train } from "./trainer.ts";
export type { TrainOptions } from "./train_options.ts";
