/** Runs of a tiny model, as their folders look when they are over. */
import { join } from "@std/path";
import { type Checkpoint, checkpointName, saveCheckpoint } from "../../src/checkpoint/mod.ts";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../../src/config.ts";
import type { StartEvent } from "../../src/metrics/mod.ts";
import { parameterTable } from "../../src/model/parameters.ts";
import { type AskedOptions, recordRun } from "../../src/runs/mod.ts";

const SIZES = { vocabSize: 5, contextLength: 4, dModel: 4, nLayers: 1, nHeads: 1, dMlp: 4 } as const;

/** What differs between runs. */
export interface MadeRun {
  readonly name?: string;
  readonly begun?: string;
  readonly bitsPerByte?: number;
  readonly splitHash?: string;
  readonly learningRate?: number;
  readonly asked?: AskedOptions;
  /** Steps that have a checkpoint; the first of them is the best. */
  readonly steps?: readonly number[];
}

export function startOf(
  { splitHash = "cd".repeat(32), learningRate = 1e-3, steps = [2] }: MadeRun,
): StartEvent {
  const train = { ...DEFAULT_TRAIN_CONFIG, steps: Math.max(...steps), learningRate };
  return {
    kind: "start",
    step: 0,
    steps: train.steps,
    parameters: 100,
    flopsPerToken: 600,
    peakGigaflops: null,
    architecture: "reference",
    options: { ...DEFAULT_MODEL_CONFIG, ...SIZES, architecture: "reference", ...train },
    trainDocuments: 9,
    validationDocuments: 1,
    trainTokens: 99,
    stepsPerEpoch: 3,
    workers: 1,
    backend: "wasm, 6x16 kernel",
    splitHash,
  };
}

/** Make a run with its record, its checkpoints and its metrics. */
export async function makeRun(directory: string, run: MadeRun = {}): Promise<void> {
  const { name = "made", begun = "2026-11-30T10:00:00Z", bitsPerByte = 1, steps = [2] } = run;
  await Deno.mkdir(directory, { recursive: true });
  const start = startOf(run);
  await recordRun(directory, {
    start,
    name,
    dataDir: "data/proofs",
    asked: run.asked ?? {},
    tokenizerSha256: "ab",
    heldOut: ["proof_1.txt", "proof\n2.txt"],
    now: new Date(begun),
  });
  const model = { ...DEFAULT_MODEL_CONFIG, ...SIZES, architecture: "reference" } as const;
  const parameters = new Float32Array(parameterTable(model).size).fill(0.5);
  const train = { ...DEFAULT_TRAIN_CONFIG, steps: start.steps, learningRate: run.learningRate ?? 1e-3 };
  const at = (step: number): Checkpoint => ({
    model,
    train,
    step,
    parameters,
    m: parameters,
    v: parameters,
    tokenizerSha256: "ab",
    splitHash: start.splitHash,
    best: { step: steps[0]!, loss: bitsPerByte, bitsPerByte },
    evaluationsWithoutGain: 0,
    backend: "wasm",
  });
  for (const step of steps) await saveCheckpoint(join(directory, checkpointName(step)), at(step));
  await saveCheckpoint(join(directory, "best.safetensors"), at(steps[0]!));
  const events = [
    start,
    { kind: "evaluation", step: steps[0], bitsPerByte, loss: bitsPerByte, elapsedSeconds: 60 },
    { kind: "done", step: start.steps, steps: start.steps, elapsedSeconds: 90 },
  ];
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  await Deno.writeTextFile(join(directory, "metrics.jsonl"), lines);
}
