/** The worker's side of the pool: a replica and the requests it answers. Started by pool.ts as a module worker. */
import { openBackend } from "../../backend/choose.ts";
import type { WorkerAnswers, WorkerReply, WorkerRequest } from "./messages.ts";
import { Replica } from "./replica.ts";
import { sampleTokens } from "./sample_tokens.ts";

let replica: Replica | null = null;
let queue: Promise<void> = Promise.resolve();

self.onmessage = (event: MessageEvent<WorkerRequest>): void => {
  queue = queue.then(() => reply(event.data));
};

async function reply(request: WorkerRequest): Promise<void> {
  let message: WorkerReply;
  try {
    message = { ok: true, value: await answer(request) };
  } catch (error) {
    replica?.breakBarrier();
    message = { ok: false, error: error instanceof Error ? error : new Error(String(error)) };
  }
  self.postMessage(message);
}

async function answer(request: WorkerRequest): Promise<WorkerAnswers[keyof WorkerAnswers]> {
  if (request.kind === "start") {
    const backend = await openBackend(request.backend);
    replica = new Replica(backend, request.setup);
    return backend.description;
  }
  if (replica === null) throw new Error("internal: the worker was not started");
  switch (request.kind) {
    case "load":
      replica.pullParameters();
      replica.loadMoments();
      return null;
    case "saveMoments":
      await replica.saveMoments();
      return null;
    case "step":
      return await replica.step(request.job);
    case "evaluate":
      return await replica.evaluate(request.batches);
    case "logits":
      replica.showAverage();
      return await replica.gpt.logits(request.tokens);
    case "generate":
      replica.showAverage();
      return await sampleTokens(replica.gpt, request.prompt, request.options);
    default:
      return request satisfies never;
  }
}
