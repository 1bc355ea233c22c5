// Events as lines of text.
import { DEFAULT_TRAIN_CONFIG } from "../../config.ts";
import { MODEL_OPTIONS } from "../../config/model_options.ts";
import { defaultOf, type OptionSpec, RECIPE_NAMES } from "../../config/option.ts";
import { TRAIN_OPTIONS } from "../../config/train_options.ts";
import type { StartEvent, TrainEvent } from "../../metrics/mod.ts";
import { formatCount, formatRate, formatSeconds, printable, printableLine } from "../../text_format.ts";

/** An event's lines, safe to print, without colours and line ends. */
export function eventLines(event: TrainEvent): string[] {
  return linesOf(event).map(printableLine);
}

function linesOf(event: TrainEvent): string[] {
  switch (event.kind) {
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
        `${formatCount(event.validationDocuments)} to validate on; split ${event.splitHash.slice(0, 12)}`,
        `run: ${run}${formatCount(steps)} steps, ${formatCount(event.stepsPerEpoch)} an epoch`,
      ];
    }
    case "step": {
      const rate = `lr ${formatRate(event.learningRate)}  grad ${event.gradientNorm.toFixed(2)}`;
      return [
        `step ${event.step}/${event.steps}  loss ${event.loss.toFixed(4)}  ${rate}  ` +
        `${formatCount(event.tokensPerSecond)} tokens/s  ${formatCount(event.stepMs)} ms  ` +
        `left ${formatSeconds(event.remainingSeconds)}`,
      ];
    }
    case "evaluation": {
      const { documents, validationDocuments } = event;
      const isPart = documents < validationDocuments;
      const part = isPart ? ` (${formatCount(documents)} of ${formatCount(validationDocuments)} proofs)` : "";
      const figures = `${event.bitsPerByte.toFixed(4)} bits/byte, loss ${event.loss.toFixed(4)}`;
      return [`evaluation at step ${event.step}: ${figures}${part}${event.best ? ", best so far" : ""}`];
    }
    case "sample":
      return [`sample at step ${event.step}:`, ...quoted("> ", event.prompt), ...quoted("  ", event.text)];
    case "checkpoint":
      return [`checkpoint ${event.path} (${event.reason})`];
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

/** What recipes decide differently; in brackets what this one says where the run does otherwise. */
function recipeLine({ options }: StartEvent): string {
  const name = RECIPE_NAMES.find((name) => name === options.recipe) ?? DEFAULT_TRAIN_CONFIG.recipe;
  const parts = Object.entries<OptionSpec>({ ...MODEL_OPTIONS, ...TRAIN_OPTIONS }).flatMap(([key, spec]) => {
    if (spec.recipes === undefined || key === "recipe") return [];
    const [value, usual] = [options[key], defaultOf(spec, name)];
    return [`${key} ${value}${value === usual ? "" : ` (${name}: ${usual})`}`];
  });
  return `recipe: ${name}; ${parts.join(", ")}`;
}

/** The lines of a foreign text, each behind a mark. */
function quoted(mark: string, text: string): string[] {
  return printable(text).replace(/\n$/, "").split("\n").map((line) => `  ${mark}${line}`.trimEnd());
}
