/** `tactics plot` and the metrics files that it reads: names, places, mistakes. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../src/cli/main.ts";
import { MetricsFile } from "../../src/cli/metrics_files.ts";
import { svgToPng } from "../../src/cli/svg_png.ts";
import { curveSvg } from "../../src/metrics/mod.ts";
import type { TrainEvent } from "../../src/metrics/events.ts";
import { moveEarlierRun } from "../../src/train/earlier_runs.ts";
import { EVENTS } from "./render/events.ts";
import { withFolder } from "../temporary_folder.ts";

async function plot(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const outcome = { code: -1, out: "", error: "" };
  const terminal = {
    writeOut: (text: string) => void (outcome.out += text),
    writeError: (text: string) => void (outcome.error += text),
    isTerminal: false,
    columns: () => 80,
    env: () => undefined,
    readInput: () => Promise.resolve(""),
  };
  outcome.code = await run(["plot", ...args], { terminal });
  return outcome;
}

function writeMetrics(folder: string, events: readonly TrainEvent[]): void {
  Deno.mkdirSync(folder, { recursive: true });
  using metrics = new MetricsFile(folder, (message) => assert(false, message));
  for (const event of events) metrics.render(event);
}

Deno.test("a metrics file holds the run's events, and a resumed run goes on in it", () =>
  withFolder(async (folder) => {
    writeMetrics(folder, EVENTS);
    writeMetrics(folder, EVENTS);
    const text = await Deno.readTextFile(join(folder, "metrics.jsonl"));
    const kinds = text.trimEnd().split("\n").map((line) => JSON.parse(line).kind as string);
    assertEquals(kinds.slice(0, kinds.length / 2), kinds.slice(kinds.length / 2));
    for (const kind of ["start", "step", "evaluation", "done"]) assert(kinds.includes(kind), kind);
  }));

Deno.test("a new run moves an earlier one's metrics aside, also when it left no checkpoint", () =>
  withFolder(async (folder) => {
    assertEquals(await moveEarlierRun(folder, new Date(0)), null);
    writeMetrics(folder, EVENTS);
    const earlier = await moveEarlierRun(folder, new Date(0));
    assertEquals(earlier, join(folder, "earlier-1970-01-01-00-00-00"));
    assertEquals([...Deno.readDirSync(earlier!)].map(({ name }) => name), ["metrics.jsonl"]);
  }));

Deno.test("a metrics file does not appear before the run's start", () =>
  withFolder((folder) => {
    writeMetrics(folder, [{ kind: "notice", level: "info", message: "measuring" }]);
    assertEquals([...Deno.readDirSync(folder)], []);
    return Promise.resolve();
  }));

Deno.test("plot draws a line a run, under its folder's or its file's name", () =>
  withFolder(async (folder) => {
    writeMetrics(join(folder, "fast"), EVENTS);
    await Deno.copyFile(join(folder, "fast", "metrics.jsonl"), join(folder, "other.run.jsonl"));
    const output = join(folder, "curve.svg");
    const files = [join(folder, "fast", "metrics.jsonl"), join(folder, "other.run.jsonl")];
    const { code, out } = await plot(...files, "-o", output, "--json");
    assertEquals(code, 0);
    const { kind, path, runs } = JSON.parse(out);
    assertEquals([kind, path], ["plot", output]);
    assertEquals(runs.map(({ name }: { name: string }) => name), ["fast", "other.run"]);
    const svg = await Deno.readTextFile(output);
    assert(svg.startsWith("<svg ") && svg.includes(">fast: 1.432 at best<"));
    for (const title of ["Loss of training, nats a token", "Learning rate", "Tokens a second"]) {
      assert(svg.includes(`>${title}</text>`), title);
    }
    const byFolder = await plot(join(folder, "fast"), "-o", output, "--json");
    assertEquals(JSON.parse(byFolder.out).runs, [runs[0]]);
  }));

Deno.test("plot draws a PNG where the name ends so, with text in its own font, and refuses other endings", () =>
  withFolder(async (folder) => {
    writeMetrics(folder, EVENTS);
    const output = join(folder, "curve.png");
    assertEquals((await plot(folder, "-o", output)).code, 0);
    const bytes = await Deno.readFile(output);
    assertEquals([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const header = new DataView(bytes.buffer, 16);
    assertEquals([header.getUint32(0), header.getUint32(4)], [1720, 1472]);
    const svg = curveSvg([{ name: "run", points: [{ minutes: 1, bitsPerByte: 2, step: 3 }] }]);
    const bare = svg.replaceAll(/<text[^>]*>[^<]*<\/text>/g, "");
    assert((await svgToPng(svg)).length > 1.5 * (await svgToPng(bare)).length, "no letters were drawn");
    const { code, error } = await plot(folder, "-o", join(folder, "curve.pdf"));
    assert(code === 2 && error.includes("ends with .svg or .png"), error);
  }));

Deno.test("plot says what is wrong with its files", () =>
  withFolder(async (folder) => {
    const file = join(folder, "empty.jsonl");
    await Deno.writeTextFile(file, "");
    for (
      const [args, code, message] of [
        [["--checkpoint-dir", folder], 1, 'There is no run in "'],
        [[file], 1, "No learning curve"],
        [[join(folder, "none.jsonl")], 1, "Cannot read"],
        [[file, "-x", "y"], 2, "unknown option -x"],
        [[file, "-o"], 2, "-o needs a value"],
      ] as const
    ) {
      const outcome = await plot(...args);
      assertEquals(outcome.code, code, outcome.error);
      assert(outcome.error.includes(message), outcome.error);
    }
    writeMetrics(folder, EVENTS);
    const unwritable = await plot(join(folder, "metrics.jsonl"), "-o", join(folder, "missing", "curve.svg"));
    assertEquals(unwritable.code, 1);
    assert(unwritable.error.includes("Cannot write"));
  }));
