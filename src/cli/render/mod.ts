// How the events of a training run are shown: JSON lines for programs, a progress bar in a terminal
// (terminal.ts), plain lines elsewhere (plain.ts). Beside them the tables of an evaluation. What is computed
// is no matter of this room.
import type { TrainEvent } from "../../metrics/mod.ts";
import { jsonText } from "../../text_format.ts";
import { eventLines } from "./plain.ts";
import { type EventRenderer, type RendererOptions, TerminalRenderer } from "./terminal.ts";

/** The renderer for where the output goes. */
export function createRenderer(
  options: RendererOptions & { json: boolean; isTerminal: boolean },
): EventRenderer {
  const { json, isTerminal, write } = options;
  if (isTerminal && !json) return new TerminalRenderer(options);
  const text = json ? jsonLine : plainLines;
  return { render: (event) => write(text(event)), close: () => {} };
}

/** An event as one line of JSON. Of the steps only those that the run's log interval picks; "" for others. */
export function jsonLine(event: TrainEvent): string {
  if (event.kind !== "step") return `${jsonText(event)}\n`;
  const { log, ...step } = event;
  return log ? `${jsonText(step)}\n` : "";
}

function plainLines(event: TrainEvent): string {
  return event.kind === "step" && !event.log ? "" : eventLines(event).map((line) => `${line}\n`).join("");
}
