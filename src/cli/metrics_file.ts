/**
 * The metrics file that a run leaves beside its checkpoints: its events as JSON lines, as --json prints them.
 * `tactics plot` reads it.
 */
import { join } from "@std/path";
import { METRICS_NAME, type TrainEvent } from "../metrics/mod.ts";
import { jsonLine } from "./render/mod.ts";
import { writeAll } from "./terminal.ts";

/**
 * Appends events to the metrics file of a checkpoint folder. The file appears with the start event; what was
 * told before it is left out, since until then an earlier run's file may stand in its place. A disk that
 * takes no more costs lines of this file, not the run: that is told once.
 */
export class MetricsFile implements Disposable {
  readonly #path: string;
  readonly #refused: (message: string) => void;
  #file: Deno.FsFile | null = null;
  #isRefused = false;
  /** Whether the file ends within a line. */
  #isTorn = false;

  /** @param refused told, once, why events are missing from the file */
  constructor(checkpointDir: string, refused: (message: string) => void) {
    this.#path = join(checkpointDir, METRICS_NAME);
    this.#refused = refused;
  }

  /** Add an event. */
  render(event: TrainEvent): void {
    if (event.kind !== "start" && this.#file === null) return;
    const line = jsonLine(event);
    if (line === "") return;
    try {
      this.#file ??= Deno.openSync(this.#path, { create: true, append: true });
      writeAll(this.#file, this.#isTorn ? `\n${line}` : line);
      this.#isTorn = false;
    } catch (error) {
      this.#isTorn = true;
      if (this.#isRefused) return;
      this.#isRefused = true;
      this.#refused(`"${this.#path}" cannot be written (${(error as Error).message}): events are left out`);
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }
}
