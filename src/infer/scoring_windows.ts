/**
 * The windows in which a document's tokens are scored. One that is longer than the context is scored in
 * parts: the first from its start, each further one beginning half a context before the first token not yet
 * scored, and only new tokens counted. With context P, the first window reads tokens 0 to P - 1 and scores
 * tokens 1 to P; with n the first token not yet scored, the next reads P tokens from n - floor(P / 2) and
 * scores from n on.
 */
import type { Sequence } from "../model/batch.ts";

/** Token ids, and as targets the ids that follow; -1 for those that an earlier window scores. */
export interface ScoringWindow extends Sequence {
  /** The first token that it scores, by its place in the document. */
  readonly first: number;
}

/**
 * Cut a document into windows.
 *
 * @param tokens without an end token
 * @param contextLength most tokens that a window reads
 * @returns none for a document of less than two tokens
 */
export function scoringWindows(tokens: Int32Array, contextLength: number): ScoringWindow[] {
  const windows: ScoringWindow[] = [];
  for (let first = 1; first < tokens.length;) {
    const start = first === 1 ? 0 : first - Math.floor(contextLength / 2);
    const end = Math.min(start + contextLength, tokens.length - 1);
    const targets = tokens.slice(start + 1, end + 1);
    targets.fill(-1, 0, first - 1 - start);
    windows.push({ tokens: tokens.subarray(start, end), targets, first });
    first = end + 1;
  }
  return windows;
}

/**
 * Put a window's losses where they belong in its document's.
 *
 * @param document (T) by token; that of token 0 is never set
 * @param losses of the window's targets
 */
export function placeLosses(
  document: Float32Array,
  { targets, first }: ScoringWindow,
  losses: Float32Array,
): void {
  const known = targets.findIndex((target) => target >= 0);
  document.set(losses.subarray(known), first);
}
