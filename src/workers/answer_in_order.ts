/** A worker's side of a pool: messages are answered one after the other, in the order in which they came, each once. */

/**
 * Answer all messages from now on with `{ ok: true, value }`, or `{ ok: false, error }` and what `failed` adds.
 *
 * @param answer what to do; a message waits until the one before it is answered
 * @param failed what to say beside an error, which loses its class and its other properties on the way
 */
export function answerInOrder<R>(
  answer: (request: R) => Promise<unknown>,
  failed: (error: unknown) => Record<string, unknown> = () => ({}),
): void {
  const reply = async (request: R): Promise<void> => {
    let message: Record<string, unknown>;
    try {
      message = { ok: true, value: await answer(request) };
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      message = { ok: false, error, ...failed(cause) };
    }
    self.postMessage(message);
  };
  let queue = Promise.resolve();
  self.onmessage = (event: MessageEvent<R>): void => {
    queue = queue.then(() => reply(event.data));
  };
}
