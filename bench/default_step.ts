/**
 * The step of the default recipe, which takes few sequences and has Muon, beside the same with batches of 32:
 *
 *     deno task bench:step [--data-dir data/proofs] [--tokenizer FILE] [--sizes 4,8,32] [--quick] [--json]
 *
 * For each number of sequences: tokens a second with one worker and with all, in turns on the same proofs, and
 * the shares of one worker's time: of the peak that the matrix kernel reaches beside it, and what Muon and
 * AdamW take. Without --data-dir the built-in corpus is used. bench/waits.ts runs it with other flags of V8.
 */
import { parseArgs } from "@std/cli";
import { chooseBackend } from "../src/backend/choose.ts";
import { WasmBackend } from "../src/backend/wasm/mod.ts";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../src/config.ts";
import type { Sequence } from "../src/model/batch.ts";
import { readBatches, targetsOf } from "./batches.ts";
import { stepFlops } from "./operations.ts";
import { findPeak } from "./peak.ts";
import { profileSteps } from "./profile.ts";
import { measureScaling } from "./scaling.ts";

/** Sequences of a step: short runs', the default, the reference recipe's. */
const SIZES = "4,8,32";

/** What was measured with one build of V8 and its flags. */
export interface DefaultSteps {
  /** The kernels' tile. */
  readonly backend: string;
  readonly data: string;
  /** Of one core. */
  readonly peakGigaflops: number;
  readonly workers: number;
  readonly sizes: readonly StepSize[];
}

/** Steps of this many sequences; shares are those of one worker's time. */
export interface StepSize {
  readonly sequences: number;
  /** With one worker, and with all. */
  readonly tokensPerSecond: readonly [one: number, all: number];
  readonly peakShare: number;
  readonly muonShare: number;
  readonly adamWShare: number;
}

async function main(): Promise<void> {
  const args = parseArgs(Deno.args, {
    string: ["data-dir", "tokenizer", "sizes"],
    boolean: ["json", "quick"],
  });
  const named = (value: unknown): string | null => typeof value === "string" ? value : null;
  const found = await measureSteps(named(args.sizes) ?? SIZES, {
    ...{ dataDir: named(args["data-dir"]), tokenizerPath: named(args.tokenizer) },
    isQuick: args.quick === true,
  });
  console.log(args.json === true ? JSON.stringify(found) : table(found));
}

async function measureSteps(
  sizes: string,
  { dataDir, tokenizerPath, isQuick }: {
    dataDir: string | null;
    tokenizerPath: string | null;
    isQuick: boolean;
  },
): Promise<DefaultSteps> {
  const { contextLength } = DEFAULT_MODEL_CONFIG;
  const count = isQuick ? 1 : 3;
  const { batches, vocabSize, description } = await readBatches(dataDir, {
    tokenizerPath,
    count,
    contextLength,
  });
  const model = { ...DEFAULT_MODEL_CONFIG, vocabSize };
  const choice = await chooseBackend("wasm");
  if (choice.kind !== "wasm") throw new Error("internal: the wasm backend was asked for");
  const backend = await WasmBackend.create(choice);
  const peak = findPeak(backend, 1000);
  const workers = navigator.hardwareConcurrency;
  const measured: StepSize[] = [];
  for (const size of sizes.split(",").map(Number)) {
    const train = { ...DEFAULT_TRAIN_CONFIG, batchSize: size, steps: 1000 };
    const taken = cutInto(batches.flat(), size);
    const targets = taken.reduce((sum, batch) => sum + targetsOf(batch), 0);
    const rows = Math.round(targets / taken.length / train.shards);
    const flopsPerToken = stepFlops(model, rows, train.shards) / (rows * train.shards);
    const profile = await profileSteps(backend, taken, { model, train, peak, flopsPerToken });
    const share = (name: string): number => {
      const own = profile.operations.filter((operation) => operation.name === name);
      return own.reduce((sum, { ms }) => sum + ms, 0) / profile.wallMs;
    };
    const { timings } = await measureScaling(taken, {
      ...{ model, train, backend: choice, repeats: isQuick ? 2 : 3 },
      workers: workers === 1 ? [1] : [1, workers],
    });
    measured.push({
      sequences: size,
      tokensPerSecond: [timings[0]!.tokensPerSecond, timings.at(-1)!.tokensPerSecond],
      peakShare: profile.peakShare,
      muonShare: share("muon"),
      adamWShare: share("adamW"),
    });
  }
  const { gigaflops } = peak;
  return {
    backend: backend.description,
    data: description,
    peakGigaflops: gigaflops,
    workers,
    sizes: measured,
  };
}

function table({ backend, data, peakGigaflops, workers, sizes }: DefaultSteps): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    `${backend}; ${data}; peak ${peakGigaflops.toFixed(1)} GFLOP/s a core`,
    "",
    `| sequences | tokens/s, 1 worker | ${workers} workers | ratio | of the peak | Muon | AdamW |`,
    "|---|---|---|---|---|---|---|",
    ...sizes.map(({ sequences, tokensPerSecond: [one, all], peakShare, muonShare, adamWShare }) => {
      const shares = [peakShare, muonShare, adamWShare].map(percent);
      return `| ${
        [sequences, one.toFixed(0), all.toFixed(0), (all / one).toFixed(2), ...shares].join(" | ")
      } |`;
    }),
  ].join("\n");
}

/** The same proofs in batches of this many. */
function cutInto(sequences: readonly Sequence[], size: number): Sequence[][] {
  const most = Math.max(1, Math.floor(sequences.length / size));
  return Array.from({ length: most }, (_, i) => sequences.slice(i * size, (i + 1) * size));
}

if (import.meta.main) await main();
