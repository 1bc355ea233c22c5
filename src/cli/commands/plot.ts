/** `tactics plot`: learning curves of runs as a picture. */
import { DataError } from "../../errors.ts";
import { writeFileAtomic } from "../../io/atomic_file.ts";
import { type CurveSeries, curveSvg } from "../../metrics/curve_svg.ts";
import { learningCurve } from "../../metrics/learning_curve.ts";
import type { Command, CommandContext } from "../command.ts";

/** See the top of this file. */
export const plot: Command = {
  name: "plot",
  summary: "Draw runs' bits per byte against minutes, as an SVG picture",
  usage: "tactics plot METRICS... [-o FILE]",
  description: [
    "Each METRICS is what a run printed with --json, and one line in the picture, under the file's name.",
  ],
  examples: [
    { command: "tactics train --minutes 30 --json > fast.jsonl", description: "Keep a run's metrics" },
    {
      command: "tactics plot fast.jsonl reference.jsonl -o curve.svg",
      description: "Two runs in one picture",
    },
  ],
  options: ["output"],
  defaults: { output: "curve.svg" },
  positionals: [{
    name: "METRICS",
    description: "A file of JSON lines from train --json",
    required: true,
    repeated: true,
  }],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const path = context.options.output ?? "curve.svg";
  const series: CurveSeries[] = [];
  for (const file of context.positionals) {
    series.push({ name: nameOf(file), points: learningCurve(await readText(file), file) });
  }
  try {
    await writeFileAtomic(path, new TextEncoder().encode(curveSvg(series)));
  } catch (cause) {
    throw new DataError(`Cannot write "${path}": ${(cause as Error).message}`, { cause });
  }
  const runs = series.map(({ name, points }) => {
    const best = points.reduce((a, b) => b.bitsPerByte < a.bitsPerByte ? b : a);
    return { name, evaluations: points.length, minutes: points.at(-1)!.minutes, best };
  });
  context.emit({ kind: "plot", path, runs }, path);
}

async function readText(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new DataError(`Cannot read "${file}": ${(cause as Error).message}`, { cause });
  }
}

/** The file's name without folders and ending. */
function nameOf(file: string): string {
  return file.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "") || file;
}
