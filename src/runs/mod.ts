// Runs: what a run's folder holds beside its checkpoints (run_record.ts, read it first), which runs there are
// below a checkpoint folder and which is the latest and the best (find_runs.ts), what a word that names a model
// means (model_place.ts), a run in figures (run_summary.ts), and what may go (prune.ts). It trains nothing,
// prints nothing, and opens no model.
export * from "./find_runs.ts";
export * from "./model_place.ts";
export * from "./prune.ts";
export * from "./run_files.ts";
export * from "./run_record.ts";
export * from "./run_summary.ts";
