/** A training run as commands do it: its folder locked, its events shown and kept in the metrics file. */
import { lockFolder } from "../io/mod.ts";
import type { TrainOptions } from "../train/mod.ts";
import { train } from "../train/trainer.ts";
import type { CommandContext } from "./command.ts";
import { MetricsFile } from "./metrics_file.ts";
import { backendOf } from "./run_setup.ts";

/**
 * Run a training to its end, or until it is interrupted.
 *
 * @param beforeStart what to do when everything is checked and nothing has been written
 * @returns the model's path; "" when there is none
 */
export async function runTraining(
  context: CommandContext,
  options: Omit<TrainOptions, "backend" | "availableBytes" | "signal">,
  beforeStart?: () => Promise<void>,
): Promise<string> {
  const { checkpointDir } = options;
  const backend = await backendOf(context, "training");
  using lock = lockFolder(checkpointDir);
  using metrics = new MetricsFile(checkpointDir);
  const availableBytes = Deno.systemMemoryInfo().available;
  let model = "";
  const beforeSave = (): void => lock.check();
  const { signal } = context;
  for await (const event of train({ ...options, backend, availableBytes, beforeSave, signal })) {
    if (event.kind === "start") await beforeStart?.();
    metrics.render(event);
    context.render(event);
    if (event.kind === "done") model = event.path;
  }
  return model;
}
