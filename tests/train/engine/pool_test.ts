/**
 * The pool of workers: its step is the textbook's, evaluation does not depend on the workers, and a failure
 * never hangs.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BackendChoice } from "../../../src/backend/choose.ts";
import { ReferenceBackend } from "../../../src/backend/reference/mod.ts";
import { compileKernels } from "../../../src/backend/wasm/mod.ts";
import { packSequences, type Sequence } from "../../../src/model/batch.ts";
import { Gpt } from "../../../src/model/gpt.ts";
import { allocateWeights, initialParameters, parameterTable } from "../../../src/model/parameters.ts";
import { MUON_PERIOD, muonMatrices } from "../../../src/optim/mod.ts";
import { Rng } from "../../../src/rng.ts";
import type { WorkerRequest } from "../../../src/train/engine/messages.ts";
import type { WorkerReply } from "../../../src/workers/mod.ts";
import { startThread } from "../../../src/workers/thread.ts";
import { STEP_PHASES } from "../../../src/train/engine/phase_clock.ts";
import { Pool, type PoolOptions } from "../../../src/train/engine/pool.ts";
import { allocateSharedState, BROKEN_MESSAGE } from "../../../src/train/engine/shared_state.ts";
import { assertNear } from "../../backend/assert_near.ts";
import { shortRun, smallModel } from "../run_fixture.ts";

const MODEL = { ...smallModel(), vocabSize: 40, dropout: 0 };
const REFERENCE: BackendChoice = { kind: "reference" };

function parameters(): Float32Array {
  const rng = new Rng(4, "parameters");
  return Float32Array.from({ length: parameterTable(MODEL).size }, () => 0.2 * rng.normal());
}

function options(changes: Partial<PoolOptions> = {}): PoolOptions {
  const train = shortRun({ shards: 4 });
  return { model: MODEL, train, workers: 2, backend: REFERENCE, parameters: parameters(), ...changes };
}

function sequences(count: number): Sequence[] {
  const rng = new Rng(5, "sequences");
  return Array.from({ length: count }, () => {
    const length = 1 + rng.below(MODEL.contextLength);
    const row = (): Int32Array => Int32Array.from({ length }, () => rng.below(MODEL.vocabSize));
    return { tokens: row(), targets: row() };
  });
}

Deno.test("a step is one clipped AdamW step with the mean gradient of the whole batch", async () => {
  const batch = sequences(7);
  const backend = new ReferenceBackend();
  const gpt = new Gpt(backend, MODEL);
  gpt.load(parameters());
  const gradients = allocateWeights(backend, MODEL);
  const targets = batch.reduce((sum, { targets }) => sum + targets.length, 0);
  const losses = await gpt.accumulateGradients(gradients, packSequences(batch), { scale: 1 / targets });
  const flat = await backend.read(gradients.flat);
  const norm = Math.sqrt(flat.reduce((sum, value) => sum + value * value, 0));
  const { flat: weights } = gpt.weights;
  const [m, v] = [backend.allocate(weights.shape), backend.allocate(weights.shape)];
  const { beta1, beta2, weightDecay } = shortRun();
  const adam = { learningRate: 0.01, beta1, beta2, eps: 1e-8, weightDecay, step: 1 };
  backend.adamW(weights, gradients.flat, m, v, { ...adam, gradientScale: 0.05 / (norm + 1e-6) });
  assert(norm > 0.05, "the gradient is clipped");

  for (const workers of [1, 3]) {
    await using pool = await Pool.start(options({ workers, train: shortRun({ gradClip: 0.05 }) }));
    const result = await pool.step(batch, { step: 1, learningRate: 0.01, apply: true });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / targets;
    assertEquals(result.targets, targets);
    assertNear([result.loss, result.gradientNorm], [mean, norm], { bound: 1e-6, what: "loss and norm" });
    const state = await pool.state();
    assertNear(state.m, await backend.read(m), { bound: 1e-5, what: "m" });
    assertNear(state.v, await backend.read(v), { bound: 1e-5, what: "v" });
    assertNear(state.parameters, await backend.read(weights), { bound: 1e-4, what: "parameters" });
  }
});

Deno.test("Muon updates the blocks' matrices, head by head in qkv, and AdamW the rest", async () => {
  const batch = sequences(7);
  const train = shortRun({ shards: 4, optimizer: "muon", muonLearningRate: 0.2, learningRate: 0.1 });
  const backend = new ReferenceBackend();
  const gpt = new Gpt(backend, MODEL);
  gpt.load(parameters());
  const gradients = allocateWeights(backend, MODEL);
  const targets = batch.reduce((sum, { targets }) => sum + targets.length, 0);
  await gpt.accumulateGradients(gradients, packSequences(batch), { scale: 1 / targets });
  const norm = Math.sqrt((await backend.read(gradients.flat)).reduce((sum, value) => sum + value * value, 0));
  const gradientScale = Math.min(1, train.gradClip / (norm + 1e-6));
  const before = await backend.read(gpt.weights.flat);
  const { beta1, beta2, weightDecay } = train;
  const [m, v] = [backend.allocate([before.length]), backend.allocate([before.length])];
  const adam = { learningRate: 0.05, beta1, beta2, eps: 1e-8, weightDecay, step: 1, gradientScale };
  backend.adamW(gpt.weights.flat, gradients.flat, m, v, adam);
  const [expected, firstMoments] = [await backend.read(gpt.weights.flat), await backend.read(m)];
  backend.write(gpt.weights.flat, before);
  const { dModel: C, dMlp: M, nHeads } = MODEL;
  const heads = Array.from({ length: 3 * nHeads }, (_, i) => [i * C * C / nHeads, C / nHeads, C] as const);
  const parts: Record<string, readonly (readonly [offset: number, rows: number, columns: number])[]> = {
    "attn.qkv": heads,
    "attn.proj": [[0, C, C]],
    "mlp.fc1": [[0, M, C]],
    "mlp.fc2": [[0, C, M]],
  };
  for (const { name, offset } of parameterTable(MODEL).specs) {
    for (const [start, rows, columns] of parts[/(attn|mlp)\.\w+/.exec(name)?.[0] ?? ""] ?? []) {
      const begin = offset + start;
      const weight = backend.view(gpt.weights.flat, begin, [rows, columns]);
      const momentum = backend.allocate([rows, columns]);
      const whole = { rows, columns, offsets: Int32Array.of(0) };
      const { turn } = muonMatrices(MODEL).find(({ offset }) => offset === begin)!;
      // Each goes as far in its turn as in all of the steps since its last one; the momentum knows of each.
      const far = turn === 1 % MUON_PERIOD ? MUON_PERIOD : 0;
      backend.muon(weight, backend.view(gradients.flat, begin, [rows, columns]), momentum, whole, {
        stepSize: far * 0.1 * Math.sqrt(Math.max(1, rows / columns)),
        beta: 0.95,
        decay: far * 0.1 * weightDecay,
        gradientScale,
      });
      expected.set(await backend.read(weight), begin);
      firstMoments.set(await backend.read(momentum), begin);
    }
  }
  for (const workers of [1, 3]) {
    await using pool = await Pool.start(options({ workers, train }));
    await pool.step(batch, { step: 1, learningRate: 0.05, apply: true });
    const state = await pool.state();
    assertNear(state.parameters, expected, { bound: 1e-4, what: "parameters" });
    assertNear(state.m, firstMoments, { bound: 1e-5, what: "momenta" });
    const [fc1] = parameterTable(MODEL).specs.filter(({ name }) => name.endsWith("fc1.weight"));
    assert(state.v.subarray(fc1!.offset, fc1!.offset + fc1!.size).every((value) => value === 0));
  }
});

Deno.test("a step that is only measured changes nothing", async () => {
  await using pool = await Pool.start(options());
  const result = await pool.step(sequences(5), { step: 1, learningRate: 0.1, apply: false });
  assert(result.gradientNorm > 0);
  const { m, v, ...state } = await pool.state();
  assertEquals(state.parameters, parameters());
  assert(m.every((value) => value === 0) && v.every((value) => value === 0));
});

Deno.test("a step tells where each worker's time went, and it adds up to no more than the step", async () => {
  await using pool = await Pool.start(options());
  const started = performance.now();
  const { times } = await pool.step(sequences(5), { step: 1, learningRate: 0.1, apply: true });
  const stepMs = performance.now() - started;
  assertEquals(times.length, 2);
  for (const time of times) {
    const sum = STEP_PHASES.reduce((sum, phase) => sum + time[phase], 0);
    assert(time.gradients > 0 && sum <= stepMs, `${sum} of ${stepMs} ms`);
  }
});

Deno.test("targets of -1 do not count", async () => {
  await using pool = await Pool.start(options());
  const sequence = sequences(1)[0]!;
  const ignored = { tokens: sequence.tokens, targets: sequence.targets.map(() => -1) };
  const measure = { step: 1, learningRate: 0, apply: false };
  const [alone, both] = [await pool.step([sequence], measure), await pool.step([sequence, ignored], measure)];
  assertEquals(both.targets, sequence.targets.length);
  assertNear([both.loss, both.gradientNorm], [alone.loss, alone.gradientNorm], {
    bound: 1e-6,
    what: "loss, norm",
  });
});

Deno.test("a state comes back as it was loaded, and the next step goes on from it", async () => {
  const batch = sequences(5);
  const step = { step: 2, learningRate: 0.01, apply: true };
  const train = shortRun({ shards: 4 });
  const state = {
    parameters: parameters().map((value) => 2 * value),
    m: parameters(),
    v: parameters().map((value) => value * value),
  };
  const norms: number[] = [];
  for (const start of [state.parameters, parameters()]) {
    await using pool = await Pool.start(options({ workers: 3, parameters: start, train }));
    await pool.load(state);
    assertEquals(await pool.state(), state);
    norms.push((await pool.step(batch, step)).gradientNorm);
  }
  assertEquals(norms[1], norms[0]);
});

Deno.test("evaluation and samples have the same bits with any number of workers", async () => {
  const batch = sequences(150);
  const found: unknown[] = [];
  for (const workers of [1, 2, 3]) {
    await using pool = await Pool.start(options({ workers }));
    const prompt = Int32Array.of(3, 4, 5);
    found.push([
      await pool.evaluate(batch),
      await pool.generate(prompt, { maxTokens: 7, seed: 1, temperature: 1 }),
    ]);
  }
  assertEquals(found[1], found[0]);
  assertEquals(found[2], found[0]);
});

Deno.test("a backend that cannot be opened is the error of start()", async () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const backend: BackendChoice = { kind: "wasm", module: empty, tile: "4x8" };
  await assertRejects(() => Pool.start(options({ backend })), Error);
});

Deno.test("a worker that meets a token beyond the vocabulary stops the step with that error", async () => {
  const backend: BackendChoice = { kind: "wasm", module: await compileKernels(), tile: "4x8" };
  await using pool = await Pool.start(options({ backend, workers: 3 }));
  const batch = sequences(4);
  batch[2]!.tokens[0] = MODEL.vocabSize;
  const step = { step: 1, learningRate: 0.1, apply: true };
  await assertRejects(() => pool.step(batch, step), RangeError, "tokens has 40, expected 0 to 39");
  await assertRejects(() => pool.step(sequences(4), step), Error, BROKEN_MESSAGE);
});

Deno.test("a pool that was closed refuses every request instead of waiting for ever", async () => {
  const pool = await Pool.start(options());
  const pending = pool.step(sequences(5), { step: 1, learningRate: 0, apply: true });
  await pool[Symbol.asyncDispose]();
  await assertRejects(() => pending, Error, "the pool was closed");
  await assertRejects(() => pool.evaluate(sequences(1)), Error, "the pool was closed");
});

/** One worker of the pool, asked by hand. */
class RawWorker implements Disposable {
  #answered: (reply: WorkerReply) => void = () => {};
  readonly #thread = startThread(import.meta.resolve("../../../src/train/engine/worker.ts"), {
    said: (reply) => this.#answered(reply as WorkerReply),
    ended: () => {},
  });

  ask(request: WorkerRequest): Promise<WorkerReply> {
    const { promise, resolve } = Promise.withResolvers<WorkerReply>();
    this.#answered = resolve;
    this.#thread.post(request);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#thread.end();
  }
}

