// Events in a terminal: a progress bar in the last line, redrawn in place with a carriage return; everything
// else is printed above it. The bar drops what the terminal's width has no room for, since a line that wraps
// cannot be redrawn.
import type { StepEvent, TrainEvent } from "../../metrics/mod.ts";
import { formatCount, formatRate, formatSeconds } from "../../text_format.ts";
import { eventLines } from "./plain.ts";

/** Shows events. Call `close` at the end of the program, also after an error. */
export interface EventRenderer {
  render(event: TrainEvent): void;
  /** Leave the output in a state in which other text can follow. */
  close(): void;
}

export interface RendererOptions {
  color: boolean;
  write(text: string): void;
  /** The terminal's width now. */
  columns(): number;
}

const REDRAW_SECONDS = 0.1;
/** Lengths of the bar's scale. */
const SCALE = { min: 10, max: 30 };

const COLORS = { bold: "1", dim: "2", green: "32", yellow: "33" } as const;

export class TerminalRenderer implements EventRenderer {
  readonly #options: RendererOptions;
  /** The bar as it stands in the terminal, to be blanked; "" when there is none. */
  #bar = "";
  #drawnAt = -Infinity;

  constructor(options: RendererOptions) {
    this.#options = options;
  }

  render(event: TrainEvent): void {
    if (event.kind === "step") return this.#renderStep(event);
    const bar = this.#bar;
    this.#clear();
    const [first, ...rest] = eventLines(event);
    this.#options.write(`${this.#paint(first!, colorOf(event))}\n`);
    for (const line of rest) {
      this.#options.write(`${event.kind === "sample" ? this.#paint(line, "dim") : line}\n`);
    }
    if (bar !== "" && event.kind !== "done") this.#draw(bar);
  }

  close(): void {
    if (this.#bar === "") return;
    this.#options.write("\n");
    this.#bar = "";
  }

  #renderStep(event: StepEvent): void {
    const isLast = event.step === event.steps;
    if (!isLast && event.elapsedSeconds - this.#drawnAt < REDRAW_SECONDS) return;
    this.#drawnAt = event.elapsedSeconds;
    this.#draw(progressBar(event, this.#options.columns()));
  }

  #draw(bar: string): void {
    this.#options.write(`\r${bar.padEnd(this.#bar.length)}`);
    this.#bar = bar;
  }

  #clear(): void {
    if (this.#bar !== "") this.#options.write(`\r${" ".repeat(this.#bar.length)}\r`);
    this.#bar = "";
  }

  #paint(text: string, color: keyof typeof COLORS | null): string {
    return color === null || !this.#options.color ? text : `\x1b[${COLORS[color]}m${text}\x1b[0m`;
  }
}

/** The bar's text, shorter than `columns`: a terminal wraps once its last column is written. */
export function progressBar(event: StepEvent, columns: number): string {
  const room = Math.max(10, columns - 1);
  const share = Math.min(1, event.step / event.steps);
  let line = `${String(Math.floor(share * 100)).padStart(3)}% ${event.step}/${event.steps}`;
  const parts = [
    `loss ${event.loss.toFixed(3)}`,
    `${formatSeconds(event.remainingSeconds)} left`,
    `${formatCount(event.tokensPerSecond)} tokens/s`,
    `lr ${formatRate(event.learningRate)}`,
  ];
  for (const part of parts) {
    if (line.length + 2 + part.length > room) break;
    line += `  ${part}`;
  }
  const scale = Math.min(SCALE.max, room - line.length - 3);
  if (scale < SCALE.min) return line.slice(0, room);
  return `[${"#".repeat(Math.floor(share * scale)).padEnd(scale, ".")}] ${line}`;
}

function colorOf(event: TrainEvent): keyof typeof COLORS | null {
  if (event.kind === "evaluation") return event.best ? "green" : "bold";
  if (event.kind === "notice" && event.level === "warning") return "yellow";
  return event.kind === "done" ? "bold" : null;
}
