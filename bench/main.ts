/**
 * Speed of training at the default configuration: every operation (checked against the reference backend,
 * then timed), the profile of a step, whole steps with one worker and with all, and memory; then what people
 * wait for (bench/waits.ts).
 *
 *     deno task bench [--backend webgpu] [--data-dir data/proofs] [--tokenizer FILE] [--workers N] [--quick] [--record] [--json] [--batches FILE] [--python PATH]
 *
 * With --backend webgpu the same of the machine's adapter, also of one in software (bench/gpu.ts). Without
 * --data-dir the built-in corpus is used. --record keeps the figures in bench/record/ by machine and day.
 * --python names an interpreter with onnxruntime, which our decoder is measured beside then.
 * --batches only leaves the batches in FILE, for bench/pytorch_reference.py (bench/compare.sh runs both in
 * one go).
 */
import { parseArgs } from "@std/cli";
import { chooseBackend } from "../src/backend/choose.ts";
import { WasmBackend } from "../src/backend/wasm/mod.ts";
import {
  DEFAULT_MODEL_CONFIG,
  DEFAULT_TRAIN_CONFIG,
  type ModelConfig,
  RECIPES,
  type TrainConfig,
} from "../src/config.ts";
import { type Batches, readBatches, targetsOf } from "./batches.ts";
import { measureGpu } from "./gpu.ts";
import { measureOperations, stepFlops } from "./operations.ts";
import { findPeak } from "./peak.ts";
import { profileSteps } from "./profile.ts";
import { type BenchRecord, describeMachine, type GpuRecord, writeRecord } from "./record.ts";
import { gpuReport, report } from "./report.ts";
import { measureScaling } from "./scaling.ts";
import { measureWaits } from "./waits.ts";

async function main(): Promise<void> {
  const args = parseArgs(Deno.args, {
    string: ["backend", "data-dir", "tokenizer", "workers", "batches", "python"],
    boolean: ["json", "quick", "record"],
    unknown: (argument) => {
      console.error(`unknown argument ${argument}: see the top of bench/main.ts`);
      Deno.exit(2);
    },
  });
  const options: BenchOptions = {
    dataDir: typeof args["data-dir"] === "string" ? args["data-dir"] : null,
    tokenizerPath: typeof args.tokenizer === "string" ? args.tokenizer : null,
    workers: Number(args.workers ?? navigator.hardwareConcurrency),
    python: typeof args.python === "string" ? args.python : null,
    isQuick: args.quick === true,
  };
  if (typeof args.batches === "string") {
    await Deno.writeTextFile(args.batches, await batchesForPython(options));
    return;
  }
  const keep = async (record: BenchRecord | GpuRecord, text: string): Promise<void> => {
    console.log(args.json === true ? JSON.stringify(record) : text);
    if (args.record === true) console.error(`recorded in ${await writeRecord(record)}`);
  };
  switch (args.backend ?? "wasm") {
    case "webgpu": {
      const record = await measureOnGpu(options);
      return await keep(record, gpuReport(record));
    }
    case "wasm": {
      const record = await measure(options);
      return await keep(record, report(record));
    }
    default:
      console.error(`unknown backend ${args.backend}: wasm or webgpu`);
      Deno.exit(2);
  }
}

/**
 * With dropout, and trained with AdamW, as PyTorch is beside it: records stay comparable, whatever the
 * default recipe becomes.
 */
const MODEL = { ...DEFAULT_MODEL_CONFIG, dropout: RECIPES.reference.model.dropout };

interface BenchOptions {
  readonly dataDir: string | null;
  readonly tokenizerPath: string | null;
  readonly workers: number;
  readonly python: string | null;
  readonly isQuick: boolean;
}

function batchesOf({ dataDir, tokenizerPath, isQuick }: BenchOptions): Promise<Batches> {
  const { contextLength } = DEFAULT_MODEL_CONFIG;
  return readBatches(dataDir, { tokenizerPath, count: isQuick ? 2 : 4, contextLength });
}

/** The model's sizes, and each batch's windows: a sequence's inputs with its last target behind them. */
async function batchesForPython(options: BenchOptions): Promise<string> {
  const { batches, vocabSize } = await batchesOf(options);
  const windows = batches.map((batch) =>
    batch.map(({ tokens, targets }) => [...tokens, ...targets.subarray(-1)])
  );
  return JSON.stringify({ model: { ...MODEL, vocabSize }, batches: windows });
}

/** What both kinds of backend are measured with. */
async function setup(options: BenchOptions): Promise<
  & Pick<Batches, "batches" | "description">
  & Pick<BenchRecord, "rows" | "flopsPerToken">
  & { model: ModelConfig; train: TrainConfig & { steps: number } }
> {
  const { batches, vocabSize, description } = await batchesOf(options);
  const model = { ...MODEL, vocabSize };
  const train = { ...DEFAULT_TRAIN_CONFIG, ...RECIPES.reference.train, steps: 1000 };
  const rows = Math.round(
    batches.reduce((sum, batch) => sum + targetsOf(batch), 0) / batches.length / train.shards,
  );
  const flopsPerToken = stepFlops(model, rows, train.shards) / (rows * train.shards);
  return { batches, description, model, train, rows, flopsPerToken };
}

async function measureOnGpu(options: BenchOptions): Promise<GpuRecord> {
  const { isQuick } = options;
  const { batches, description, model, train, rows, flopsPerToken } = await setup(options);
  return {
    date: new Date().toISOString(),
    machine: describeMachine(),
    data: description,
    flopsPerToken,
    rows,
    ...await measureGpu(batches, {
      model,
      train,
      rows,
      budgetMs: isQuick ? 150 : 500,
      repeats: isQuick ? 1 : 5,
    }),
  };
}

async function measure(options: BenchOptions): Promise<BenchRecord> {
  const { workers, isQuick } = options;
  const { batches, description, model, train, rows, flopsPerToken } = await setup(options);
  const choice = await chooseBackend("wasm");
  if (choice.kind !== "wasm") throw new Error("internal: the wasm backend was asked for");
  // First, because the process' peak memory shall be that of training.
  const { timings: steps, peakBytes } = await measureScaling(batches, {
    model,
    train,
    backend: choice,
    workers: workers === 1 ? [1] : [1, workers],
    repeats: isQuick ? 3 : 6,
  });
  const budgetMs = isQuick ? 150 : 500;
  const backend = await WasmBackend.create(choice);
  const peak = findPeak(backend, 4 * budgetMs);
  const operations = await measureOperations(backend, { model, rows, shards: train.shards, peak, budgetMs });
  // On a busy machine the measured peak may be too low: no product can be faster than the kernel.
  const peakGigaflops = Math.max(peak.gigaflops, ...operations.map(({ gigaflops }) => gigaflops ?? 0));
  return {
    date: new Date().toISOString(),
    machine: describeMachine(),
    backend: backend.description,
    data: description,
    peakGigaflops,
    flopsPerToken,
    rows,
    operations,
    profile: await profileSteps(backend, batches, { model, train, peak, flopsPerToken }),
    steps,
    peakBytes,
    waits: await measureWaits(options),
  };
}

if (import.meta.main) await main();
