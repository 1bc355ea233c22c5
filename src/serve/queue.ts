// Work that is done one at a time, with a bound on how much may wait: a prover or a model has two cores, not
// as many as there are requests.
import { UsageError } from "../errors.ts";

/** Nobody else may wait. */
export class BusyError extends UsageError {
  override name = "BusyError";
}

export class Queue {
  /** How many are at work or wait. */
  length = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(readonly maxWaiting: number) {}

  /** @throws {BusyError} when nobody else may wait */
  check(): void {
    if (this.length > this.maxWaiting) throw new BusyError(`${this.length} requests are at work or wait`);
  }

  /** Wait for those before; what comes back lets the next one in. @throws {BusyError}, the signal's reason */
  async enter(signal: AbortSignal): Promise<Disposable> {
    this.check();
    this.length++;
    const [before, turn, gone] = [this.#last, Promise.withResolvers<void>(), Promise.withResolvers<never>()];
    this.#last = turn.promise;
    const leave = (): void => {
      this.length--;
      before.then(turn.resolve); // who is gone before its turn holds its place for those behind
    };
    const onAbort = (): void => gone.reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    try {
      signal.throwIfAborted();
      await Promise.race([before, gone.promise]);
      return { [Symbol.dispose]: leave };
    } catch (error) {
      leave();
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}
