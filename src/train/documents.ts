// How a document is cut into sequences of at most the context's length: into pieces, or as the prover cuts.
// Which form of it an epoch shows is in document_forms.ts.
import type { Sequence } from "../model/batch.ts";
import { promptRoom } from "../prompt/mod.ts";
import type { EncodedDocument } from "./training_document.ts";

/** Share of a later window's proof that repeats lines of the window before it, at most. */
const REPEATED_SHARE = 0.25;

/** Pieces without overlap. @param shift in [0, 1): of the room left over, what goes before the first cut */
export function cutDocument(
  { tokens, proofStart }: EncodedDocument,
  contextLength: number,
  shift: number,
): Sequence[] {
  const inputs = tokens.length - 1;
  const sequences: Sequence[] = [];
  for (let start = 0, end = firstPiece(inputs, contextLength, shift); start < inputs;) {
    const targets = tokens.subarray(start + 1, end + 1);
    const proofFrom = Math.max(0, proofStart - 1 - start);
    sequences.push({ tokens: tokens.subarray(start, end), targets, proofFrom });
    [start, end] = [end, Math.min(end + contextLength, inputs)];
  }
  return sequences;
}

/** How many pieces {@linkcode cutDocument} makes of so many tokens. */
export function pieceCount(tokenCount: number, contextLength: number, shift: number): number {
  const inputs = tokenCount - 1;
  return inputs <= 0 ? 0 : 1 + Math.ceil((inputs - firstPiece(inputs, contextLength, shift)) / contextLength);
}

function firstPiece(inputs: number, contextLength: number, shift: number): number {
  const room = Math.ceil(inputs / contextLength) * contextLength - inputs;
  return Math.min(inputs, contextLength - Math.floor(shift * (room + 1)));
}

// A document in the prover's form is cut as the prover cuts it: of what stands before the proof, the last
// contextLength - 100 tokens stay. Where the proof is too long for the rest, further windows begin with the
// same tokens, then some lines of the window before them, whole ones (from `newline` on) where there is room;
// neither is predicted again.
export function cutProverDocument(
  { tokens, proofStart }: EncodedDocument,
  contextLength: number,
  newline: number,
): Sequence[] {
  const before = proofStart - 1; // the newline token is already fed for the proof's sake
  const head = tokens.subarray(Math.max(0, before - promptRoom(contextLength)), before);
  const proof = tokens.subarray(before);
  const window = (repeated: number, next: number): Sequence => {
    const body = proof.subarray(repeated, Math.min(proof.length, repeated + contextLength - head.length + 1));
    const all = new Int32Array(head.length + body.length);
    all.set(head);
    all.set(body, head.length);
    const targets = all.slice(1);
    const known = head.length + next - repeated - 1; // targets that another window predicts
    if (next > 0) targets.fill(-1, 0, known);
    return { tokens: all.subarray(0, -1), targets, proofFrom: next > 0 ? known : head.length };
  };
  const repeatable = Math.floor(REPEATED_SHARE * (contextLength - head.length));
  const windows = [window(0, 0)];
  for (let next = contextLength - head.length + 1; next < proof.length;) {
    const line = proof.subarray(0, next).indexOf(newline, Math.max(0, next - repeatable));
    const repeated = line < 0 ? next - 1 : line;
    windows.push(window(repeated, next));
    next = repeated + contextLength - head.length + 1;
  }
  return windows;
}

export function countTargets(targets: Int32Array): number {
  let count = 0;
  for (const target of targets) if (target >= 0) count++;
  return count;
}
