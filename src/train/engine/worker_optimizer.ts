// A worker's share of the optimizer: AdamW on its slice of the flat vector, Muon on whole matrices from
// anywhere in it, their moments in the worker's own memory. Updated parameters go to all workers in shared
// memory; moments go there for checkpoints only.
import type { Tensor } from "../../backend/mod.ts";
import type { Gpt } from "../../model/gpt.ts";
import { muonMatrices, type MuonMatrix, shareMatrices } from "../../optim/mod.ts";
import type { StepOptions } from "./engine.ts";
import type { ReplicaSetup } from "./messages.ts";
import { memberOf } from "./place.ts";
import { sharedMoments } from "./shared_state.ts";
import { adamWOptions, adamWRanges, muonOptions, type ParameterRange } from "./update.ts";

/** Added to the norm before clipping; PyTorch's clip_grad_norm_. */
const CLIP_EPS = 1e-6;

export class WorkerOptimizer {
  readonly #gpt: Gpt;
  readonly #setup: ReplicaSetup;
  readonly #sliceBegin: number;
  readonly #adamW: readonly (ParameterRange & { readonly m: Tensor; readonly v: Tensor })[];
  /** With Muon's momenta as `m`. */
  readonly #muon: readonly (ParameterRange & { readonly m: Tensor; readonly matrix: MuonMatrix })[];

  constructor(gpt: Gpt, { setup, slice }: { setup: ReplicaSetup; slice: ParameterRange }) {
    const { worker, model, train } = setup;
    const { member, members } = memberOf(setup, worker);
    this.#gpt = gpt;
    this.#setup = setup;
    this.#sliceBegin = slice.begin;
    const zeros = (size: number): Tensor => gpt.backend.allocate([size]);
    this.#adamW = adamWRanges(slice, model, train).map(({ begin, end }) => {
      return { begin, end, m: zeros(end - begin), v: zeros(end - begin) };
    });
    const matrices = train.optimizer === "muon" ? shareMatrices(muonMatrices(model), members)[member]! : [];
    this.#muon = matrices.map((matrix) => {
      const [begin, size] = [matrix.offset, matrix.rows * matrix.columns];
      return { begin, end: begin + size, m: zeros(size), matrix };
    });
  }

  loadMoments(): void {
    for (const { own, shared } of this.#moments()) this.#gpt.backend.write(own, shared);
  }

  async saveMoments(): Promise<void> {
    for (const { own, shared } of this.#moments()) await this.#gpt.backend.read(own, shared);
    const { v } = sharedMoments(this.#setup.shared);
    for (const { begin, end } of this.#muon) v.fill(0, begin, end);
  }

  #moments(): { own: Tensor; shared: Float32Array }[] {
    const { m, v } = sharedMoments(this.#setup.shared);
    const first = [...this.#adamW, ...this.#muon].map((part) => ({ ...part, own: part.m, all: m }));
    const second = this.#adamW.map((part) => ({ ...part, own: part.v, all: v }));
    return [...first, ...second].map(({ own, all, begin, end }) => ({
      own,
      shared: all.subarray(begin, end),
    }));
  }

  // Clip the slice's gradient, by the whole one's norm, and update this worker's part of the parameters, its
  // own and the shared ones. Scratch memory is as long as the largest matrix; `gradient` may lie in it.
  async update(
    step: StepOptions,
    { gradient, gradientNorm, scratch }: { gradient: Tensor; gradientNorm: number; scratch: Tensor },
  ): Promise<void> {
    const { backend, weights: { flat } } = this.#gpt;
    const { train, shared } = this.#setup;
    const gradientScale = Math.min(1, train.gradClip / (gradientNorm + CLIP_EPS));
    for (const { begin, end, m, v } of this.#adamW) {
      const parameters = backend.view(flat, begin, [end - begin]);
      const part = backend.view(gradient, begin - this.#sliceBegin, [end - begin]);
      backend.adamW(parameters, part, m, v, adamWOptions(train, step, gradientScale));
      await backend.read(parameters, shared.parameters.subarray(begin, end));
    }
    for (const { begin, end, m, matrix: { rows, columns, turn } } of this.#muon) {
      const parameters = backend.view(flat, begin, [rows, columns]);
      // AdamW is done with the slice's gradient, which may lie in the same buffer.
      const part = backend.view(scratch, 0, [rows, columns]);
      backend.write(part, shared.slots[0]!.subarray(begin, end));
      const shape = { rows, columns, turn, offsets: Int32Array.of(0) };
      const options = muonOptions(train, step, { shape, gradientScale });
      backend.muon(parameters, part, m, shape, options);
      if (options.stepSize > 0) await backend.read(parameters, shared.parameters.subarray(begin, end));
    }
  }
}
