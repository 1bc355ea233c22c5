// What a tokenizer consists of, as plain data.

/** A token that is looked for in the text before anything else happens to it. */
export interface AddedToken {
  /** Its id. */
  id: number;
  /** Its text, as it stands in the input. */
  content: string;
  /** Whether the decoder can leave it out. */
  special: boolean;
  /** Whether it is looked for only after the tokens that are not: no other effect without a normalizer. */
  normalized: boolean;
}

/** Tokens, merges and options. */
export interface TokenizerModel {
  /** All tokens by id, in the byte-level alphabet: the BPE's own, then added ones beyond them. */
  tokens: string[];
  /** How many of `tokens` are the BPE's own. */
  modelSize: number;
  /** Merges by rank, as ids: left, right and result, three numbers a merge. */
  merges: Int32Array<ArrayBuffer>;
  /** The token for bytes without one of their own, or undefined: then they are left out. */
  unknownId: number | undefined;
  /** Whether a run of unknown bytes becomes one token. */
  fuseUnknown: boolean;
  /** Whether a word that is a token itself is taken as it is, without merging. */
  ignoreMerges: boolean;
  /** Added tokens in ascending order of ids. */
  addedTokens: AddedToken[];
}
