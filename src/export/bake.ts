// Sampling inside the graph, for a client that always draws from softmax(logits / 0.8), as the prover does:
// logits are rescaled so that this is the wanted temperature, and tokens below a share of the likeliest one's
// probability are pushed out of reach. bakeLogits does the same to logits in memory.
import { PROVER_TEMPERATURE } from "../prompt/mod.ts";
import type { GraphBuilder, Value } from "./onnx/graph_builder.ts";

/** What is baked in. */
export interface BakedSampling {
  /** At which a client draws that divides logits by {@linkcode PROVER_TEMPERATURE}: 0.01 to 100. */
  readonly temperature?: number;
  /** Tokens with less than this share of the likeliest one's probability then are left out: 0 (none) to 1. */
  readonly minP?: number;
}

/** The logit of a token that is left out. */
export const CUT_LOGIT: number = -1e4;

/** What logits are multiplied by: in the final norm's weights, but a pointer's after its mixture. */
export function logitFactor(bake: BakedSampling | null): number {
  return PROVER_TEMPERATURE / (bake?.temperature ?? PROVER_TEMPERATURE);
}

/** What can be given: its name in text, its key, and its range. */
const PARTS = [["temperature", "temperature", 0.01, 100], ["min-p", "minP", 0, 1]] as const;

/** `temperature=0.5,min-p=0.05`: what is given, in this order. */
export function bakedSamplingText(bake: BakedSampling): string {
  return PARTS.filter(([, key]) => bake[key] !== undefined).map(([name, key]) => `${name}=${bake[key]}`)
    .join();
}

/**
 * Read `temperature=0.5,min-p=0.05`; either part may be missing.
 * @throws {SyntaxError} when the text has another form, {RangeError} when a value is out of range
 */
export function parseBakedSampling(text: string): BakedSampling {
  const bake: { temperature?: number; minP?: number } = {};
  for (const part of text.split(",")) {
    const [, given, number] = /^([\w-]+)=(\d+(?:\.\d*)?(?:e-?\d+)?|\.\d+)$/.exec(part.trim()) ?? [];
    const key = PARTS.find(([name]) => name === given)?.[1];
    if (key === undefined) throw new SyntaxError(`"${part}" is neither temperature=NUMBER nor min-p=NUMBER`);
    if (bake[key] !== undefined) throw new SyntaxError(`${given} is given twice`);
    bake[key] = Number(number);
  }
  checkBakedSampling(bake);
  return bake;
}

/** @throws {RangeError} when a value is out of range */
export function checkBakedSampling(bake: BakedSampling): void {
  for (const [name, key, low, high] of PARTS) {
    const value = bake[key] ?? low;
    if (!(value >= low && value <= high)) {
      throw new RangeError(`${name} is ${value}, must be from ${low} to ${high}`);
    }
  }
}

/** The graph's last nodes: scaled logits (B, S, V), the unlikely ones cut if a share is given. */
export function bakeSampling(g: GraphBuilder, scaled: Value, { minP }: BakedSampling): Value {
  if (!minP) return scaled;
  const best = g.node("ReduceMax", [scaled, g.int64([-1])]); // (B, S, 1)
  const lowest = g.node("Add", [best, g.float(margin(minP))]);
  const kept = g.node("GreaterOrEqual", [scaled, lowest]);
  return g.node("Where", [kept, scaled, g.float(CUT_LOGIT)]);
}

/** What the graph does, on logits (T, V); a copy. */
export function bakeLogits(logits: Float32Array, vocabSize: number, bake: BakedSampling): Float32Array {
  const factor = logitFactor(bake);
  const out = logits.map((logit) => factor * logit);
  if (!bake.minP) return out;
  for (let start = 0; start < out.length; start += vocabSize) {
    const row = out.subarray(start, start + vocabSize);
    const lowest = row.reduce((a, b) => Math.max(a, b)) + margin(bake.minP);
    for (let i = 0; i < row.length; i++) if (row[i]! < lowest) row[i] = CUT_LOGIT;
  }
  return out;
}

/** How far below the best logit a kept one may be: the prover divides both by its temperature. */
function margin(minP: number): number {
  return PROVER_TEMPERATURE * Math.log(minP);
}
