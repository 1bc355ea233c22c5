// What the page is told of a run: numbers in columns, evaluations, samples. Made of a metrics file's events,
// of which nothing is believed: what is not the number or the text that belongs there becomes null or is cut.
import { isRecord } from "../io/mod.ts";

type Event = Readonly<Record<string, unknown>>;
type Figure = number | null;

/** The columns of a run's steps. */
export const COLUMNS = [
  "step",
  "seconds",
  "loss",
  "learningRate",
  "tokensPerSecond",
  "gradientNorm",
] as const;

/** Bits a byte on held-out proofs, of whole files and by section. */
export interface EvaluationFigures {
  readonly step: Figure;
  readonly seconds: number;
  readonly loss: Figure;
  readonly bitsPerByte: Figure;
  readonly documents: Figure;
  /** By a section's letter; none where the run did not tell. */
  readonly sections: Readonly<Record<string, number>>;
}

/** What the model wrote, token by token where the run told. */
export interface SampleFigures {
  readonly step: Figure;
  readonly prompt: string;
  readonly text: string;
  readonly tokens: readonly string[];
  /** Of each token, at temperature 1. */
  readonly probabilities: readonly Figure[];
}

/** A run, or what has come to it. */
export interface Figures {
  /** The event that began it, or its newest part. */
  start?: Event;
  done?: Event;
  readonly steps: Readonly<Record<typeof COLUMNS[number], Figure[]>>;
  readonly evaluations: EvaluationFigures[];
  readonly samples: SampleFigures[];
  readonly notices: string[];
}

/** Points, samples and notices of a run that are told at once, and characters of a text. */
const [MOST_POINTS, MOST_SAMPLES, MOST_NOTICES, MOST_TEXT] = [5000, 30, 20, 20_000];

/** Adds up the time of a run's parts: each begins at 0. */
export class FiguresReader {
  #earlier = 0;
  #seconds = 0;

  /** The figures of the events that come next. */
  read(events: readonly Event[]): Figures {
    const found = noFigures();
    const steps: Event[] = [];
    for (const event of events) {
      if (event.kind === "start") [this.#earlier, this.#seconds] = [this.#earlier + this.#seconds, 0];
      const elapsed = numberOf(event.elapsedSeconds);
      if (elapsed !== null && elapsed >= 0) this.#seconds = elapsed;
      const seconds = this.#earlier + this.#seconds;
      if (event.kind === "start") [found.start, found.done] = [event, {}];
      else if (event.kind === "done") found.done = event;
      else if (event.kind === "step") steps.push({ ...event, seconds });
      // That of `tactics eval` has no time.
      else if (event.kind === "evaluation" && elapsed !== null) {
        found.evaluations.push(evaluation(event, seconds));
      } else if (event.kind === "sample") found.samples.push(sample(event));
      else if (event.kind === "notice") found.notices.push(textOf(event.message));
    }
    const stride = Math.ceil(steps.length / MOST_POINTS);
    for (const [i, step] of steps.entries()) {
      if (i % stride !== 0 && i !== steps.length - 1) continue;
      for (const name of COLUMNS) found.steps[name].push(numberOf(step[name]));
    }
    found.samples.splice(0, found.samples.length - MOST_SAMPLES);
    found.notices.splice(0, found.notices.length - MOST_NOTICES);
    return found;
  }
}

/** Figures of nothing. */
export function noFigures(): Figures {
  const steps = Object.fromEntries(COLUMNS.map((name) => [name, [] as Figure[]]));
  return { steps: steps as Figures["steps"], evaluations: [], samples: [], notices: [] };
}

function evaluation(event: Event, seconds: number): EvaluationFigures {
  const sections = isRecord(event.sections) ? Object.entries(event.sections).slice(0, 8) : [];
  return {
    step: numberOf(event.step),
    seconds,
    loss: numberOf(event.loss),
    bitsPerByte: numberOf(event.bitsPerByte),
    documents: numberOf(event.documents),
    sections: Object.fromEntries(
      sections.flatMap(([tag, bits]) => numberOf(bits) === null ? [] : [[tag.slice(0, 8), bits as number]]),
    ),
  };
}

function sample(event: Event): SampleFigures {
  const listOf = (value: unknown): unknown[] => Array.isArray(value) ? value.slice(0, 2000) : [];
  return {
    step: numberOf(event.step),
    prompt: textOf(event.prompt),
    text: textOf(event.text),
    tokens: listOf(event.tokens).map(textOf),
    probabilities: listOf(event.probabilities).map(numberOf),
  };
}

function numberOf(value: unknown): Figure {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MOST_TEXT) : "";
}
