/**
 * Speed of decoding at the default size: milliseconds for a token of one sequence (cache 0 to 255), for a
 * step of 4 and 16 sequences that continue one prompt, and for that prompt of 128 tokens. Our decoder beside
 * ONNX Runtime on the exported model, in turns, one thread each.
 *
 *     deno task bench:decode [--rounds N] [--python PATH] [--json]
 *
 * onnxruntime-web is always measured; --python names an interpreter that has numpy and onnxruntime, for the
 * native one.
 */
import { parseArgs } from "@std/cli";
import { fromFileUrl } from "@std/path";
import { WasmBackend } from "../src/backend/wasm/mod.ts";
import { DEFAULT_MODEL_CONFIG } from "../src/config.ts";
import { exportModel } from "../src/export/mod.ts";
import { type Decoder, GptDecoder } from "../src/infer/mod.ts";
import { OnnxDecoder } from "../src/infer/onnx_decoder.ts";
import { OnnxSession } from "../src/infer/onnx_session.ts";
import { Gpt, initialParameters } from "../src/model/mod.ts";
import { trainTokenizer } from "../src/tokenizer/mod.ts";

const CONTEXT = DEFAULT_MODEL_CONFIG.contextLength;
const PROMPT = 128;
/** Sequences, and tokens of each after the prompt. */
const BATCHES = [4, 16] as const;
const STEPS = 64;
/** Of the real proofs' tokenizer, nearly. */
const VOCABULARY = 2915;

/** Milliseconds of every call: tokens of one sequence, steps of several by their number, the prompt. */
type Times = Record<string, number[]>;

/** What one decoder takes. */
export interface DecoderFigures {
  readonly name: string;
  /** Mean over the caches of a context. */
  readonly tokenMs: number;
  /** Of a token for each of several sequences. */
  readonly stepMs: readonly { readonly sequences: number; readonly ms: number }[];
  /** Of the prompt of 128 tokens. */
  readonly promptMs: number;
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  const args = parseArgs(Deno.args, { string: ["rounds", "python"], boolean: ["json"] });
  const config = { ...DEFAULT_MODEL_CONFIG, vocabSize: VOCABULARY };
  const parameters = initialParameters(config, 42);
  const directory = await Deno.makeTempDir({ prefix: "tactics_bench_" });
  try {
    const tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
    await exportModel({ config, parameters, tokenizerJson: padded(tokenizer.toJson()), directory });
    using backend = await WasmBackend.create();
    const gpt = new Gpt(backend, config);
    gpt.load(parameters);
    await using own = new GptDecoder(gpt);
    await using web = new OnnxDecoder(await OnnxSession.open(directory));
    await checkSame(own, web);

    const rows: [name: string, round: () => Promise<Times>, best: Times][] = [
      [`ours (${backend.description})`, () => oneRound(own), {}],
      ["onnxruntime-web", () => oneRound(web), {}],
    ];
    if (typeof args.python === "string") {
      rows.push(["onnxruntime, native", () => nativeRound(args.python as string, directory), {}]);
    }
    let readMs = Infinity;
    for (let round = 0; round < Number(args.rounds ?? 4); round++) {
      for (const [, run, best] of rows) keepBest(best, await run());
      readMs = Math.min(readMs, timeOfReading(backend, gpt));
    }
    const megabytes = 4 * parameters.length / 1e6;
    const figures = rows.map(([name, , best]): DecoderFigures => ({
      name,
      tokenMs: mean(best["1"]!),
      stepMs: BATCHES.map((sequences) => ({ sequences, ms: mean(best[sequences]!) })),
      promptMs: mean(best["prompt"]!),
    }));
    if (args.json === true) return console.log(JSON.stringify(figures));
    console.log(`one pass over the ${megabytes.toFixed(1)} MB of weights, plain: ${rate(megabytes, readMs)}`);
    for (const { name, tokenMs, stepMs, promptMs } of figures) {
      console.log(`${name}: ${rate(megabytes, tokenMs)} a token`);
      const steps = stepMs.map(({ sequences, ms }) => `${sequences} sequences ${ms.toFixed(2)} ms a step`);
      console.log(`  ${steps.join(", ")}, prompt of ${PROMPT} ${promptMs.toFixed(1)} ms`);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A tokenizer.json with as many tokens as the model: nothing is encoded with it. */
function padded(json: string): string {
  const file = JSON.parse(json) as { model: { vocab: Record<string, number> } };
  for (let id = Object.keys(file.model.vocab).length; id < VOCABULARY; id++) {
    file.model.vocab[`token ${id}`] = id;
  }
  return JSON.stringify(file);
}

function token(place: number): number {
  return (37 * place) % VOCABULARY;
}

async function oneRound(decoder: Decoder): Promise<Times> {
  const times: Times = { 1: [], prompt: [] };
  decoder.reset();
  for (let i = 0; i < CONTEXT; i++) {
    times["1"]!.push(await timeOf(() => decoder.step(Int32Array.of(token(i)))));
  }
  for (const B of BATCHES) {
    decoder.reset();
    times["prompt"]!.push(
      await timeOf(() => decoder.feed(Int32Array.from({ length: PROMPT }, (_, i) => token(i)))),
    );
    await decoder.select(new Array<number>(B).fill(0));
    times[B] = [];
    for (let i = 0; i < STEPS; i++) {
      const tokens = Int32Array.from({ length: B }, (_, b) => token(i + 7 * b));
      times[B].push(await timeOf(() => decoder.step(tokens)));
    }
  }
  times["prompt"] = [Math.min(...times["prompt"]!)];
  return times;
}

async function nativeRound(python: string, directory: string): Promise<Times> {
  const script = fromFileUrl(new URL("decode.py", import.meta.url));
  const sizes = JSON.stringify({ CONTEXT, PROMPT, BATCHES, STEPS, VOCABULARY });
  const { success, stdout } = await new Deno.Command(python, {
    args: [script, directory, sizes],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${script} failed`);
  return JSON.parse(new TextDecoder().decode(stdout)) as Times;
}

/** Both give the same logits, far into the context. */
async function checkSame(own: Decoder, web: Decoder): Promise<void> {
  for (const decoder of [own, web]) {
    await decoder.feed(Int32Array.from({ length: PROMPT }, (_, i) => token(i)));
  }
  const [a, b] = [await own.feed(Int32Array.of(5)), await web.feed(Int32Array.of(5))];
  const difference = a.reduce((largest, logit, i) => Math.max(largest, Math.abs(logit - b[i]!)), 0);
  if (!(difference < 1e-4)) throw new Error(`the decoders' logits are ${difference} apart`);
}

function timeOfReading(backend: WasmBackend, gpt: Gpt): number {
  using _scope = backend.scope();
  const { flat } = gpt.weights;
  const sum = backend.allocateUninitialized([1]);
  const times = Array.from({ length: 20 }, () => {
    const started = performance.now();
    backend.sumSquares(sum, flat, flat.size);
    return performance.now() - started;
  });
  return Math.min(...times);
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

/** Each call's best time of all rounds. */
function keepBest(best: Times, times: Times): void {
  for (const [name, values] of Object.entries(times)) {
    best[name] = values.map((value, i) => Math.min(value, best[name]?.[i] ?? Infinity));
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rate(megabytes: number, ms: number): string {
  return `${ms.toFixed(3)} ms (${(megabytes / ms).toFixed(1)} GB/s)`;
}
