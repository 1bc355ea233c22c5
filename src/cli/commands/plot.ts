// `tactics plot`: learning curves of runs as a picture.
import { basename, dirname } from "@std/path";
import { readBounded, writeFileAtomic } from "../../io/mod.ts";
import { MAX_METRICS_BYTES } from "../../metrics/metrics_lines.ts";
import { type CurveSeries, curveSvg, learningCurve, METRICS_NAME } from "../../metrics/mod.ts";
import type { Command, CommandContext } from "../command.ts";
import { removeLeft } from "../run_setup.ts";

export const plot: Command = {
  name: "plot",
  summary: "Draw runs' bits per byte against minutes, as an SVG picture",
  description: [
    "Each METRICS is the metrics.jsonl that a run left beside its checkpoints, or what it printed with " +
    "--json, and one line in the picture.",
  ],
  examples: [
    ["tactics plot checkpoints/metrics.jsonl", "The newest run"],
    ["tactics plot fast/metrics.jsonl reference/metrics.jsonl -o curve.svg", "Two runs in one picture"],
  ],
  next: [["tactics plot RUN RUN", "The curves of several runs in one picture"]],
  options: ["output"],
  defaults: { output: "curve.svg" },
  positionals: [["METRICS...", "A run's metrics.jsonl"]],
  writesIn: ({ options }) => [dirname(options.output ?? "curve.svg")],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const path = context.options.output ?? "curve.svg";
  const series: CurveSeries[] = [];
  for (const file of context.positionals) {
    const text = new TextDecoder().decode(await readBounded(file, { maxBytes: MAX_METRICS_BYTES }));
    const leftOut = (what: string): void => context.notice("warning", `${file}: left out: ${what}`);
    series.push({ name: nameOf(file), points: learningCurve(text, file, leftOut) });
  }
  await removeLeft(context, dirname(path), { isOwn: (name) => name === basename(path) });
  await writeFileAtomic(path, new TextEncoder().encode(curveSvg(series)));
  const runs = series.map(({ name, points }) => {
    const best = points.reduce((a, b) => b.bitsPerByte < a.bitsPerByte ? b : a);
    return { name, evaluations: points.length, minutes: points.at(-1)!.minutes, best };
  });
  context.emit({ kind: "plot", path, runs }, path);
}

/** The file's name without ending; where it has the usual name, its folder's. */
function nameOf(file: string): string {
  const parts = file.split(/[/\\]/).filter((part) => part !== "" && part !== ".");
  if (parts.at(-1) === METRICS_NAME && parts.length > 1) return parts.at(-2)!;
  return parts.at(-1)!.replace(/(.)\.[^.]*$/, "$1");
}
