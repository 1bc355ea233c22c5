// Several runs as they go on, in one stream: a browser opens few connections to one server. Files are looked
// at twice a second, which works on every file system.
import type { FoundMetrics } from "./find_metrics.ts";
import { RunFile } from "./run_file.ts";
import type { Figures } from "./figures.ts";

/** What the stream says: a run's figures, of all of it or added to what was told before. */
export type Told =
  | ({ readonly kind: "figures"; readonly run: string; readonly isWhole: boolean } & Figures)
  | { readonly kind: "trouble"; readonly run: string; readonly message: string };

/** Milliseconds between two looks. */
export const LOOK_MS = 500;

/** Tell of runs until the signal. */
export async function* follow(
  runs: readonly FoundMetrics[],
  signal: AbortSignal,
): AsyncGenerator<Told, void> {
  let files = runs.map(({ name, path }) => ({ name, file: new RunFile(path) }));
  while (!signal.aborted) {
    for (const { name, file } of files) {
      try {
        const reading = await file.next();
        if (reading === null) continue;
        yield { kind: "figures", run: name, isWhole: reading.isWhole, ...reading.figures };
      } catch (error) {
        files = files.filter((other) => other.file !== file);
        yield { kind: "trouble", run: name, message: (error as Error).message };
      }
    }
    await pause(LOOK_MS, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
