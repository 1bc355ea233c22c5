/**
 * A worker's share of the optimizer: AdamW on its slice of the flat vector, Muon on whole matrices from anywhere in it, their moments in the worker's own
 * memory. Updated parameters go to all workers in shared memory; moments go there for checkpoints only.
 */
import type { Backend, Tensor } from "../../backend/mod.ts";
import type { MuonMatrix } from "../../optim/muon.ts";
import type { StepOptions } from "./engine.ts";
import type { ReplicaSetup } from "./messages.ts";
import { sharedMoments, slotValues } from "./shared_state.ts";
import { adamWOptions, muonOptions } from "./update_options.ts";
import { type ParameterRange, type UpdatePlan, updatePlan } from "./update_plan.ts";

/** Added to the norm before clipping; PyTorch's clip_grad_norm_. */
const CLIP_EPS = 1e-6;

/** What a step has found. */
export interface ReducedGradient {
  /** Over the worker's slice. */
  readonly gradient: Tensor;
  /** Of the whole gradient, before clipping. */
  readonly norm: number;
  /** As long as the largest matrix, at least; `gradient` may lie in it. */
  readonly scratch: Tensor;
}

/** AdamW's moments and Muon's momenta of a worker's plan. */
interface OptimizerState {
  readonly adamW: readonly { readonly range: ParameterRange; readonly m: Tensor; readonly v: Tensor }[];
  readonly muon: readonly { readonly matrix: MuonMatrix; readonly momentum: Tensor }[];
}

/** See the top of this file. */
export class WorkerOptimizer {
  /** The worker's own parameters, flat. */
  readonly #flat: Tensor;
  readonly #backend: Backend;
  readonly #setup: ReplicaSetup;
  readonly #slice: ParameterRange;
  readonly #plan: UpdatePlan;
  readonly #sharedParameters: Float32Array;
  /** Made when first needed, so that a worker that only evaluates stays small. */
  #allocated: OptimizerState | null = null;

  /** @param slice the part of the flat vector whose gradient this worker reduces */
  constructor(
    flat: Tensor,
    backend: Backend,
    { setup, slice }: { setup: ReplicaSetup; slice: ParameterRange },
  ) {
    this.#flat = flat;
    this.#backend = backend;
    this.#setup = setup;
    this.#slice = slice;
    this.#plan = updatePlan(slice, { ...setup, optimizer: setup.train.optimizer });
    this.#sharedParameters = new Float32Array(setup.shared.parameters);
  }

  /** Allocate the moments, where that has not been done: before the first step, so that none of its phases has it to do. */
  allocate(): void {
    this.#state();
  }

  /** Take this worker's moments from shared memory. */
  loadMoments(): void {
    const { adamW, muon } = this.#state();
    const shared = sharedMoments(this.#setup.shared);
    for (const { range: { begin, end }, m, v } of adamW) {
      this.#backend.write(m, shared.m.subarray(begin, end));
      this.#backend.write(v, shared.v.subarray(begin, end));
    }
    for (const { matrix, momentum } of muon) this.#backend.write(momentum, valuesOf(shared.m, matrix));
  }

  /** Hand over this worker's moments in shared memory. */
  async saveMoments(): Promise<void> {
    const { adamW, muon } = this.#state();
    const shared = sharedMoments(this.#setup.shared);
    for (const { range: { begin, end }, m, v } of adamW) {
      await this.#backend.read(m, shared.m.subarray(begin, end));
      await this.#backend.read(v, shared.v.subarray(begin, end));
    }
    for (const { matrix, momentum } of muon) {
      await this.#backend.read(momentum, valuesOf(shared.m, matrix));
      valuesOf(shared.v, matrix).fill(0);
    }
  }

  /** Clip the gradient and update this worker's part of the parameters, its own and the shared ones. */
  async update(step: StepOptions, { gradient, norm, scratch }: ReducedGradient): Promise<void> {
    const backend = this.#backend;
    const flat = this.#flat;
    const { adamW, muon } = this.#state();
    const { train } = this.#setup;
    const gradientScale = Math.min(1, train.gradClip / (norm + CLIP_EPS));
    for (const { range: { begin, end }, m, v } of adamW) {
      const parameters = backend.view(flat, begin, [end - begin]);
      const part = backend.view(gradient, begin - this.#slice.begin, [end - begin]);
      backend.adamW(parameters, part, m, v, adamWOptions(train, step, gradientScale));
      await backend.read(parameters, this.#sharedParameters.subarray(begin, end));
    }
    const sharedGradient = slotValues(this.#setup.shared, 0);
    for (const { matrix, momentum } of muon) {
      const parameters = backend.view(flat, matrix.offset, [matrix.rows, matrix.columns]);
      // AdamW is done with the slice's gradient, which may lie in the same buffer.
      const part = backend.view(scratch, 0, parameters.shape);
      backend.write(part, valuesOf(sharedGradient, matrix));
      const { learningRate } = step;
      const { rows, columns } = matrix;
      const whole = { rows, columns, offsets: Int32Array.of(0) };
      const options = muonOptions(train, { learningRate, shape: matrix }, gradientScale);
      backend.muon(parameters, part, momentum, whole, options);
      await backend.read(parameters, valuesOf(this.#sharedParameters, matrix));
    }
  }

  #state(): OptimizerState {
    const { adamW, muon } = this.#plan;
    const backend = this.#backend;
    return this.#allocated ??= {
      adamW: adamW.map((range) => ({
        range,
        m: backend.allocate([range.end - range.begin]),
        v: backend.allocate([range.end - range.begin]),
      })),
      muon: muon.map((matrix) => ({
        matrix,
        momentum: backend.allocate([matrix.rows, matrix.columns]),
      })),
    };
  }
}

/** A matrix's elements of a flat vector. */
function valuesOf(flat: Float32Array, { offset, rows, columns }: MuonMatrix): Float32Array {
  return flat.subarray(offset, offset + rows * columns);
}
