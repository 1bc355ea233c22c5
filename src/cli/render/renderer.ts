/** What shows the events of a training run. */

import type { TrainEvent } from "../../metrics/mod.ts";

/** Shows events. Call `close` at the end of the program, also after an error. */
export interface EventRenderer {
  render(event: TrainEvent): void;
  /** Leave the output in a state in which other text can follow. */
  close(): void;
}

/** What a renderer writes to. */
export interface RendererOptions {
  json: boolean;
  isTerminal: boolean;
  color: boolean;
  write(text: string): void;
  /** The terminal's width now. */
  columns(): number;
}
