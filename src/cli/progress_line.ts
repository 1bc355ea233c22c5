// One line in a terminal that says how far a command is, redrawn in place; it goes before anything else is
// printed. Where output is no terminal, or is JSON, there is none.
import { printableLine } from "../text_format.ts";
import type { Terminal } from "./terminal.ts";

const REDRAW_MS = 100;

export class ProgressLine {
  /** The line as it stands there, to be blanked; "" when there is none. */
  #line = "";
  #drawnAt = -Infinity;

  constructor(readonly terminal: Pick<Terminal, "writeOut" | "columns">, readonly isShown: boolean) {}

  /** Draw the line anew, at most ten times a second. */
  show(text: string): void {
    if (!this.isShown || performance.now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = performance.now();
    const line = printableLine(text).slice(0, this.terminal.columns() - 1); // a full line would wrap
    this.terminal.writeOut(`\r${line.padEnd(this.#line.length)}`, true);
    this.#line = line;
  }

  /** Take the line away. */
  clear(): void {
    if (this.#line !== "") this.terminal.writeOut(`\r${" ".repeat(this.#line.length)}\r`, true);
    this.#line = "";
  }
}
