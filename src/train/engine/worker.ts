// The worker's side of the pool: a replica and the requests it answers. Started by pool.ts.
import { openBackend } from "../../backend/choose.ts";
import { answerInOrder } from "../../workers/mod.ts";
import type { WorkerAnswers, WorkerRequest } from "./messages.ts";
import { Replica } from "./replica.ts";
import { sampleTokens } from "./sample_tokens.ts";

let replica: Replica | null = null;

// The others must not wait for a worker that cannot finish a step.
answerInOrder(answer, () => replica?.barrier.break());

async function answer(request: WorkerRequest): Promise<WorkerAnswers[keyof WorkerAnswers]> {
  if (request.kind === "start") {
    const backend = await openBackend(request.backend);
    replica = new Replica(backend, request.setup);
    return backend.description;
  }
  if (replica === null) throw new Error("internal: the worker was not started");
  switch (request.kind) {
    case "load":
      return replica.load();
    case "saveMoments":
      return await replica.optimizer.saveMoments();
    case "step":
      return await replica.step(request.job);
    case "evaluate":
      return await replica.gpt.losses(request.batch);
    case "generate":
      return await sampleTokens(replica.gpt, request.prompt, request.options);
    default:
      return request satisfies never;
  }
}
