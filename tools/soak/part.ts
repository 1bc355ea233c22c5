/** What a part of the soak is: something tried many times, with a table of what was lost. */

/** How much is tried, and where it is told. */
export interface PartOptions {
  /** How many tries, in the part's own unit. */
  readonly runs: number;
  /** Of everything random. */
  readonly seed: number;
  /** Shows how far it is; the last line stands. */
  readonly progress: (line: string) => void;
}

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly tried: number;
  /** What went wrong, one text a loss. */
  readonly lost: readonly string[];
  /** What came out, or why it was left out. */
  readonly note: string;
}

/** A part that can be run alone. */
export interface Part {
  readonly name: string;
  readonly summary: string;
  /** Default of `runs`, and its unit. */
  readonly runs: number;
  readonly unit: string;
  run(options: PartOptions): Promise<Row[]>;
}

/** An error's message for a list of losses, as short as it may be. */
export function reason(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : String(error);
}
