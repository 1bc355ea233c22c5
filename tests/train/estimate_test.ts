/** What a run says before it begins: steps, minutes, memory, disk; and that saying it changes nothing. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { PlanEvent, TrainEvent } from "../../src/metrics/mod.ts";
import { estimateMemory } from "../../src/train/memory.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { digests, eventsOf, prepareCorpus, runOptions, shortRun, smallModel } from "./run_fixture.ts";

function planOf(events: readonly TrainEvent[]): PlanEvent {
  const [plan] = events.filter((event) => event.kind === "plan");
  assert(plan !== undefined);
  return plan;
}

Deno.test("a run that says what it will take leaves the bytes of one that does not", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const [told, quiet] = await Promise.all(["told", "quiet"].map(async (name) => {
    const more = { train: shortRun({ optimizer: "muon" }), availableBytes: 2e9, freeBytes: 1e9 };
    const directory = join(folder.path, name);
    return await runOptions(corpus, directory, { ...more, backend: "wasm", estimate: name === "told" });
  }));
  const events = await eventsOf(told!);
  const silent = await eventsOf(quiet!);
  assertEquals(events.map(({ kind }) => kind), ["plan", ...silent.map(({ kind }) => kind)]);
  const files = await digests(told!.checkpointDir);
  assertEquals(files, await digests(quiet!.checkpointDir));

  const plan = planOf(events);
  assertEquals([plan.steps, plan.checkpoints, plan.availableBytes, plan.freeBytes], [6, 4, 2e9, 1e9]);
  assertEquals(plan.memoryBytes, estimateMemory(smallModel(), shortRun(), 1).totalBytes);
  const sizes = Object.keys(files).map((name) => Deno.statSync(join(told!.checkpointDir, name)).size);
  const written = sizes.reduce((sum, size) => sum + size, 0);
  assert(plan.diskBytes <= written && plan.diskBytes > 0.9 * written, `${plan.diskBytes} of ${written}`);
  const start = events.find((event) => event.kind === "start")!;
  assert(Math.abs(plan.epochs - 6 / start.stepsPerEpoch) < 0.3 * plan.epochs, `${plan.epochs}`);
  // How near it comes depends on what else the machine does meanwhile.
  assert(plan.minutes > 0 && plan.minutes < 10, `${plan.minutes}`);
});

Deno.test("a run by the clock says its time, and the steps that fit; a disk that is too small is told", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const train = shortRun({ steps: null, minutes: 0.01 });
  const more = { train, backend: "wasm", estimate: true, freeBytes: 1000 } as const;
  const events = await eventsOf(await runOptions(corpus, join(folder.path, "run"), more));
  const [measuring, plan, warning, start] = events;
  assertEquals([measuring, plan, warning, start].map((event) => event?.kind), [
    "notice",
    "plan",
    "notice",
    "start",
  ]);
  assert(plan?.kind === "plan" && start?.kind === "start");
  assertEquals([plan.minutes, plan.steps], [0.01, start.steps]);
  assert(
    warning?.kind === "notice" && warning.level === "warning" && warning.message.includes("1.00 kB left"),
  );
});
