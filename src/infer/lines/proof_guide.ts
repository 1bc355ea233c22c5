// Keeps a proof that is written token by token a list of statements, one a line, none said twice.
import type { LineMask } from "./line_mask.ts";
import type { LineState } from "./line_reader.ts";

/** Follows the writing, from a line's beginning on. */
export class ProofGuide {
  #state: LineState;
  #line: number[] = [];

  constructor(readonly mask: LineMask) {
    this.#state = mask.start();
  }

  /** Whether a token may come next. A newline is a token's last byte, so that the next one begins a line. */
  allows(token: number): boolean {
    const bytes = this.mask.tokenizer.tokenBytes(token);
    const newline = bytes.indexOf(10);
    const isBorder = newline < 0 || newline === bytes.length - 1;
    return isBorder && this.mask.allows(this.#state, this.#line, token);
  }

  push(token: number): void {
    const next = this.mask.after(this.#state, token);
    this.#line = [...this.#line, token];
    if (next !== null && !next.isOver) {
      this.#state = next;
      return;
    }
    this.mask.addKnown(this.mask.tokenizer.decode(this.#line));
    this.#state = this.mask.start();
    this.#line = [];
  }
}
