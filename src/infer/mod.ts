/** Using a trained model: open it, sample from it, suggest lines. */
export type { Decoder } from "./decoder.ts";
export { type ExportedConfig, parseExportedConfig } from "./exported_config.ts";
export { GptDecoder } from "./gpt_decoder.ts";
export { type GenerateOptions, type GoalOptions, LoadedModel, loadModel } from "./load_model.ts";
export { MAX_NEIGHBOR_LINES, NeighborLines } from "./neighbor_lines.ts";
export { OnnxDecoder } from "./onnx_decoder.ts";
export { type OpenModel, openModel } from "./open_model.ts";
export { generateTokens, type SampleOptions, sampleToken } from "./sample.ts";
export { type CandidateLine, type Suggestion, suggestLines, type SuggestOptions } from "./suggest_lines.ts";
export type { PathEnd } from "./line_paths.ts";
