/** What shows the events of a training run, and the choice between the three that there are. */

import type { TrainEvent } from "../../metrics/events.ts";
import { JsonRenderer } from "./json.ts";
import { PlainRenderer } from "./plain.ts";
import { TerminalRenderer } from "./terminal.ts";

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

/** JSON lines when asked for, a progress bar in a terminal, plain lines elsewhere. */
export function createRenderer(options: RendererOptions): EventRenderer {
  if (options.json) return new JsonRenderer(options);
  return options.isTerminal ? new TerminalRenderer(options) : new PlainRenderer(options);
}
