/** The byte-level BPE tokenizer: training, encoding, decoding, tokenizer.json. */

export { loadTokenizer, saveTokenizer } from "./file.ts";
export type { AddedToken, TokenizerModel } from "./model.ts";
export { StreamDecoder } from "./stream_decoder.ts";
export { type DecodeOptions, type EncodeOptions, PAD_TOKEN, Tokenizer, UNKNOWN_TOKEN } from "./tokenizer.ts";
export { type Alphabet, ALPHABETS, trainTokenizer, type TrainTokenizerOptions } from "./train.ts";
