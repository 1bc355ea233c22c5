/** Events as JSON lines, for programs. Of the steps only those that the run's log interval picks. */

import type { TrainEvent } from "../../metrics/mod.ts";
import type { EventRenderer, RendererOptions } from "./renderer.ts";

/** Prints each event as one line. */
export class JsonRenderer implements EventRenderer {
  readonly #write: (text: string) => void;

  constructor({ write }: Pick<RendererOptions, "write">) {
    this.#write = write;
  }

  render(event: TrainEvent): void {
    if (event.kind !== "step") return this.#write(`${JSON.stringify(event)}\n`);
    const { log, ...step } = event;
    if (log) this.#write(`${JSON.stringify(step)}\n`);
  }

  close(): void {}
}
