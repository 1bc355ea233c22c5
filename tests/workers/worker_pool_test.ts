/** A pool whose workers fail: whatever they do, what was asked fails soon, with a reason. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeviceError } from "../../src/errors.ts";
import { WorkerPool } from "../../src/workers/mod.ts";
import { Watchdog } from "../../src/workers/watchdog.ts";
import type { FaultKind } from "./fault.ts";
import type { FaultyRequest } from "./faulty_worker.ts";

interface Answers {
  fail: never;
  work: number;
  garbled: never;
}

function poolOf(workers: number, silenceMs: number): WorkerPool<FaultyRequest, Answers> {
  return new WorkerPool(import.meta.resolve("./faulty_worker.ts"), { workers, silenceMs });
}

const REASONS: Readonly<Record<Exclude<FaultKind, "throw" | "heap">, string>> = {
  hang: "worker 2 of 2 gave no sign for 1.2 s",
  wait: "worker 2 of 2 gave no sign for 1.2 s",
  sleep: "worker 2 of 2 gave no sign for 1.2 s",
  close: "worker 2 of 2 has stopped: it was closed",
  exit: "worker 2 of 2 has stopped: it was closed",
  unhandled: "worker 2 of 2 has stopped: injected",
};

for (const [how, reason] of Object.entries(REASONS) as [keyof typeof REASONS, string][]) {
  Deno.test(`a worker that fails by ${how} fails everything that was asked, and says why`, async () => {
    using pool = poolOf(2, 1200);
    await Promise.all([0, 1].map((worker) => pool.ask(worker, { kind: "work", ms: 0 })));
    const others = assertRejects(() => pool.ask(0, { kind: "work", ms: 60_000 }), DeviceError, reason);
    await assertRejects(() => pool.ask(1, { kind: "fail", how }), DeviceError, reason);
    await others;
    await assertRejects(() => pool.ask(0, { kind: "work", ms: 0 }), DeviceError, reason);
  });
}

Deno.test("a worker that cannot say its answer fails what was asked", async () => {
  using pool = poolOf(1, 60_000);
  await assertRejects(() => pool.ask(0, { kind: "garbled" }), DeviceError, "has stopped");
});

Deno.test("a worker may work for longer than it may be silent, and be idle for longer", async () => {
  using pool = poolOf(2, 400);
  assertEquals(await pool.ask(0, { kind: "work", ms: 900 }), 900);
  assertEquals(await pool.ask(1, { kind: "work", ms: 10 }), 10);
});

Deno.test("time in which nobody looked is not a worker's silence", () => {
  const watchdog = new Watchdog(1, 25_000);
  let now = 0;
  const looks = (count: number, gapMs: number): number[] =>
    Array.from({ length: count }, () => watchdog.look(now += gapMs, () => true));
  watchdog.words[0]![0]!++;
  assertEquals(looks(1, 1000), [-1]);
  assert(looks(12, 3_600_000).every((silent) => silent === -1), "the machine slept, or the process stood");
  assertEquals(looks(1, 1000), [0], "silent for 25 s of looking");
  watchdog.words[0]![0]!++;
  assertEquals(looks(26, 1000).slice(-2), [-1, 0]);
});

Deno.test("who has nothing to do is not missed", () => {
  const watchdog = new Watchdog(2, 25_000);
  for (let now = 0; now < 100_000; now += 1000) assertEquals(watchdog.look(now, () => false), -1);
  watchdog.words[1]![0]!++;
  for (let now = 100_000; now < 125_000; now += 1000) assertEquals(watchdog.look(now, (i) => i === 1), -1);
  assertEquals(watchdog.look(127_000, (i) => i === 1), 1);
});

Deno.test("a worker that is still loading its modules has a minute", () => {
  const watchdog = new Watchdog(1, 25_000);
  const found = Array.from({ length: 61 }, (_, second) => watchdog.look(1000 * second, () => true));
  assertEquals(found.indexOf(0), 58, "the first look counts for two seconds");
});
