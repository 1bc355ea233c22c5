// Long work in this thread, in turns with the event loop: signals, timers and a page's clicks are answered.

/** Of work between two turns of the event loop. */
const TURN_MS = 50;

let lastTurn = 0;

/** Whether the last turn was a while ago. */
export function isTurnDue(): boolean {
  return performance.now() - lastTurn >= TURN_MS;
}

/** Give the event loop a turn, if the last one was a while ago. @throws the signal's reason */
export async function takeTurns(signal?: AbortSignal): Promise<void> {
  if (isTurnDue()) {
    await new Promise((resolve) => setTimeout(resolve));
    lastTurn = performance.now();
  }
  signal?.throwIfAborted();
}
