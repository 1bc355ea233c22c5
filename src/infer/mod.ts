// A trained model in use. openModel (open_model.ts, read it first) opens a LanguageModel, which suggests
// lines, writes texts and scores them. Below it: decoders with a cache, on our own kernels (gpt_decoder.ts)
// or in ONNX Runtime (onnx_decoder.ts), and the search for lines (suggest_lines.ts). Prompts are made in
// src/prompt.
export type { Decoder, LookaheadDecoder, ScoringDecoder } from "./decoder.ts";
export { type ExportedConfig, parseExportedConfig } from "./exported_folder.ts";
export { GptDecoder } from "./gpt_decoder.ts";
export * from "./language_model.ts";
export { isStatement, type LineRules, LineScope } from "./lines/mod.ts";
export type { PathEnd } from "./line_paths.ts";
export type { Suggestion } from "./merged_lines.ts";
export { MAX_NEIGHBOR_LINES, NeighborLines } from "./neighbor_lines.ts";
export * from "./open_model.ts";
export type { SampleOptions } from "./sample.ts";
export { type ScoringWindow, scoringWindows } from "./scoring_windows.ts";
export type { CandidateLine, SuggestOptions } from "./suggest_lines.ts";
