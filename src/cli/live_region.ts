// The last lines of a terminal, redrawn in place: how far a command is. They go before anything else is
// printed. What is in them is no matter of this file.
import { printableLine } from "../text_format.ts";
import type { Terminal } from "./terminal.ts";

const REDRAW_MS = 100;

export class LiveRegion {
  /** The lines as they stand there. */
  #lines: readonly string[] = [];
  #drawnAt = -Infinity;
  #isLeft = false;

  /** @param isShown whether there is a terminal that moves its cursor; without one nothing is drawn */
  constructor(readonly terminal: Pick<Terminal, "writeError" | "columns">, readonly isShown: boolean) {}

  /**
   * Draw the lines anew, at most ten times a second, or `now`; what has no room in a line is cut.
   *
   * @returns whether they are shown here
   */
  show(lines: readonly string[], now = false): boolean {
    if (!this.isShown || this.#isLeft || !now && performance.now() - this.#drawnAt < REDRAW_MS) {
      return this.isShown;
    }
    this.#drawnAt = performance.now();
    const room = this.terminal.columns() - 1; // a terminal wraps once its last column is written
    const start = this.#toStart();
    this.#lines = lines.map((line) => [...printableLine(line)].slice(0, room).join(""));
    this.terminal.writeError(`${start}${this.#lines.map((line) => `${line}\x1b[K`).join("\n")}`);
    return true;
  }

  /** Take the lines away. */
  clear(): void {
    const start = this.#toStart();
    this.#lines = [];
    if (start !== "") this.terminal.writeError(start);
  }

  /** Let the lines stand, and draw no more: somebody else writes below them. */
  leave(): void {
    this.#lines = [];
    this.#isLeft = true;
  }

  /** Back to where the lines begin, with nothing behind; a terminal that got narrower has wrapped them. */
  #toStart(): string {
    if (this.#lines.length === 0) return "";
    const columns = this.terminal.columns();
    const rows = this.#lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil([...line].length / columns)),
      0,
    );
    return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ""}\x1b[J`;
  }
}
