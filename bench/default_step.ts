/**
 * The step of the default recipe, which takes few sequences and has Muon, beside the same with batches of 32:
 *
 *     deno task bench:step [--data-dir data/proofs] [--tokenizer FILE]
 *
 * For each number of sequences: tokens a second with one worker and with all, in turns on the same proofs, and
 * the shares of one worker's time: of the peak that the matrix kernel reaches beside it, and what Muon and
 * AdamW take. Without --data-dir the built-in corpus is used.
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
const SIZES = [4, 8, 32];

const args = parseArgs(Deno.args, { string: ["data-dir", "tokenizer"] });
const named = (value: unknown): string | null => typeof value === "string" ? value : null;
const { batches, vocabSize, description } = await readBatches(named(args["data-dir"]), {
  tokenizerPath: named(args.tokenizer),
  count: 3,
  contextLength: DEFAULT_MODEL_CONFIG.contextLength,
});
const model = { ...DEFAULT_MODEL_CONFIG, vocabSize };
const choice = await chooseBackend("wasm");
if (choice.kind !== "wasm") throw new Error("internal: the wasm backend was asked for");
const backend = await WasmBackend.create(choice);
const peak = findPeak(backend, 1000);
const workers = navigator.hardwareConcurrency;
console.log(`${backend.description}; ${description}; peak ${peak.gigaflops.toFixed(1)} GFLOP/s a core\n`);
console.log(`| sequences | tokens/s, 1 worker | ${workers} workers | ratio | of the peak | Muon | AdamW |`);
console.log("|---|---|---|---|---|---|---|");
for (const size of SIZES) {
  const train = { ...DEFAULT_TRAIN_CONFIG, batchSize: size, steps: 1000 };
  const taken = cutInto(batches.flat(), size);
  const rows = Math.round(
    taken.reduce((sum, batch) => sum + targetsOf(batch), 0) / taken.length / train.shards,
  );
  const flopsPerToken = stepFlops(model, rows, train.shards) / (rows * train.shards);
  const profile = await profileSteps(backend, taken, { model, train, peak, flopsPerToken });
  const share = (name: string): string => {
    const ms = profile.operations.filter((operation) => operation.name === name)
      .reduce((sum, operation) => sum + operation.ms, 0);
    return `${(100 * ms / profile.wallMs).toFixed(1)} %`;
  };
  const { timings } = await measureScaling(taken, {
    ...{ model, train, backend: choice, repeats: 3 },
    workers: workers === 1 ? [1] : [1, workers],
  });
  const [one, all] = [timings[0]!.tokensPerSecond, timings.at(-1)!.tokensPerSecond];
  const peakShare = `${(100 * profile.peakShare).toFixed(1)} %`;
  const speeds = [one.toFixed(0), all.toFixed(0), (all / one).toFixed(2)];
  console.log(`| ${[size, ...speeds, peakShare, share("muon"), share("adamW")].join(" | ")} |`);
}

/** The same proofs in batches of this many. */
function cutInto(sequences: readonly Sequence[], size: number): Sequence[][] {
  return Array.from({ length: sequences.length / size }, (_, i) => sequences.slice(i * size, (i + 1) * size));
}
