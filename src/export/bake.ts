// Sampling inside the graph, for a client that always draws from softmax(logits / 0.8), as the prover does:
// logits are rescaled so that this is the wanted temperature, and tokens below a share of the likeliest one's
// probability are pushed out of reach. bakeLogits does the same to logits in memory.
import type { ModelConfig } from "../config.ts";
import { isPointerModel } from "../model/architecture.ts";
import { PROVER_TEMPERATURE } from "../prompt/mod.ts";
import { closing, HURRY, type LineTables, LONG_LINE, SAID_AGAIN } from "./line_tables.ts";
import type { GraphBuilder, Value } from "../onnx/graph_builder.ts";

/** What is baked in. */
export interface BakedSampling {
  /** At which a client draws that divides logits by {@linkcode PROVER_TEMPERATURE}: 0.01 to 100. */
  readonly temperature?: number;
  /** Tokens with less than this share of the likeliest one's probability then are left out: 0 (none) to 1. */
  readonly minP?: number;
  /** Keep lines well-formed (line_tables.ts). */
  readonly lines?: true;
}

/** What pays for the client that draws at 0.8 and cannot be changed (docs/acorn.md). */
export function clientSampling(config: ModelConfig): BakedSampling {
  const sampling = { temperature: 0.5, minP: 0.05 };
  return isPointerModel(config) ? { ...sampling, lines: true } : sampling;
}

/** The logit of a token that is left out. */
export const CUT_LOGIT: number = -1e4;

/** What logits are multiplied by: in the final norm's weights, but a pointer's after its mixture. */
export function logitFactor(bake: BakedSampling | null): number {
  return PROVER_TEMPERATURE / (bake?.temperature ?? PROVER_TEMPERATURE);
}

/** What can be given: its name in text, its key, and its range. */
const PARTS = [["temperature", "temperature", 0.01, 100], ["min-p", "minP", 0, 1]] as const;

/** `temperature=0.5,min-p=0.05,lines`: what is given, in this order. */
export function bakedSamplingText(bake: BakedSampling): string {
  const numbers = PARTS.filter(([, key]) => bake[key] !== undefined).map(([name, key]) =>
    `${name}=${bake[key]}`
  );
  return [...numbers, ...bake.lines ? ["lines"] : []].join();
}

/**
 * Read `temperature=0.5,min-p=0.05,lines`; parts may be missing.
 * @throws {SyntaxError} when the text has another form, {RangeError} when a value is out of range
 */
export function parseBakedSampling(text: string): BakedSampling {
  const bake: { temperature?: number; minP?: number; lines?: true } = {};
  for (const part of text.split(",")) {
    if (part.trim() === "lines") {
      bake.lines = true;
      continue;
    }
    const [, given, number] = /^([\w-]+)=(\d+(?:\.\d*)?(?:e-?\d+)?|\.\d+)$/.exec(part.trim()) ?? [];
    const key = PARTS.find(([name]) => name === given)?.[1];
    if (key === undefined) {
      throw new SyntaxError(`"${part}" is none of temperature=NUMBER, min-p=NUMBER and lines`);
    }
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

/** What the graph does, on logits (T, V) after these tokens; a copy. Tables go with `lines`. */
export function bakeLogits(
  logits: Float32Array,
  bake: BakedSampling,
  { vocabSize, tokens, tables }: { vocabSize: number; tokens: Int32Array; tables: LineTables | null },
): Float32Array {
  const factor = logitFactor(bake);
  const scaled = logits.map((logit) => factor * logit);
  const out = tables === null ? scaled : linesOnly(scaled, tokens, tables);
  if (bake.minP) cutUnlikely(out, bake.minP, vocabSize);
  if (tables !== null) unsaidOnly(out, tokens, tables);
  return out;
}

function cutUnlikely(out: Float32Array, minP: number, vocabSize: number): void {
  for (let start = 0; start < out.length; start += vocabSize) {
    const row = out.subarray(start, start + vocabSize);
    const lowest = row.reduce((a, b) => Math.max(a, b)) + margin(minP);
    for (let i = 0; i < row.length; i++) if (row[i]! < lowest) row[i] = CUT_LOGIT;
  }
}

/** What graph/said_lines.ts does to logits (T, V) after each of these tokens, in place. */
function unsaidOnly(out: Float32Array, tokens: Int32Array, { newlines }: LineTables): void {
  const V = newlines.length;
  const lines: Int32Array[] = [];
  for (let row = 0, start = 0; row < tokens.length; row++) {
    if (newlines[tokens[row]!] === 1) {
      lines.push(tokens.subarray(start, row));
      start = row;
    }
    const begun = tokens.subarray(start, row + 1);
    const lost = new Map<number, number>();
    for (const [i, line] of lines.entries()) {
      if (!begun.every((token, k) => line[k] === token)) continue;
      // Behind a whole line comes the newline with which the next one begins.
      const next = line[begun.length] ?? (lines[i + 1]?.[0] ?? tokens[start]!);
      const loss = SAID_AGAIN * begun.length / line.length;
      lost.set(next, Math.max(loss, lost.get(next) ?? 0));
    }
    for (const [id, loss] of lost) out[row * V + id]! -= loss;
  }
}

/** What graph/line_rules.ts does to logits (T, V) after each of these tokens; a copy. */
function linesOnly(logits: Float32Array, tokens: Int32Array, tables: LineTables): Float32Array {
  const { classOf, follows, effects, needs, newlines } = tables;
  const V = classOf.length;
  const out = logits.slice();
  const open = [0, 0, 0, 0];
  for (let row = 0, length = 0; row < tokens.length; row++) {
    const last = tokens[row]!;
    const isNewline = newlines[last] === 1;
    if (isNewline) open.fill(0);
    length = isNewline ? 1 : length + 1;
    for (let kind = 0; kind < 4; kind++) open[kind]! += effects[4 * last + kind]!;
    const hurry = HURRY * Math.max(0, length - LONG_LINE);
    for (let id = 0; id < V; id++) {
      const closes = open.every((count, kind) => count >= needs[4 * id + kind]!);
      const ends = newlines[id] === 0 || open[2]! + open[3]! <= 0;
      const isKept = closes && ends && follows[classOf[last]! * V + id] === 1;
      out[row * V + id] = isKept ? out[row * V + id]! + hurry * closing(tables, id) : CUT_LOGIT;
    }
  }
  return out;
}

/** How far below the best logit a kept one may be: the prover divides both by its temperature. */
function margin(minP: number): number {
  return PROVER_TEMPERATURE * Math.log(minP);
}
