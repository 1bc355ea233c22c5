/** What the dashboard reads of metrics files: found wherever they lie, as they grow, whatever they hold. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { FiguresReader } from "../../src/dashboard/figures.ts";
import { findMetrics } from "../../src/dashboard/find_metrics.ts";
import { RunFile } from "../../src/dashboard/run_file.ts";
import { SummaryReader } from "../../src/dashboard/summary.ts";
import { recordRun } from "../../src/runs/mod.ts";
import { startOf } from "../runs/made_runs.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { evaluationOf, lines, metricsOf, writeRun } from "./runs_fixture.ts";

Deno.test("findMetrics() finds files beside the checkpoints and in runs' folders, the newest first", async () => {
  using folder = new TemporaryFolder();
  const root = join(folder.path, "checkpoints");
  const paths = [root, join(root, "a"), join(root, "b", "earlier-1"), join(root, "1", "2", "3", "4")];
  for (const [i, path] of paths.entries()) {
    const file = await writeRun(path, metricsOf(10));
    await Deno.utime(file, 1000 + i, 1000 + i);
  }
  await Deno.mkdir(join(root, ".hidden"));
  await Deno.link(join(root, "a", "metrics.jsonl"), join(root, ".hidden", "metrics.jsonl"));
  await Deno.mkdir(join(root, "b", "same"));
  await Deno.link(join(root, "a", "metrics.jsonl"), join(root, "b", "same", "metrics.jsonl"));
  await Deno.symlink(folder.path, join(root, "up"));
  await writeRun(join(folder.path, "outside"), metricsOf(10));
  await Deno.mkdir(join(root, "c", "metrics.jsonl"), { recursive: true });
  assertEquals((await findMetrics(root)).map(({ name }) => name), [
    join("b", "earlier-1"),
    "a",
    "checkpoints",
  ]);
  assertEquals(await findMetrics(join(root, "nowhere")), []);
  // The current run has the name that it will have as a folder.
  const record = {
    start: startOf({}),
    name: "evening",
    dataDir: "",
    asked: {},
    tokenizerSha256: "",
    heldOut: [],
  };
  await recordRun(root, { ...record, now: new Date(0) });
  assertEquals((await findMetrics(root)).at(-1)!.name, "evening");
});

Deno.test("a growing file is told in pieces, whole lines only; a resumed run and another file anew", async () => {
  using folder = new TemporaryFolder();
  const path = await writeRun(folder.path, metricsOf(20, { isDone: false }));
  const run = new RunFile(path);
  const whole = (await run.next())!;
  assertEquals([whole.isWhole, whole.figures.steps.step.length, whole.figures.evaluations.length], [
    true,
    20,
    2,
  ]);
  assertEquals(await run.next(), null);
  const next = lines(evaluationOf(30, 3));
  await Deno.writeTextFile(path, next.slice(0, 20), { append: true });
  assertEquals(await run.next(), null);
  await Deno.writeTextFile(path, next.slice(20), { append: true });
  const piece = (await run.next())!;
  assertEquals([piece.isWhole, piece.figures.evaluations.map(({ step }) => step)], [false, [30]]);
  // From step 20 on again: what came later is forgotten, and time goes on from where it was.
  await Deno.writeTextFile(path, metricsOf(25, { from: 20 }), { append: true });
  const again = (await run.next())!;
  assertEquals([again.isWhole, again.figures.steps.step.at(-1), again.figures.evaluations.length], [
    true,
    25,
    2,
  ]);
  assertEquals(again.figures.steps.seconds.at(-1), 2.5);
  await Deno.writeTextFile(path, metricsOf(3));
  assertEquals((await run.next())!.figures.steps.step, [1, 2, 3]);
  await Deno.remove(path);
  assertEquals(await run.next(), null);
});

Deno.test("of 100,000 steps some 5,000 are told, the last among them", () => {
  const events = Array.from({ length: 100_000 }, (_, i) => ({ kind: "step", step: i + 1, loss: 1 }));
  const { steps } = new FiguresReader().read(events);
  assert(steps.step.length <= 5001, String(steps.step.length));
  assertEquals(steps.step.at(-1), 100_000);
});

Deno.test("what is no number and no text is not told", () => {
  const events = [
    { kind: "step", step: "1", loss: { a: 1 }, learningRate: "<script>", elapsedSeconds: "x" },
    { kind: "evaluation", step: 1, bitsPerByte: [], elapsedSeconds: 1, sections: { G: "1", P: 2, T: null } },
    { kind: "sample", prompt: 1, text: "x".repeat(50_000), tokens: [1, "a"], probabilities: ["b", 0.5] },
    { kind: "start", options: 1 },
    {},
  ];
  const { steps, evaluations, samples } = new FiguresReader().read(events);
  assertEquals([steps.step, steps.loss, steps.learningRate, steps.seconds], [[null], [null], [null], [0]]);
  assertEquals([evaluations[0]!.bitsPerByte, evaluations[0]!.sections], [null, { P: 2 }]);
  assertEquals([samples[0]!.prompt, samples[0]!.text.length], ["", 20_000]);
  assertEquals([samples[0]!.tokens, samples[0]!.probabilities], [["", "a"], [null, 0.5]]);
});

Deno.test("the list tells how far runs are, and which goes on", async () => {
  using folder = new TemporaryFolder();
  await writeRun(join(folder.path, "done"), metricsOf(40));
  await writeRun(join(folder.path, "live"), metricsOf(20, { isDone: false }));
  const old = await writeRun(join(folder.path, "stopped"), metricsOf(10, { isDone: false }));
  await Deno.utime(old, 1000, 1000);
  const list = await new SummaryReader().of(await findMetrics(folder.path));
  const told = list.map((
    { name, isLive, step, bitsPerByte },
  ) => [name, isLive, step, bitsPerByte?.toFixed(3)]);
  assertEquals(told.sort(), [
    ["done", false, 40, "0.237"],
    ["live", true, 20, "0.335"],
    ["stopped", false, 10, "0.474"],
  ]);
});
