// A training proof as tokens, in its three forms: the whole text as it stands, the prover's (src/prompt), and
// that of January 2026, whose prover shows a theorem up to its `by {` only. All end with the end token. Not
// here: how documents are cut to the context's length (documents.ts).
import { END_TOKEN } from "../config.ts";
import { type CutProof, cutProof, proofLines, proverPrompt, withoutBody } from "../prompt/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** Token ids as they lie in memory. */
export type TokenIds = Uint16Array | Uint32Array | Int32Array;

/** Tokens of a document, its end token included. */
export interface EncodedDocument {
  readonly tokens: Int32Array;
  /** Index of the token with which the proof's first line begins: the tokens from there on are the proof. */
  readonly proofStart: number;
}

/** One training proof. */
export interface TrainingDocument {
  /** The file's text. */
  readonly text: string;
  /** Its pieces; null in a file without a proof as its last section. */
  readonly proof: CutProof | null;
  /** The text's token ids with the end token behind them. */
  readonly tokens: Int32Array;
}

export function trainingDocument(text: string, tokenizer: Tokenizer): TrainingDocument {
  return documentOf(text, withEnd(tokenizer.encode(text)));
}

/** The same of a text that is encoded already. @param ids with the end token */
export function documentOf(text: string, ids: TokenIds): TrainingDocument {
  const cut = cutProof(text);
  const proof = cut !== null && cut.isLast && cut.proof !== "" ? cut : null;
  return { text, proof, tokens: ids instanceof Int32Array ? ids : new Int32Array(ids) };
}

export function wholeForm({ text, proof, tokens }: TrainingDocument, tokenizer: Tokenizer): EncodedDocument {
  if (proof === null) return { tokens, proofStart: tokens.length };
  const before = new TextEncoder().encode(proof.before + proof.marker).length;
  const last = tokenizer.byteEnds(text, tokens).findIndex((end) => end >= before);
  return { tokens, proofStart: last < 0 ? tokens.length : last + 1 };
}

/** What the prover would have shown; of a document that has a proof. */
export function proverForm({ proof }: TrainingDocument, tokenizer: Tokenizer): EncodedDocument {
  if (proof === null) throw new Error("internal: a document without a proof has no prover's form");
  const { before, proof: text } = proof;
  const { tokens, proofStart } = proverPrompt(tokenizer, { before, lines: proofLines(text) });
  return { tokens: withEnd(tokens), proofStart };
}

/** What the prover of January 2026 would have shown: {@linkcode proverForm} without a theorem's body. */
export function bodylessForm(document: TrainingDocument, tokenizer: Tokenizer): EncodedDocument {
  const { proof } = document;
  return proverForm(
    { ...document, proof: proof && { ...proof, before: withoutBody(proof.before) } },
    tokenizer,
  );
}

function withEnd(tokens: Int32Array): Int32Array {
  const ended = new Int32Array(tokens.length + 1);
  ended.set(tokens);
  ended[tokens.length] = END_TOKEN;
  return ended;
}
