// Keeps a proof that is written token by token a list of statements, one a line, none said twice.
import { END_TOKEN } from "../../config.ts";
import type { LineMask } from "./line_mask.ts";
import type { LineState } from "./line_reader.ts";

/** Follows the writing; a text begins at a line's beginning. */
export class ProofGuide {
  #state: LineState;
  #line: number[] = [];

  constructor(readonly mask: LineMask) {
    this.#state = mask.start();
  }

  /** Logits (V) of the next token, with -Infinity for those that must not come; all are kept if none may. */
  masked(logits: Float32Array): Float32Array {
    const allowed = this.mask.allowed(this.#state, this.#line);
    const masked = logits.map((logit, id) => allowed[id] === 1 && this.#mayEnd(id) ? logit : -Infinity);
    return masked.some((logit) => logit > -Infinity) ? masked : logits;
  }

  push(token: number): void {
    const next = this.mask.after(this.#state, token);
    this.#line.push(token);
    if (next !== null && !next.isOver) {
      this.#state = next;
      return;
    }
    this.mask.addKnown(this.mask.tokenizer.decode(this.#line).split("\n", 1)[0]!);
    this.#state = this.mask.start();
    this.#line = [];
  }

  /** A newline is a token's last byte, so that the next line begins with the next token. */
  #mayEnd(id: number): boolean {
    const bytes = this.mask.tokenizer.tokenBytes(id);
    const newline = bytes.indexOf(10);
    return id === END_TOKEN || newline < 0 || newline === bytes.length - 1;
  }
}
