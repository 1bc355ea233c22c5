// Events in a terminal: a live region of two lines (how far, how fast, how long; curves of loss and bits a
// byte), everything else above it.
import type { EvaluationEvent, StepEvent, TrainEvent } from "../../metrics/mod.ts";
import { formatCount, formatSeconds } from "../../text_format.ts";
import type { LiveRegion } from "../live_region.ts";
import { eventLines, hasHeader, TABLE_HEADER } from "./plain.ts";
import { History } from "./sparkline.ts";

/** Shows events. */
export interface EventRenderer {
  render(event: TrainEvent): void;
}

export interface TerminalOptions {
  readonly color: boolean;
  readonly region: LiveRegion;
  /** Print lines above the region. */
  print(event: TrainEvent, lines: readonly string[]): void;
  /** The terminal's width now. */
  columns(): number;
}

/** Lengths of the bar's scale, and of a curve. */
const SCALE = { min: 10, max: 30 };
const CURVE = { min: 8, max: 40 };

const COLORS = { bold: "1", dim: "2", green: "32", yellow: "33" } as const;

export class TerminalRenderer implements EventRenderer {
  readonly #options: TerminalOptions;
  readonly #losses = new History();
  readonly #bits = new History();
  #hasHeader = false;
  #step: StepEvent | null = null;
  #evaluation: EvaluationEvent | null = null;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  render(event: TrainEvent): void {
    if (event.kind === "step") this.#losses.add(event.loss);
    if (event.kind === "evaluation") this.#bits.add(event.bitsPerByte);
    if (event.kind === "step") this.#step = event;
    else this.#print(event);
    if (event.kind === "evaluation") this.#evaluation = event;
    if (event.kind !== "done") this.#draw(event.kind !== "step");
  }

  #print(event: TrainEvent): void {
    const [first, ...rest] = eventLines(event);
    if (first === undefined) return;
    const lines = [this.#paint(first, colorOf(event))];
    for (const line of rest) lines.push(event.kind === "sample" ? this.#paint(line, "dim") : line);
    if (hasHeader(event) && !this.#hasHeader) {
      lines.unshift(this.#paint(TABLE_HEADER, "dim"));
      this.#hasHeader = true;
    }
    this.#options.print(event, lines);
  }

  #draw(now: boolean): void {
    if (this.#step === null) return;
    const columns = this.#options.columns();
    const { step, steps } = this.#step;
    const curves = curveLine(columns, [
      ["loss", this.#step.loss.toFixed(3), this.#losses],
      ["bits/byte", this.#evaluation?.bitsPerByte.toFixed(3), this.#bits],
    ]);
    this.#options.region.show([progressBar(this.#step, columns), curves], now || step === steps);
  }

  #paint(text: string, color: keyof typeof COLORS | null): string {
    return color === null || !this.#options.color ? text : `\x1b[${COLORS[color]}m${text}\x1b[0m`;
  }
}

/** The bar's text, shorter than `columns`; what has no room is left out. */
export function progressBar(event: StepEvent, columns: number): string {
  const room = Math.max(10, columns - 1);
  const share = Math.min(1, event.step / event.steps);
  let line = `${String(Math.floor(share * 100)).padStart(3)}%`;
  const parts = [
    `${formatSeconds(event.remainingSeconds)} left`,
    `step ${formatCount(event.step)} of ${formatCount(event.steps)}`,
    `${formatCount(event.tokensPerSecond)} tokens/s`,
  ];
  for (const part of parts) {
    if (line.length + 2 + part.length > room) break;
    line += `  ${part}`;
  }
  const scale = Math.min(SCALE.max, room - line.length - 3);
  if (scale < SCALE.min) return line.slice(0, room);
  return `${bar(share, scale)} ${line}`;
}

/** A scale of `width` columns, filled up to a share in [0, 1]. */
export function bar(share: number, width: number): string {
  const filled = share > 0 ? Math.max(1, Math.floor(share * width)) : 0;
  return "█".repeat(filled).padEnd(width, "░");
}

/** Names, newest values and curves side by side; those without a value yet are left out. */
function curveLine(
  columns: number,
  curves: readonly (readonly [name: string, value: string | undefined, history: History])[],
): string {
  const known = curves.filter(([, value]) => value !== undefined);
  const labels = known.map(([name, value]) => `${name} ${value}`);
  const room = columns - 1 - labels.reduce((sum, label) => sum + label.length + 4, 0);
  const width = Math.min(CURVE.max, Math.floor(room / labels.length));
  if (width < CURVE.min) return labels.join("   ");
  return labels.map((label, i) => `${label} ${known[i]![2].sparkline(width)}`).join("   ");
}

function colorOf(event: TrainEvent): keyof typeof COLORS | null {
  if (event.kind === "evaluation") return event.best ? "green" : null;
  if (event.kind === "notice" && event.level === "warning") return "yellow";
  return event.kind === "done" ? "bold" : null;
}
