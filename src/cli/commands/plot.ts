// `tactics plot`: learning curves of runs as a picture.
import { basename, dirname, join } from "@std/path";
import { UsageError } from "../../errors.ts";
import { readBounded, writeFileAtomic } from "../../io/mod.ts";
import { MAX_METRICS_BYTES } from "../../metrics/metrics_lines.ts";
import { type CurveSeries, curveSvg, METRICS_NAME, runCurves } from "../../metrics/mod.ts";
import { runNamed } from "../../runs/mod.ts";
import type { Command, CommandContext } from "../command.ts";
import { removeLeft } from "../run_setup.ts";
import { svgToPng } from "../svg_png.ts";

export const plot: Command = {
  name: "plot",
  summary: "Draw runs' curves as a picture: bits per byte, loss, learning rate, tokens a second",
  description: [
    "Each RUN is one line in the picture: a run's name, latest, best, its folder, or the metrics.jsonl that it " +
    "left beside its checkpoints (also what it printed with --json). Without any it is the latest run.",
    "The picture is an SVG, or a PNG where the name ends so.",
  ],
  examples: [
    ["tactics plot", "The latest run"],
    ["tactics plot wide fast/metrics.jsonl -o curve.svg", "Two runs in one picture"],
  ],
  next: [["tactics plot RUN RUN", "The curves of several runs in one picture"]],
  options: ["output", "checkpointDir"],
  defaults: { output: "curve.svg" },
  positionals: [["[RUN]...", "A run's name, folder or metrics.jsonl"]],
  writesIn: ({ options }) => [dirname(options.output ?? "curve.svg")],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const path = context.options.output ?? "curve.svg";
  if (!/\.(svg|png)$/.test(path)) {
    throw new UsageError(`--output ${path}: the name of a picture ends with .svg or .png`);
  }
  const series: CurveSeries[] = [];
  const { positionals, settings: { checkpointDir } } = context;
  for (const word of positionals.length === 0 ? ["latest"] : positionals) {
    const { name, file } = await metricsOf(word, checkpointDir);
    const text = new TextDecoder().decode(await readBounded(file, { maxBytes: MAX_METRICS_BYTES }));
    const leftOut = (what: string): void => context.notice("warning", `${file}: left out: ${what}`);
    const { evaluations: points, steps } = runCurves(text, file, leftOut);
    series.push({ name, points, steps });
  }
  await removeLeft(context, dirname(path), { isOwn: (name) => name === basename(path) });
  const svg = curveSvg(series);
  await writeFileAtomic(path, path.endsWith(".png") ? await svgToPng(svg) : new TextEncoder().encode(svg));
  const runs = series.map(({ name, points, steps = [] }) => {
    const best = points.reduce((a, b) => b.bitsPerByte < a.bitsPerByte ? b : a);
    return { name, evaluations: points.length, steps: steps.length, minutes: points.at(-1)!.minutes, best };
  });
  context.emit({ kind: "plot", path, runs }, path);
}

/** Where a run's events are: the file itself, or that of the run that a word or a folder names. */
async function metricsOf(word: string, checkpointDir: string): Promise<{ name: string; file: string }> {
  const info = await Deno.stat(word).catch(() => null);
  if (info === null && !word.endsWith(".jsonl")) {
    const { name, directory } = await runNamed(word, checkpointDir);
    const file = join(directory, METRICS_NAME);
    return { name: name || nameOf(file), file };
  }
  const file = info?.isDirectory === true ? join(word, METRICS_NAME) : word;
  return { name: nameOf(file), file };
}

/** The file's name without ending; where it has the usual name, its folder's. */
function nameOf(file: string): string {
  const parts = file.split(/[/\\]/).filter((part) => part !== "" && part !== ".");
  if (parts.at(-1) === METRICS_NAME && parts.length > 1) return parts.at(-2)!;
  return parts.at(-1)!.replace(/(.)\.[^.]*$/, "$1");
}
