/**
 * Long work in this thread, in turns: between two tokens or checks the event loop gets its own, so that
 * signals, timers and a page's clicks are answered, and the signal's reason is thrown.
 */

/** Milliseconds of work between two turns of the event loop. */
const TURN_MS = 50;

let lastTurn = 0;

/** Give the event loop a turn, if the last one was a while ago. @throws the signal's reason */
export async function takeTurns(signal?: AbortSignal): Promise<void> {
  if (performance.now() - lastTurn >= TURN_MS) {
    await new Promise((resolve) => setTimeout(resolve));
    lastTurn = performance.now();
  }
  signal?.throwIfAborted();
}
