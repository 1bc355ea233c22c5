// What a run will take, told before it begins: steps, minutes, memory and disk. Memory is reckoned (memory.ts),
// minutes are measured on a few steps and an evaluation, which leave nothing behind (clock.ts).
import { checkpointBytes } from "../checkpoint/mod.ts";
import type { PlanEvent, TrainEvent } from "../metrics/mod.ts";
import { formatBytes } from "../text_format.ts";
import { estimateSeconds } from "./clock.ts";
import { estimateMemory, hostMemory } from "./memory.ts";
import { intervals, type PlannedConfig } from "./plan.ts";
import type { RunParts } from "./progress.ts";

/** Tell the plan of a run, and what there is not enough of. @param minutes of a run by the clock; null: measured */
export async function* tellPlan(
  parts: RunParts,
  train: PlannedConfig,
  minutes: number | null,
): AsyncGenerator<TrainEvent, void, void> {
  const plan = await planEvent(parts, train, minutes);
  yield plan;
  const { diskBytes, freeBytes, checkpointDir } = plan;
  if (freeBytes === null || freeBytes >= diskBytes) return;
  const sizes = `${formatBytes(diskBytes)} and the disk of "${checkpointDir}" has ${
    formatBytes(freeBytes)
  } left`;
  const hint = "`tactics runs prune` frees some; with --save-interval fewer are written.";
  yield { kind: "notice", level: "warning", message: `the run's checkpoints take ${sizes}`, hint };
}

async function planEvent(
  parts: RunParts,
  train: PlannedConfig,
  minutes: number | null,
): Promise<PlanEvent> {
  const { options: { model, workers, backend, availableBytes, freeBytes, checkpointDir }, stream } = parts;
  const { steps, batchSize } = train;
  // Beside those of steps, best.safetensors.
  const checkpoints = 1 + Math.ceil(steps / intervals(train).save);
  return {
    kind: "plan",
    steps,
    epochs: steps * batchSize / stream.sequencesPerEpoch,
    minutes: minutes ?? await estimateSeconds(parts, train) / 60,
    memoryBytes: backend.kind === "webgpu"
      ? hostMemory(model)
      : estimateMemory(model, train, workers).totalBytes,
    availableBytes: availableBytes ?? null,
    diskBytes: checkpoints * checkpointBytes({ model, train }),
    checkpoints,
    freeBytes: freeBytes ?? null,
    checkpointDir,
  };
}
