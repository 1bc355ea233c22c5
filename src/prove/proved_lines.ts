// The lines that a search has proved, each at its place: the ground that it goes on from.
import type { Candidate } from "./candidates.ts";
import type { ProofPlace } from "./places.ts";

/** A line, and where it would stand. */
export interface PlacedLine {
  readonly place: ProofPlace;
  readonly line: Candidate;
}

/** Proved lines, the newest, that a search goes on from. */
const MOST_GROUND = 6;

export class ProvedLines {
  readonly #placed: PlacedLine[] = [];
  /** Each text once, in order. */
  readonly #byText = new Map<string, Candidate>();

  get lines(): Candidate[] {
    return [...this.#byText.values()];
  }

  has(line: Candidate): boolean {
    return this.#placed.some((placed) => placed.line === line);
  }

  /** @returns whether its text is new */
  add(placed: PlacedLine): boolean {
    const { line } = placed;
    this.#placed.push(placed);
    if (this.#byText.has(line.line)) return false;
    this.#byText.set(line.line, line);
    return true;
  }

  /** Those at a place, the newest last. */
  newest(place: ProofPlace): Candidate[] {
    return this.#placed.filter((placed) => placed.place === place).slice(-MOST_GROUND).map(({ line }) =>
      line
    );
  }
}
