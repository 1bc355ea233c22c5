// The byte-level BPE tokenizer: training, encoding, decoding, tokenizer.json; byte for byte and id for id
// what HuggingFace's `tokenizers` does. It knows nothing of proofs, nor which text is trained on. Read
// tokenizer.ts first; encoder.ts has the way from text to ids, merge_learner.ts the training.
export { loadTokenizer, MAX_TOKENIZER_BYTES, saveTokenizer } from "./file.ts";
export type { AddedToken, TokenizerModel } from "./model.ts";
export { StreamDecoder } from "./stream_decoder.ts";
export { type DecodeOptions, type EncodeOptions, PAD_TOKEN, Tokenizer, UNKNOWN_TOKEN } from "./tokenizer.ts";
export { type Alphabet, ALPHABETS, trainTokenizer } from "./train.ts";
export { type TrainTokenizerOptions, WordCounts } from "./train.ts";
