// The windows in which a document's tokens are scored. With context P, the first reads P tokens and scores
// all but token 0; with n the first token not yet scored, the next reads P tokens from n - floor(P / 2) on.
import type { Sequence } from "../model/batch.ts";

/** Token ids, and as targets the ids that follow; -1 for those that an earlier window scores. */
export interface ScoringWindow extends Sequence {
  /** The first token that it scores, by its place in the document. */
  readonly first: number;
}

/** Cut a document, without its end token, into windows: none where it has less than two tokens. */
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

/** Put the losses of a window's targets where they belong in its document's (T). */
export function placeLosses(all: Float32Array, window: ScoringWindow, losses: Float32Array): void {
  all.set(losses.subarray(window.targets.findIndex((target) => target >= 0)), window.first);
}
