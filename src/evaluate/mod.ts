// How good a model is: bits per byte, next lines and whole proofs of held-out files, beside baselines.
export * from "./bits_per_byte.ts";
export type { Estimate } from "./bootstrap.ts";
export type { Ranked } from "./chances.ts";
export type { Continuation, DrawOptions, Prompt, Unit } from "./continuations.ts";
export * from "./evaluate_model.ts";
export * from "./held_out.ts";
export { LINE_RANKS, type LineMethod, type LineReport, type LineScore } from "./line_report.ts";
export type { LossReport, PartLoss } from "./loss_report.ts";
export { ModelPool, type ModelPoolOptions } from "./model_pool.ts";
export type { MeasureOptions } from "./progress.ts";
export type { GoalReport, SearchSource } from "./search_report.ts";
export { PROOF_RANKS, type ProofMethod, type ProofReport, type ProofScore } from "./proof_report.ts";
export type { AskedModel } from "./requests.ts";
export type { LossSums, Part, SectionSpan } from "./section_sums.ts";
