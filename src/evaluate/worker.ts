// The worker's side of model_pool.ts: a model of its own, and the requests it answers, in order.
import { type LanguageModel, openModel } from "../infer/mod.ts";
import { answerInOrder } from "../workers/mod.ts";
import { answerRequest, type PoolRequest } from "./requests.ts";

let model: LanguageModel | null = null;

answerInOrder(async (request: PoolRequest): Promise<unknown> => {
  if (request.kind === "open") {
    model = await openModel(request.path, { backend: request.backend });
    return null;
  }
  if (model === null) throw new Error("internal: the worker has no model");
  return await answerRequest(model, request);
});
