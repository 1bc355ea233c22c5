// How the events of a training run are shown: JSON lines for programs, a live region in a terminal
// (terminal.ts), plain lines elsewhere (plain.ts). Beside them the tables of an evaluation. What is computed
// is no matter of this room.
import type { TrainEvent } from "../../metrics/mod.ts";
import { jsonText } from "../../text_format.ts";
import type { LiveRegion } from "../live_region.ts";
import type { StreamName } from "../output.ts";
import { eventLines, hasHeader, TABLE_HEADER } from "./plain.ts";
import { type EventRenderer, TerminalRenderer } from "./terminal.ts";

export interface RendererOptions {
  readonly json: boolean;
  /** Results and warnings only. */
  readonly quiet: boolean;
  /** Show what the model writes. */
  readonly samples: boolean;
  readonly color: boolean;
  readonly region: LiveRegion;
  write(stream: StreamName, text: string): void;
  columns(): number;
}

/** The renderer for where the output goes: how a run ended is a result, the rest is progress. */
export function createRenderer(options: RendererOptions): EventRenderer {
  const { json, quiet, samples, region, write } = options;
  if (json) return { render: (event) => write("out", jsonLine(event)) };
  const print = (event: TrainEvent, lines: readonly string[]): void => {
    region.clear();
    write(event.kind === "done" ? "out" : "error", lines.map((line) => `${line}\n`).join(""));
  };
  const renderer = region.isShown ? new TerminalRenderer({ ...options, print }) : plainRenderer(print);
  const isWarning = (event: TrainEvent): boolean => event.kind === "notice" && event.level === "warning";
  return {
    render: (event) => {
      if (event.kind === "sample" && !samples) return;
      if (quiet && event.kind !== "done" && !isWarning(event)) return;
      renderer.render(event);
    },
  };
}

/** An event as one line of JSON. Of the steps only those that the run's log interval picks; "" for others. */
export function jsonLine(event: TrainEvent): string {
  if (event.kind !== "step") return `${jsonText(event)}\n`;
  const { log, ...step } = event;
  return log ? `${jsonText(step)}\n` : "";
}

function plainRenderer(print: (event: TrainEvent, lines: readonly string[]) => void): EventRenderer {
  let isBegun = false;
  return {
    render: (event) => {
      if (event.kind === "step" && !event.log) return;
      const lines = eventLines(event);
      if (lines.length === 0) return;
      print(event, hasHeader(event) && !isBegun ? [TABLE_HEADER, ...lines] : lines);
      isBegun ||= hasHeader(event);
    },
  };
}