Deno.test("when a worker fails in a step, the others answer too", async () => {
  const train = shortRun({ shards: 4 });
  const shared = allocateSharedState(MODEL, { rank: 0, ranks: 1, workers: 3 }, 4);
  using workers = new DisposableStack();
  const members = [0, 1, 2].map(() => workers.use(new RawWorker()));
  const start = (worker: number): WorkerRequest => ({
    kind: "start",
    backend: REFERENCE,
    setup: { worker, rank: 0, ranks: 1, workers: 3, model: MODEL, train, shared },
  });
  for (const [worker, member] of members.entries()) assert((await member.ask(start(worker))).ok);
  // Worker 0 is given a shard that is not its own, for whose gradient there is no place.
  const shardsOf = [[3], [1], [2, 3]];
  const replies = await Promise.all(members.map((member, worker) => {
    const shards = shardsOf[worker]!.map((index) => ({ index, batches: [packSequences(sequences(1))] }));
    const job = { step: 1, shards, scale: 1, learningRate: 0, apply: true };
    return member.ask({ kind: "step", job });
  }));
  const messages = replies.map((reply) => reply.ok ? "done" : reply.error.message);
  assert(messages[0] !== "done" && messages[0] !== BROKEN_MESSAGE, messages[0]);
  assertEquals(messages.slice(1), [BROKEN_MESSAGE, BROKEN_MESSAGE]);
});

