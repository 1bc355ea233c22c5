// A run's metrics file that may grow while it is read: all of it first, then what was added, all of it again
// where it was written anew or a resumed run repeats steps.
import { openRegularFile } from "../io/mod.ts";
import { MAX_METRICS_BYTES, metricsLines } from "../metrics/metrics_lines.ts";
import { type Figures, FiguresReader } from "./figures.ts";

/** A run as it is, or what has come to it since. */
export interface Reading {
  readonly isWhole: boolean;
  readonly figures: Figures;
}

const NEWLINE = 10;

export class RunFile {
  /** Bytes that were read: up to the end of a line. */
  #read = 0;
  #changed = "";
  #reader = new FiguresReader();

  constructor(readonly path: string) {}

  /** What is new; null where nothing is, or the file is gone. @throws {RangeError} when it is too large */
  async next(): Promise<Reading | null> {
    const info = await Deno.stat(this.path).catch(() => null);
    if (info === null || !info.isFile) return null;
    const changed = `${info.dev} ${info.ino}`;
    const isAnother = changed !== this.#changed || info.size < this.#read;
    if (!isAnother && info.size === this.#read) return null;
    this.#changed = changed;
    if (!isAnother && this.#read > 0) {
      const events = await this.#eventsFrom(this.#read);
      if (events.length === 0) return null;
      if (events.every(({ kind }) => kind !== "start")) {
        return { isWhole: false, figures: this.#reader.read(events) };
      }
    }
    this.#reader = new FiguresReader();
    return { isWhole: true, figures: this.#reader.read(await this.#eventsFrom(0)) };
  }

  /** The events in whole lines from a place on. */
  async #eventsFrom(start: number): Promise<Readonly<Record<string, unknown>>[]> {
    using file = await openRegularFile(this.path);
    const size = file.sizeBytes - start;
    if (size > MAX_METRICS_BYTES) {
      throw new RangeError(`"${this.path}" has more than ${MAX_METRICS_BYTES} bytes`);
    }
    const bytes = await file.read(start, new Uint8Array(Math.max(0, size)));
    const whole = bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1);
    this.#read = start + whole.length;
    return metricsLines(new TextDecoder().decode(whole)).lines.map(({ event }) => event);
  }
}
