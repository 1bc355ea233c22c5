/**
 * Every byte of a small checkpoint, changed in one bit, in all bits and to a space: the file is refused, or
 * it loads as it was (white space in its header), never as another.
 */
import { join } from "@std/path";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../../src/checkpoint/mod.ts";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../../src/config.ts";
import { CheckpointError } from "../../src/errors.ts";
import { parameterTable } from "../../src/model/parameters.ts";
import { Rng } from "../../src/rng.ts";
import { type Part, type PartOptions, reason, type Row } from "./part.ts";

/** See the top of this file. */
export const flip: Part = {
  name: "flip",
  summary: "every byte of a checkpoint changed",
  runs: 1_000_000,
  unit: "bytes at most",
  run,
};

async function run({ runs, seed, progress }: PartOptions): Promise<Row[]> {
  const folder = Deno.makeTempDirSync({ prefix: "tactics_soak_" });
  try {
    const path = join(folder, "step_000004.safetensors");
    const original = someCheckpoint(seed);
    await saveCheckpoint(path, original);
    const bytes = await Deno.readFile(path);
    const wanted = JSON.stringify(flat(original));
    const every = Math.max(1, Math.floor(bytes.length / runs));
    const lost: string[] = [];
    const counts = { tried: 0, refused: 0, harmless: 0 };
    for (let at = 0; at < bytes.length; at += every) {
      for (const changed of new Set([bytes[at]! ^ (1 << at % 8), bytes[at]! ^ 0xff, 0x20])) {
        if (changed === bytes[at]) continue;
        const damaged = bytes.slice();
        damaged[at] = changed;
        await Deno.writeFile(path, damaged);
        counts.tried++;
        try {
          const found = await loadCheckpoint(path);
          if (JSON.stringify(flat(found)) === wanted) counts.harmless++;
          else lost.push(`byte ${at} as ${changed} loads as another checkpoint`);
        } catch (error) {
          if (error instanceof CheckpointError) counts.refused++;
          else lost.push(`byte ${at} as ${changed}: ${reason(error)}`);
        }
        if (counts.tried % 100 === 0) progress(`byte ${at} of ${bytes.length}`);
      }
    }
    const note = `${counts.refused} refused, ${counts.harmless} harmless (the same checkpoint)`;
    const what = `a byte of ${bytes.length} changed`;
    return [{ what, tried: counts.tried, lost, note }];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function flat(checkpoint: Checkpoint): unknown {
  const { parameters, m, v, ...rest } = checkpoint;
  return [rest, [parameters, m, v].map((vector) => [...new Int32Array(vector.slice().buffer)])];
}

function someCheckpoint(seed: number): Checkpoint {
  const sizes = { vocabSize: 5, contextLength: 3, dModel: 4, dMlp: 3, nLayers: 1, nHeads: 1 };
  const model = { ...DEFAULT_MODEL_CONFIG, ...sizes, architecture: "reference" as const };
  const { size } = parameterTable(model);
  const vector = (name: string): Float32Array => {
    const rng = new Rng(seed, name);
    return Float32Array.from({ length: size }, () => rng.normal());
  };
  return {
    model,
    train: { ...DEFAULT_TRAIN_CONFIG, optimizer: "adamw", steps: 6 },
    step: 4,
    parameters: vector("parameters"),
    m: vector("m"),
    v: vector("v"),
    tokenizerSha256: "ab".repeat(32),
    splitHash: "cd".repeat(32),
    best: { step: 3, loss: 2.5, bitsPerByte: 1.25 },
    evaluationsWithoutGain: 2,
    backend: "wasm",
  };
}
