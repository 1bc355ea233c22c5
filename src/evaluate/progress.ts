// Measurements as work that tells how far it is.
import type { Tokenizer } from "../tokenizer/mod.ts";
import { inOrder } from "../workers/mod.ts";

/** What every measurement needs to know. */
export interface MeasureOptions {
  /** The model's. */
  readonly tokenizer: Tokenizer;
  /** Most tokens that the model reads at once. */
  readonly contextLength: number;
  /** Of everything random. */
  readonly seed: number;
  /** Stops the work. */
  readonly signal?: AbortSignal | undefined;
}

/** The results of a job for each item, many side by side. @yields the share that is done, in [0, 1] */
export async function* sharesOf<T, R>(
  items: readonly T[],
  job: (item: T) => Promise<R>,
  signal: AbortSignal | undefined,
): AsyncGenerator<number, R[], void> {
  const results: R[] = [];
  for await (const result of inOrder(items, job, { signal })) {
    results.push(result);
    yield results.length / items.length;
  }
  return results;
}

/** Work with what it tells made into something else. */
export async function* told<T, E>(
  work: AsyncGenerator<number, T, void>,
  eventOf: (share: number) => E,
): AsyncGenerator<E, T, void> {
  for (;;) {
    const result = await work.next();
    if (result.done) return result.value;
    yield eventOf(result.value);
  }
}

/** The result of work whose progress nobody asks for. */
export async function finish<T>(work: AsyncGenerator<unknown, T, void>): Promise<T> {
  for (;;) {
    const result = await work.next();
    if (result.done) return result.value;
  }
}
