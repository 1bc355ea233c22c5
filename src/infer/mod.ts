/** Using a trained model: open it, sample from it, suggest lines. */
export type { Decoder } from "./decoder.ts";
export { type ExportedConfig, parseExportedConfig } from "./exported_config.ts";
export { GptDecoder } from "./gpt_decoder.ts";
export { type GenerateOptions, LoadedModel, loadModel } from "./load_model.ts";
export { OnnxDecoder } from "./onnx_decoder.ts";
export { type CheckpointWithTokenizer, openCheckpoint, type OpenModel, openModel } from "./open_model.ts";
export { generateTokens, type SampleOptions, sampleToken } from "./sample.ts";
export { type Suggestion, suggestLines, type SuggestOptions } from "./suggest.ts";
