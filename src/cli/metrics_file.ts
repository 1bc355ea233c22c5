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
 * told before it is left out, since until then an earlier run's file may stand in its place.
 */
export class MetricsFile implements Disposable {
  readonly #path: string;
  #file: Deno.FsFile | null = null;

  constructor(checkpointDir: string) {
    this.#path = join(checkpointDir, METRICS_NAME);
  }

  /** @throws the file system's error when the line cannot be written */
  render(event: TrainEvent): void {
    if (event.kind === "start") this.#file ??= Deno.openSync(this.#path, { create: true, append: true });
    if (this.#file !== null) writeAll(this.#file, jsonLine(event));
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }
}
