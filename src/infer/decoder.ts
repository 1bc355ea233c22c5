/**
 * What generation needs of a model, whatever runs it: feed tokens, get the logits of the next one. Implementations keep a key-value cache,
 * so that a token costs one token's work (a checkpoint on our own kernels, or an exported folder in ONNX Runtime).
 */

/** A model that reads tokens one after the other and predicts the next. */
export interface Decoder extends AsyncDisposable {
  /** Number of tokens V. */
  readonly vocabSize: number;
  /** Longest document in tokens the model was trained on. */
  readonly contextLength: number;
  /** Forget every token fed so far. */
  reset(): void;
  /** Feeds tokens (at least one), returns the logits (V) after the last. */
  feed(tokens: Int32Array): Promise<Float32Array>;
}
