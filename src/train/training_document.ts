/**
 * A training proof as tokens, in its two forms. `whole` is the file's text as it stands. `client` is what the prover shows the model (the same as
 * src/infer/goal.ts makes of a goal): everything before the @P line, a newline token instead of that line, then each of the proof's lines with a
 * newline token behind it, where a whole text may have tokens that begin with a newline and go on. Both end with the end token.
 *
 * Not here: how documents are cut to the context's length (documents.ts).
 */
import { END_TOKEN } from "../config.ts";
import type { ProofFile } from "../corpus/proof_file.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

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
  /** Where the @P line begins, and the line after it; null in a file without a proof as its last section. */
  readonly proof: { readonly marker: number; readonly start: number } | null;
  /** The text's token ids with the end token behind them. */
  readonly tokens: Int32Array;
}

/**
 * A file as a training document.
 *
 * @param tokenizer the one that the model is trained with
 */
export function trainingDocument({ text, sections }: ProofFile, tokenizer: Tokenizer): TrainingDocument {
  const last = sections.at(-1);
  const isProof = last?.tag === "P" && last.text !== "" &&
    sections.filter(({ tag }) => tag === "P").length === 1;
  const start = isProof ? text.length - last.text.length : 0;
  const proof = isProof ? { marker: text.lastIndexOf("@P", start - 1), start } : null;
  return encodeDocument(text, proof, tokenizer);
}

/** A training document of this text. */
export function encodeDocument(
  text: string,
  proof: TrainingDocument["proof"],
  tokenizer: Tokenizer,
): TrainingDocument {
  return { text, proof, tokens: withEnd([tokenizer.encode(text)]) };
}

/** The whole text. */
export function wholeForm(
  { text, proof, tokens }: TrainingDocument,
  tokenizer: Tokenizer,
): EncodedDocument {
  if (proof === null) return { tokens, proofStart: tokens.length };
  const before = new TextEncoder().encode(text.slice(0, proof.start)).length;
  return { tokens, proofStart: tokensWithin(tokens, before, tokenizer) };
}

/** What the prover would have shown; of a document that has a proof. */
export function clientForm({ text, proof }: TrainingDocument, tokenizer: Tokenizer): EncodedDocument {
  if (proof === null) throw new Error("internal: a document without a proof has no client's form");
  const newline = tokenizer.encode("\n");
  const before = tokenizer.encode(text.slice(0, proof.marker));
  const lines = text.slice(proof.start).split("\n").filter((line) => line.trim() !== "");
  const parts = lines.flatMap((line) => [tokenizer.encode(line), newline]);
  return { tokens: withEnd([before, newline, ...parts]), proofStart: before.length + newline.length };
}

/** How many tokens it takes to have these bytes of text; an unknown byte's token counts as one byte. */
function tokensWithin(tokens: Int32Array, sizeBytes: number, tokenizer: Tokenizer): number {
  let [count, seen] = [0, 0];
  while (count < tokens.length && seen < sizeBytes) {
    const token = tokens[count++]!;
    seen += token === tokenizer.unknownId ? 1 : tokenizer.tokenBytes(token).length;
  }
  return count;
}

function withEnd(parts: readonly Int32Array[]): Int32Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const tokens = new Int32Array(length + 1);
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
  }
  tokens[length] = END_TOKEN;
  return tokens;
}
