// Events as they come, a JSON object a line (application/x-ndjson). Whoever makes them is told when the
// client has gone.
import { errorResponse } from "./http_error.ts";

/** The answer that streams; `events` gets a signal that says that nobody reads them any more. */
export function eventStream(
  events: (signal: AbortSignal) => AsyncGenerator<object, void>,
  gone: AbortSignal,
): Response {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, gone]);
  const source = events(signal);
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const event = await source.next().catch(async (error) => {
        const said = await errorResponse(error)?.json() ?? { error: "This cannot be answered" };
        return { done: false, value: { kind: "error", ...said } };
      });
      if (signal.aborted) return;
      if (event.done) return controller.close();
      controller.enqueue(new TextEncoder().encode(`${JSON.stringify(event.value)}\n`));
    },
    cancel: (reason) => stop.abort(reason),
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
}
