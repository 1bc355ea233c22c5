/**
 * Small random models, and a plain forward in float64 that shares no code with src/model, src/backend and
 * src/export.
 */
import type { ModelConfig } from "../../src/config.ts";
import { type ParameterSpec, parameterTable, zeroUnread } from "../../src/model/parameters.ts";
import { Rng } from "../../src/rng.ts";

/** A model of two layers with odd sizes. */
export function smallConfig(architecture: ModelConfig["architecture"]): ModelConfig {
  return {
    architecture,
    vocabSize: 29,
    contextLength: 12,
    dModel: 24,
    nLayers: 2,
    nHeads: 3,
    dMlp: 40,
    dropout: 0.1,
  };
}

/** Random parameters, wide enough that attention and MLPs matter. */
export function randomParameters(config: ModelConfig, seed = 1): Float32Array {
  const table = parameterTable(config);
  const rng = new Rng(seed, "test parameters");
  const flat = new Float32Array(table.size);
  for (const { shape, offset, size } of table.specs) {
    for (let i = 0; i < size; i++) {
      flat[offset + i] = shape.length === 1 ? 1 + 0.2 * rng.normal() : 0.25 * rng.normal();
    }
  }
  zeroUnread(config, flat);
  return flat;
}

/** Random token ids. */
export function randomTokens(config: ModelConfig, length: number, seed = 2): Int32Array {
  const rng = new Rng(seed, "test tokens");
  return Int32Array.from({ length }, () => rng.below(config.vocabSize));
}

/** A tokenizer.json with this many tokens, as far as export looks at it. */
export function tokenizerJson(size: number): string {
  const vocab = Object.fromEntries(Array.from({ length: size }, (_, i) => [i === 1 ? "<PAD>" : `t${i}`, i]));
  return JSON.stringify({
    added_tokens: [{ id: 0, content: "t0" }],
    model: { type: "BPE", vocab, merges: [] },
  });
}

/** Logits (T, V) of one document, straight from the formulas, with loops over single numbers. */
export function plainLogits(config: ModelConfig, parameters: Float32Array, tokens: Int32Array): Float32Array {
  const { dModel: C, nHeads: H, nLayers, vocabSize: V, contextLength, architecture } = config;
  const D = C / H;
  const specs = new Map(parameterTable(config).specs.map((spec) => [spec.name, spec]));
  const get = (name: string): Matrix => new Matrix(parameters, specs.get(name)!);
  const embedding = get("token_embedding.weight");
  const stream = [...tokens].map((token, position) => {
    const row = embedding.row(token);
    if (architecture !== "reference") return row;
    return add(row, get("position_embedding.weight").row(Math.min(position, contextLength - 1)));
  });
  let firstParts: number[][][] | null = null;
  let lastParts: number[][][] = [];
  for (let layer = 0; layer < nLayers; layer++) {
    const name = `blocks.${layer}`;
    const qkvWeight = get(`${name}.attn.qkv.weight`);
    const parts: number[][][] = stream.map((x, position) => {
      const qkv = qkvWeight.times(norm(x, get(`${name}.norm1.weight`)));
      return Array.from({ length: 3 * H }, (_, part) => {
        const values = qkv.slice(part * D, (part + 1) * D);
        return architecture !== "reference" && part < 2 * H ? rotate(unit(values), position) : values;
      });
    });
    firstParts ??= parts;
    lastParts = parts;
    if (architecture === "pointer" && layer > 0) {
      parts.forEach((row, t) => {
        for (let part = 2 * H; part < 3 * H; part++) row[part] = add(row[part]!, firstParts![t]![part]!);
      });
    }
    const scale = architecture === "reference" ? 1 / Math.sqrt(D) : 8 / D;
    for (const [t, x] of stream.entries()) {
      const mixed: number[] = [];
      for (let head = 0; head < H; head++) {
        const first = architecture === "reference" ? 0 : Math.max(0, t + 1 - contextLength); // the window
        const [query, past] = [parts[t]![head]!, parts.slice(first, t + 1)];
        const scores = past.map((row) => Math.exp(scale * dot(query, row[H + head]!)));
        const total = scores.reduce((sum, score) => sum + score, 0);
        const out = new Array<number>(D).fill(0);
        past.forEach((row, j) =>
          row[2 * H + head]!.forEach((value, i) => out[i]! += value * scores[j]! / total)
        );
        mixed.push(...out);
      }
      const middle = add(x, get(`${name}.attn.proj.weight`).times(mixed));
      const normed = architecture === "reference"
        ? norm(middle, get(`${name}.norm2.weight`))
        : norm(x, get(`${name}.norm1.weight`)); // side by side
      const hidden = get(`${name}.mlp.fc1.weight`).times(normed).map(gelu);
      stream[t] = add(middle, get(`${name}.mlp.fc2.weight`).times(hidden));
    }
  }
  const logits = new Float32Array(tokens.length * V);
  const normed = stream.map((x) => norm(x, get("norm.weight")));
  for (const [t, x] of normed.entries()) logits.set(embedding.times(x), t * V);
  if (architecture !== "pointer") return logits;
  for (const [t, x] of normed.entries()) {
    const first = Math.max(0, t + 1 - contextLength); // the sliding window
    const own = Math.exp(6 + get("pointer.weight").times(x)[0]!);
    const scores = embedding.times(x).map(Math.exp);
    const all = scores.reduce((sum, score) => sum + score, 0);
    // The mixture divided by the vocabulary's share.
    const mixture = scores.map((score) => score / all);
    for (let j = first; j < t; j++) {
      mixture[tokens[j + 1]!]! += Math.exp(8 / D * dot(lastParts[t]![0]!, lastParts[j]![H]!)) / own;
    }
    logits.set(mixture.map((p) => Math.log(p + 1e-30)), t * V);
  }
  return logits;
}

class Matrix {
  readonly #values: Float32Array;
  readonly #columns: number;

  constructor(flat: Float32Array, spec: ParameterSpec) {
    this.#values = flat.subarray(spec.offset, spec.offset + spec.size);
    this.#columns = spec.shape.at(-1)!;
  }

  row(index: number): number[] {
    return [...this.#values.subarray(index * this.#columns, (index + 1) * this.#columns)];
  }

  times(x: readonly number[]): number[] {
    const rows = this.#values.length / this.#columns;
    return Array.from({ length: rows }, (_, i) => dot(this.row(i), x));
  }
}

function norm(x: readonly number[], weight: Matrix): number[] {
  const factors = weight.row(0);
  return unit(x, 1e-6).map((value, i) => value * factors[i]!);
}

function unit(x: readonly number[], eps = 1e-12): number[] {
  const rms = Math.sqrt(dot(x, x) / x.length + eps);
  return x.map((value) => value / rms);
}

function rotate(x: readonly number[], position: number): number[] {
  const half = x.length / 2;
  return x.map((value, i) => {
    const angle = position * 1000 ** (-(i % half) / half);
    const other = i < half ? -x[i + half]! : x[i - half]!;
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
}

/**
 * x times the normal distribution function, by its Taylor series; beyond 6 that is 0 or 1 to 9 digits and the
 * series loses them.
 */
function gelu(x: number): number {
  if (Math.abs(x) > 6) return x > 0 ? x : 0;
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= -x * x / (2 * n);
    sum += term / (2 * n + 1);
  }
  return x * (0.5 + sum / Math.sqrt(2 * Math.PI));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]!);
}
