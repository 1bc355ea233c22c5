// Do a job for each item, at most `width` side by side (by default more than there may be workers, so that
// none of them waits), and yield the results in the items' order. The first job's error in that order, or the
// signal's reason, is thrown; jobs in progress are left alone.
export async function* inOrder<T, R>(
  items: Iterable<T>,
  job: (item: T) => Promise<R>,
  { signal, width = 64 }: { signal?: AbortSignal | undefined; width?: number } = {},
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
