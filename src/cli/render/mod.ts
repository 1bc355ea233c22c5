/** The choice between the renderers of a training run's events. */

import { JsonRenderer } from "./json.ts";
import { PlainRenderer } from "./plain.ts";
import type { EventRenderer, RendererOptions } from "./renderer.ts";
import { TerminalRenderer } from "./terminal.ts";

/** JSON lines when asked for, a progress bar in a terminal, plain lines elsewhere. */
export function createRenderer(options: RendererOptions): EventRenderer {
  if (options.json) return new JsonRenderer(options);
  return options.isTerminal ? new TerminalRenderer(options) : new PlainRenderer(options);
}
