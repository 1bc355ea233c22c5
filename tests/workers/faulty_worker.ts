/** A worker of worker_pool_test.ts: it is asked to fail, to be busy for long, or to answer. */
import { beat } from "../../src/heartbeat.ts";
import { answerInOrder } from "../../src/workers/mod.ts";
import { endInFault, type FaultKind } from "./fault.ts";

/** What the worker is asked. */
export type FaultyRequest =
  | { readonly kind: "fail"; readonly how: FaultKind }
  | { readonly kind: "work"; readonly ms: number }
  | { readonly kind: "garbled" };

answerInOrder(async (request: FaultyRequest): Promise<unknown> => {
  if (request.kind === "fail") return await endInFault(request.how);
  if (request.kind === "garbled") return () => {}; // cannot be posted
  for (const end = performance.now() + request.ms; performance.now() < end;) beat();
  return request.ms;
});
