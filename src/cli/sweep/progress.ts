// What a sweep shows while it goes on: a line for each run under way, and one for the whole.
import { formatCount, formatSeconds, tableLines } from "../../text_format.ts";
import { bar } from "../render/terminal.ts";
import type { JsonEvent } from "./run_in_worker.ts";

/** Of a bar's scale, in columns. */
const SCALE = 12;

/** A run under way. */
interface Underway {
  step: number;
  steps: number;
  remainingSeconds: number | null;
  bitsPerByte: number | null;
}

export class SweepProgress {
  readonly #underway = new Map<string, Underway>();
  #over: number;

  /** @param count of all runs @param over of those that need nothing more */
  constructor(readonly count: number, over: number) {
    this.#over = over;
  }

  /** Runs that are over, those of before among them. */
  get over(): number {
    return this.#over;
  }

  begin(name: string): void {
    this.#underway.set(name, { step: 0, steps: 0, remainingSeconds: null, bitsPerByte: null });
  }

  end(name: string, isOver: boolean): void {
    this.#underway.delete(name);
    if (isOver) this.#over++;
  }

  /** Take up an event of a run's. */
  hear(name: string, event: JsonEvent): void {
    const run = this.#underway.get(name);
    if (run !== undefined && ["start", "step", "evaluation"].includes(event.kind)) {
      const known = Object.entries(event).filter(([key]) => key in run);
      Object.assign(run, Object.fromEntries(known));
    }
  }

  /** The lines. */
  lines(): string[] {
    const rows = tableLines([...this.#underway].map(([name, run]) => [name, stateText(run)]), 2);
    const waiting = this.count - this.#over - this.#underway.size;
    const done = `${this.#over} of ${this.count} runs are over`;
    return [...rows, waiting > 0 ? `${done}, ${waiting} wait` : done];
  }
}

function stateText({ step, steps, remainingSeconds, bitsPerByte }: Underway): string {
  if (steps === 0) return "begins";
  const parts = [
    `${bar(step / steps, SCALE)} ${formatCount(step)} of ${formatCount(steps)}`,
    ...remainingSeconds === null ? [] : [`${formatSeconds(remainingSeconds)} left`],
    ...bitsPerByte === null ? [] : [`${bitsPerByte.toFixed(4)} bits/byte`],
  ];
  return parts.join("  ");
}
