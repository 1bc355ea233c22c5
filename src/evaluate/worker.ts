/** The worker's side of model_pool.ts: a model of its own, and the requests it answers, in order. */
import type { BackendChoice } from "../backend/choose.ts";
import { UsageError } from "../errors.ts";
import type { LanguageModel } from "../infer/language_model.ts";
import { openModel } from "../infer/open_model.ts";
import { answerInOrder } from "../workers/mod.ts";
import { answerRequest, type ModelAnswer, type ModelRequest } from "./requests.ts";

/** What the pool says to a worker. */
export type WorkerRequest =
  | { readonly kind: "open"; readonly path: string; readonly backend: BackendChoice }
  | ModelRequest;

/** What it says back, once for each. */
export type WorkerReply =
  | { readonly ok: true; readonly value: ModelAnswer | null }
  | {
    readonly ok: false;
    readonly error: Error;
    /** Whether the user's files are to blame: an error loses its class and its hint on the way. */
    readonly isUsage: boolean;
    readonly hint: string | undefined;
  };

let model: LanguageModel | null = null;

answerInOrder(answer, (error) => ({
  isUsage: error instanceof UsageError,
  hint: error instanceof UsageError ? error.hint : undefined,
} satisfies Partial<WorkerReply>));

async function answer(request: WorkerRequest): Promise<ModelAnswer | null> {
  if (request.kind === "open") {
    model = await openModel(request.path, { backend: request.backend });
    return null;
  }
  if (model === null) throw new Error("internal: the worker has no model");
  return await answerRequest(model, request);
}
