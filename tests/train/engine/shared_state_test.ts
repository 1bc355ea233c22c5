/** What workers share: the barrier in real threads, and the slices of the flat vector. */
import { assertEquals, assertThrows } from "@std/assert";
import {
  Barrier,
  BLOCK_ELEMENTS,
  BROKEN_MESSAGE,
  parameterSlice,
} from "../../../src/train/engine/shared_state.ts";
import type { BarrierJob } from "./barrier_worker.ts";

/** Run the jobs, a thread each, until `answers` of them have said how it went. */
async function inThreads(jobs: readonly BarrierJob[], answers: number): Promise<string[]> {
  const messages: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const threads = jobs.map((job) => {
    const thread = new Worker(import.meta.resolve("./barrier_worker.ts"), { type: "module" });
    thread.onmessage = (event: MessageEvent<string>): void => {
      if (messages.push(event.data) === answers) resolve();
    };
    thread.postMessage(job);
    return thread;
  });
  await promise;
  for (const thread of threads) thread.terminate();
  return messages;
}

function jobs(workers: number, breakAt = -1): BarrierJob[] {
  const [barrier, rounds] = [new SharedArrayBuffer(12), new SharedArrayBuffer(4 * workers)];
  return Array.from({ length: workers }, (_, worker) => ({
    barrier,
    rounds,
    worker,
    workers,
    count: 500,
    breakAt: worker === 0 ? breakAt : -1,
  }));
}

Deno.test("nobody passes the barrier before all have come", async () => {
  assertEquals(await inThreads(jobs(3), 3), ["done", "done", "done"]);
});

Deno.test("a broken barrier lets everybody go with an error, early and late comers", async () => {
  for (const breakAt of [1, 100]) {
    assertEquals(await inThreads(jobs(3, breakAt), 2), [BROKEN_MESSAGE, BROKEN_MESSAGE]);
  }
});

Deno.test("who comes to a barrier that is already broken does not wait", () => {
  const barrier = new Barrier(new SharedArrayBuffer(12), 2);
  barrier.break();
  assertThrows(() => barrier.wait(), Error, BROKEN_MESSAGE);
  assertThrows(() => barrier.wait(), Error, BROKEN_MESSAGE);
});

Deno.test("a barrier of one never waits", () => {
  const barrier = new Barrier(new SharedArrayBuffer(12), 1);
  for (let i = 0; i < 10; i++) barrier.wait();
});

Deno.test("slices cover the parameters once and begin at whole blocks", () => {
  for (const parameters of [1, BLOCK_ELEMENTS - 1, BLOCK_ELEMENTS, 5 * BLOCK_ELEMENTS + 7, 5_836_032]) {
    for (const workers of [1, 2, 3, 8]) {
      let next = 0;
      for (let worker = 0; worker < workers; worker++) {
        const { begin, end } = parameterSlice(worker, workers, parameters);
        assertEquals([begin, begin % BLOCK_ELEMENTS], [next, 0]);
        next = end;
      }
      assertEquals(next, parameters);
    }
  }
});
