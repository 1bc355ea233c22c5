// Events as lines of text.
import { DEFAULT_TRAIN_CONFIG } from "../../config.ts";
import { MODEL_OPTIONS } from "../../config/model_options.ts";
import { defaultOf, type OptionSpec, RECIPE_NAMES } from "../../config/option.ts";
import { TRAIN_OPTIONS } from "../../config/train_options.ts";
import type { EvaluationEvent, StartEvent, StepEvent, TrainEvent } from "../../metrics/mod.ts";
import { formatBytes, formatCount, formatSeconds, printable, printableLine } from "../../text_format.ts";

/** An event's lines, safe to print, without colours and line ends. */
export function eventLines(event: TrainEvent): string[] {
  return linesOf(event).map(printableLine);
}

function linesOf(event: TrainEvent): string[] {
  switch (event.kind) {
    case "plan": {
      const { steps, epochs, minutes, memoryBytes, availableBytes, diskBytes, freeBytes } = event;
      const of = (bytes: number | null, text: string): string =>
        bytes === null ? "" : `, ${formatBytes(bytes)} ${text}`;
      return [
        `this run: ${formatCount(steps)} steps (${formatEpochs(epochs)}), about ${
          formatSeconds(60 * minutes)
        }`,
        `memory: about ${formatBytes(memoryBytes)}${of(availableBytes, "available")}`,
        `disk: about ${
          formatBytes(diskBytes)
        } for ${event.checkpoints} checkpoints in ${event.checkpointDir}` +
        of(freeBytes, "free"),
      ];
    }
    case "start": {
      const { workers, step, steps } = event;
      const run = step === 0 ? "" : `from step ${formatCount(step)} to `;
      return [
        `model: ${event.architecture}, ${formatCount(event.parameters)} parameters; ${event.backend}, ` +
        `${workers} ${workers === 1 ? "worker" : "workers"}`,
        recipeLine(event),
        `proofs: ${formatCount(event.trainDocuments)} to train on (${
          formatCount(event.trainTokens)
        } tokens), ` +
        `${formatCount(event.validationDocuments)} held out; split ${event.splitHash.slice(0, 12)}`,
        `run: ${run}${formatCount(steps)} steps, ${formatCount(event.stepsPerEpoch)} an epoch`,
      ];
    }
    case "step": {
      const { tokensPerSecond, remainingSeconds, meanSentBytes } = event;
      const sent = meanSentBytes === undefined ? "" : `, ${formatBytes(meanSentBytes)} sent a step`;
      const left = `${formatCount(tokensPerSecond)} tokens/s, ${formatSeconds(remainingSeconds)} left`;
      return [row(event, "-", left + sent)];
    }
    case "evaluation": {
      const { documents, validationDocuments: all } = event;
      const part = documents < all ? `${formatCount(documents)} of ${formatCount(all)}` : formatCount(all);
      const on = `on ${part} proofs`;
      return [row(event, event.bitsPerByte.toFixed(4), event.best ? `best so far, ${on}` : on)];
    }
    case "sample":
      return [`sample at step ${event.step}:`, ...quoted("> ", event.prompt), ...quoted("  ", event.text)];
    case "checkpoint": // those of an evaluation and of an interval come too often to be news
      return ["best", "interval"].includes(event.reason) ? [] : [`checkpoint: ${event.path}`];
    case "notice": {
      const hint = event.hint === undefined ? [] : [`hint: ${event.hint}`];
      return [`${event.level === "warning" ? "warning: " : ""}${event.message}`, ...hint];
    }
    case "done": {
      const { bestBitsPerByte, bestStep, path } = event;
      const reason = event.reason === "early-stopping" ? "stopped early" : event.reason;
      const best = bestBitsPerByte === null
        ? ""
        : `; best ${bestBitsPerByte.toFixed(4)} bits/byte at step ${bestStep}`;
      return [
        `${reason} at step ${event.step}/${event.steps} after ${formatSeconds(event.elapsedSeconds)}${best}`,
        ...path === "" ? [] : [`model: ${path}`],
      ];
    }
    default:
      throw new Error(`internal: unknown event ${JSON.stringify(event satisfies never)}`);
  }
}

function formatEpochs(epochs: number): string {
  if (epochs < 1) return "less than an epoch";
  return `${epochs < 10 ? Number(epochs.toFixed(1)) : formatCount(epochs)} epochs`;
}

/** Steps and evaluations are rows of one table. */
export const TABLE_HEADER = "    step      time    loss  bits/byte";

export function hasHeader({ kind }: TrainEvent): boolean {
  return kind === "step" || kind === "evaluation";
}

function row(event: StepEvent | EvaluationEvent, bitsPerByte: string, remark: string): string {
  const cells: [text: string, width: number][] = [
    [formatCount(event.step), 8],
    [formatSeconds(event.elapsedSeconds), 9],
    [event.loss.toFixed(4), 7],
    [bitsPerByte, 10],
  ];
  return `${cells.map(([text, width]) => text.padStart(width)).join(" ")}  ${remark}`;
}

/** The recipe, and what this run does otherwise. */
function recipeLine({ options }: StartEvent): string {
  const name = RECIPE_NAMES.find((name) => name === options.recipe) ?? DEFAULT_TRAIN_CONFIG.recipe;
  const others = Object.entries<OptionSpec>({ ...MODEL_OPTIONS, ...TRAIN_OPTIONS }).flatMap(([key, spec]) => {
    if (spec.recipes === undefined || key === "recipe") return [];
    const [value, usual] = [options[key], defaultOf(spec, name)];
    return value === usual ? [] : [`${key} ${value} instead of ${usual}`];
  });
  return [`recipe: ${name}`, ...others].join(", ");
}

/** The lines of a foreign text, each behind a mark. */
function quoted(mark: string, text: string): string[] {
  return printable(text).replace(/\n$/, "").split("\n").map((line) => `  ${mark}${line}`.trimEnd());
}
