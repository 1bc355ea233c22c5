// Work that is done one at a time, with a bound on how much may wait: a prover or a model has two cores, not
// as many as there are requests.

/** Nobody else may wait. */
export class BusyError extends Error {
  override name = "BusyError";
}

export class Queue {
  readonly #maxWaiting: number;
  #last: Promise<void> = Promise.resolve();
  #inside = 0;

  constructor({ maxWaiting }: { maxWaiting: number }) {
    this.#maxWaiting = maxWaiting;
  }

  /** How many are at work or wait. */
  get length(): number {
    return this.#inside;
  }

  /** @throws {BusyError} when nobody else may wait */
  check(): void {
    if (this.#inside <= this.#maxWaiting) return;
    throw new BusyError(`${this.#inside} requests are at work or wait already`);
  }

  /** Wait for those before; what comes back lets the next one in. @throws {BusyError}, the signal's reason */
  async enter(signal?: AbortSignal): Promise<Disposable> {
    this.check();
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    this.#inside++;
    const leave = (): void => {
      this.#inside--;
      // Who left the queue while waiting stays in its place until those before are done.
      before.then(turn.resolve);
    };
    const gone = Promise.withResolvers<never>();
    const onAbort = (): void => gone.reject(signal!.reason);
    signal?.addEventListener("abort", onAbort);
    try {
      signal?.throwIfAborted();
      await Promise.race([before, gone.promise]);
    } catch (error) {
      leave();
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
    return { [Symbol.dispose]: leave };
  }
}
