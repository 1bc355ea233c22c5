// The files beside a run's checkpoints that grow with its events: metrics.jsonl, as --json prints them,
// samples.txt for people, and TensorBoard's. They appear with the start event: until then an earlier run's may
// stand in their place. A disk that takes no more costs events of these files, not the run.
import { join } from "@std/path";
import { METRICS_NAME, TENSORBOARD_PREFIX, tensorBoardRecords, type TrainEvent } from "../metrics/mod.ts";
import { SAMPLES_NAME } from "../runs/mod.ts";
import { jsonLine } from "./render/mod.ts";
import { eventLines } from "./render/plain.ts";

/** A file to append to; what cannot be written is told once, and left out. */
class GrowingFile implements Disposable {
  readonly #path: string;
  readonly #refused: (message: string) => void;
  #file: Deno.FsFile | null = null;
  #isRefused = false;
  /** Whether the file ends within what was to be written. */
  isTorn = false;

  constructor(path: string, refused: (message: string) => void) {
    this.#path = path;
    this.#refused = refused;
  }

  get isOpen(): boolean {
    return this.#file !== null;
  }

  append(bytes: Uint8Array): void {
    try {
      this.#file ??= Deno.openSync(this.#path, { create: true, append: true });
      for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
      this.isTorn = false;
    } catch (error) {
      this.isTorn = true;
      if (this.#isRefused) return;
      this.#isRefused = true;
      this.#refused(`"${this.#path}" cannot be written (${(error as Error).message}): events are left out`);
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }
}

/** A step that comes so long after the last one that was written is written, whatever the log interval. */
const QUIET_SECONDS = 1;

/** Events as JSON lines: of the steps those of the log interval, and one a second. */
export class MetricsFile implements Disposable {
  readonly #file: GrowingFile;
  #lastSeconds = 0;

  /** @param refused told, once, why events are missing from the file */
  constructor(checkpointDir: string, refused: (message: string) => void) {
    this.#file = new GrowingFile(join(checkpointDir, METRICS_NAME), refused);
  }

  render(event: TrainEvent): void {
    if (event.kind !== "start" && !this.#file.isOpen) return;
    const { elapsedSeconds = this.#lastSeconds } = "elapsedSeconds" in event ? event : {};
    const isDue = elapsedSeconds - this.#lastSeconds >= QUIET_SECONDS;
    const line = jsonLine(event.kind === "step" ? { ...event, log: event.log || isDue } : event);
    if (line === "") return;
    this.#lastSeconds = elapsedSeconds;
    this.#file.append(new TextEncoder().encode(this.#file.isTorn ? `\n${line}` : line));
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** What the model wrote, as text. A run that goes on says from where: what was written later is void. */
export class SamplesFile implements Disposable {
  readonly #file: GrowingFile;
  #hasBegun = false;

  /** @param refused told, once, why samples are missing from the file */
  constructor(checkpointDir: string, refused: (message: string) => void) {
    this.#file = new GrowingFile(join(checkpointDir, SAMPLES_NAME), refused);
  }

  render(event: TrainEvent): void {
    const goesOn = event.kind === "start" && event.step > 0;
    this.#hasBegun ||= event.kind === "start";
    if (!this.#hasBegun || event.kind !== "sample" && !goesOn) return;
    const lines = goesOn ? [`the run goes on from step ${event.step}`] : eventLines(event);
    this.#file.append(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** Events as TensorBoard reads them. A record that was torn ends the file for its readers: no more follows. */
export class TensorBoardFile implements Disposable {
  readonly #directory: string;
  readonly #refused: (message: string) => void;
  #file: GrowingFile | null = null;

  /** @param refused told, once, why events are missing from the file */
  constructor(checkpointDir: string, refused: (message: string) => void) {
    [this.#directory, this.#refused] = [checkpointDir, refused];
  }

  render(event: TrainEvent): void {
    const seconds = Date.now() / 1000;
    if (event.kind === "start") {
      const name = `${TENSORBOARD_PREFIX}${Math.floor(seconds)}.tactics`;
      this.#file ??= new GrowingFile(join(this.#directory, name), this.#refused);
    }
    const records = tensorBoardRecords(event, seconds);
    if (records.length > 0 && !this.#file?.isTorn) this.#file?.append(records);
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }
}
