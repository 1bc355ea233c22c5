// A worker's side of a pool: messages are answered one after the other, in their order, each once.
import { UsageError } from "../errors.ts";
import { beat, countBeats } from "../heartbeat.ts";
import { listenToStarter } from "./thread.ts";

/** What a worker says back. An error loses its class on the way, and its hint. */
export type WorkerReply = { readonly ok: true; readonly value: unknown } | WorkerError;
export type WorkerError = {
  ok: false;
  error: Error;
  name: string;
  isUsage: boolean;
  hint: string | undefined;
};

/** Answer all messages from now on; `failed` is called before an error is told. */
export function answerInOrder<R>(answer: (request: R) => Promise<unknown>, failed = (): void => {}): void {
  const reply = async (request: R): Promise<WorkerReply> => {
    beat();
    try {
      return { ok: true, value: await answer(request) };
    } catch (cause) {
      failed();
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const isUsage = error instanceof UsageError;
      return { ok: false, error, name: error.name, isUsage, hint: isUsage ? error.hint : undefined };
    }
  };
  let queue = Promise.resolve();
  const starter = listenToStarter((data) => {
    if (data instanceof Int32Array) return countBeats(data);
    queue = queue.then(async () => starter.post(await reply(data as R)));
  });
}