Deno.test("a worker that was not started says so", async () => {
  using worker = new RawWorker();
  const reply = await worker.ask({ kind: "evaluate", batch: packSequences(sequences(1)) });
  assert(!reply.ok && reply.error.message.includes("the worker was not started"));
});

Deno.test("a gradient that is not finite moves no weights and no moments of any worker", async () => {
  const train = shortRun({ optimizer: "muon", muonLearningRate: 0.02, proofWeight: 2 });
  const model = smallModel();
  const parameters = initialParameters(model, 1);
  const backend: BackendChoice = { kind: "wasm", module: await compileKernels(), tile: "4x8" };
  await using pool = await Pool.start({ model, train, parameters, backend, workers: 2 });
  const tokens = Int32Array.from({ length: 12 }, (_, i) => (7 * i) % model.vocabSize);
  const sequences = [tokens, tokens.toReversed()].map((tokens) => ({
    tokens,
    targets: tokens,
    proofFrom: 3,
  }));
  const at = (step: number, proofWeight: number) => ({ step, learningRate: 0.01, proofWeight, apply: true });
  await pool.step(sequences, at(1, 2));
  const { parameters: p, m, v } = await pool.state(); // in memory that the next step changes
  const before = { parameters: p.slice(), m: m.slice(), v: v.slice() };
  const { loss, gradientNorm } = await pool.step(sequences, at(2, NaN));
  assert(Number.isFinite(loss) && Number.isNaN(gradientNorm), `${loss}, ${gradientNorm}`);
  const after = await pool.state();
  for (const key of ["parameters", "m", "v"] as const) {
    assert(before[key].every((value, i) => Object.is(value, after[key][i])), `${key} have moved`);
  }
});
