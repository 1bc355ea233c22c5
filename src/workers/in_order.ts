/** Jobs in progress: more than the workers there may be, so that none of them waits. */
const WIDTH = 64;

/**
 * Do a job for each item, many side by side.
 *
 * @param options.width how many are in progress at most: they are waited for by whoever comes after a stop
 * @yields the results in the items' order
 * @throws the first job's error, in that order, or the signal's reason; jobs in progress are left alone
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  job: (item: T) => Promise<R>,
  { signal, width = WIDTH }: { signal?: AbortSignal | undefined; width?: number } = {},
): AsyncGenerator<R, void, void> {
  const running: Promise<R>[] = [];
  for (const item of items) {
    signal?.throwIfAborted();
    const promise = job(item);
    promise.catch(() => {}); // told when its turn comes
    running.push(promise);
    if (running.length >= width) yield await running.shift()!;
  }
  for (const promise of running) {
    signal?.throwIfAborted();
    yield await promise;
  }
}
