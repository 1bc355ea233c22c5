// The thread of a run in the page: it prepares the data, coordinates the training's own threads and hands their
// events to the page.
/// <reference lib="dom" />
import { UsageError } from "../../errors.ts";
import type { TrainEvent } from "../../metrics/mod.ts";
import { type SampleRunOptions, trainOnSample } from "./sample_run.ts";

/** What the page asks for. */
export type TrainRequest =
  | { readonly kind: "train"; readonly options: SampleRunOptions }
  | { readonly kind: "stop" };

/** What comes back: the run's events, or an error in words for people. */
export type TrainAnswer =
  | TrainEvent
  | { readonly kind: "error"; readonly message: string; readonly hint: string };

let run = new AbortController();

self.onmessage = async ({ data }: MessageEvent<TrainRequest>) => {
  if (data.kind === "stop") return run.abort();
  run = new AbortController();
  try {
    for await (const event of trainOnSample(data.options, run.signal)) answer(event);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    answer({ kind: "error", message, hint: error instanceof UsageError ? error.hint ?? "" : "" });
  }
};

function answer(message: TrainAnswer): void {
  self.postMessage(message);
}
