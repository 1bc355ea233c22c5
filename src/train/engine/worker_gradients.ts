// A worker's gradients: those of its shards, added up in the tree as far as they are siblings, handed to all
// workers in shared slots; then the whole step's gradient over its slice of the flat vector, the sum of all
// slots in the same tree. The reduction and the optimizer work in the gradients' buffers. Where there are other
// ranks, a block is handed over as soon as the last backward pass is through with it: its way to them begins.
import type { Tensor } from "../../backend/mod.ts";
import type { Gpt } from "../../model/gpt.ts";
import { allocateWeights, type ModelWeights } from "../../model/parameters.ts";
import { GradientTree, type TreeNode } from "../gradient_tree.ts";
import { stepDropout, sumInOrder } from "../shards.ts";
import { gradientBuckets } from "./buckets.ts";
import type { ReplicaSetup, StepJob } from "./messages.ts";
import { gradientSlots, memberOf } from "./place.ts";
import { BLOCK_ELEMENTS, Handed, type SumTerm, sumTerms } from "./shared_state.ts";
import type { ParameterRange } from "./update.ts";

export class WorkerGradients {
  readonly #gpt: Gpt;
  readonly #setup: ReplicaSetup;
  readonly #slice: ParameterRange;
  readonly #slots: readonly TreeNode<null>[];
  readonly #terms: readonly SumTerm[];
  /** Buffers for a gradient each that are free at the moment. */
  readonly #freeGradients: ModelWeights[] = [];
  readonly #extraSlices: Tensor[] = [];
  /** This worker's part of the step, the last shard not added yet; null: shards without sequences. */
  #nodes: readonly TreeNode<ModelWeights | null>[] = [];
  /** In what pieces it is handed over, and how many of them have been. */
  readonly #buckets: readonly ParameterRange[];
  #bucketsDone = 0;
  readonly #handed: Handed | null;
  readonly #squares: Tensor;

  /** @param slice the part of the flat vector that this worker reduces */
  constructor(gpt: Gpt, { setup, slice }: { setup: ReplicaSetup; slice: ParameterRange }) {
    this.#gpt = gpt;
    this.#setup = setup;
    this.#slice = slice;
    this.#slots = gradientSlots(setup, setup.train.shards);
    this.#terms = sumTerms(setup.shared, setup, setup.train.shards);
    const hasLink = setup.ranks > 1;
    this.#buckets = hasLink ? gradientBuckets(setup.model) : [{ begin: 0, end: gpt.weights.flat.size }];
    this.#handed = hasLink ? new Handed(setup.shared.handed, setup.workers) : null;
    this.#squares = gpt.backend.allocate([Math.ceil((slice.end - slice.begin) / BLOCK_ELEMENTS)]);
  }

  /** Of the whole gradient, when all workers have reduced their slices. */
  norm(): number {
    return Math.sqrt(sumInOrder(this.#setup.shared.blockSums));
  }

  /** As long as the flat vector, to use after {@linkcode reduceSlice}, whose result may lie in it. */
  get scratch(): Tensor {
    // None is free while no shard of this worker had sequences.
    const [first = this.#allocateGradient()] = this.#freeGradients;
    this.#freeGradients[0] = first;
    return first.flat;
  }

  /** Add up this worker's shards, as far as they are siblings. @returns each shard's losses, summed */
  async ofShards({ shards, scale, step, proofWeight }: StepJob): Promise<number[]> {
    const { backend } = this.#gpt;
    const { train: { seed }, model: { dropout } } = this.#setup;
    const tree = new GradientTree<ModelWeights | null>((left, right) => {
      if (left === null || right === null) return left ?? right;
      backend.add(left.flat, right.flat);
      this.#freeGradients.push(right);
      return left;
    });
    const shardNats: number[] = [];
    const last = shards.findLastIndex(({ batches }) => batches.length > 0);
    const empty = shards.slice(last + 1).map(({ index }) => ({ first: index, size: 1, value: null }));
    [this.#nodes, this.#bucketsDone] = [empty, 0];
    for (const [i, { index, batches }] of shards.entries()) {
      const gradients = batches.length === 0 ? null : this.#freeGradients.pop() ?? this.#allocateGradient();
      if (gradients !== null) backend.zero(gradients.flat);
      const node = { first: index, size: 1, value: gradients };
      if (i === last) this.#nodes = [...tree.nodes, node, ...empty];
      let nats = 0;
      for (const [micro, batch] of batches.entries()) {
        const masks = stepDropout({ seed, dropout }, { step, shard: index, micro });
        const isLast = i === last && micro === batches.length - 1;
        const blockDone = isLast && this.#handed !== null ? () => this.#handOverBucket() : undefined;
        const options = { scale, dropout: masks, proofWeight, blockDone };
        const losses = this.#gpt.accumulateGradients(gradients!, batch, options);
        nats += sumInOrder(await losses);
      }
      shardNats.push(nats);
      if (i < last) tree.push(node);
    }
    // One more term of the norm: a loss that is not finite makes every worker leave its parameters alone.
    const { worker, shared: { blockSums } } = this.#setup;
    const { member, members } = memberOf(this.#setup, worker);
    blockSums[blockSums.length - members + member] = shardNats.every(Number.isFinite) ? 0 : NaN;
    return shardNats;
  }

  /** Hand over what is not yet. */
  handOver(): void {
    while (this.#bucketsDone < this.#buckets.length) this.#handOverBucket();
    for (const { value } of this.#nodes) if (value !== null) this.#freeGradients.push(value);
  }

  // The next bucket: its last shard is added, and it is read into the slots. On a pool's backends a read is
  // done when it returns.
  #handOverBucket(): void {
    const { backend } = this.#gpt;
    const { slots } = this.#setup.shared;
    const bucket = this.#bucketsDone++;
    const { begin, end } = this.#buckets[bucket]!;
    const tree = new GradientTree<Tensor | null>((left, right) => {
      if (left === null || right === null) return left ?? right;
      backend.add(left, right);
      return left;
    });
    for (const { first, size, value } of this.#nodes) {
      tree.push({ first, size, value: value && backend.view(value.flat, begin, [end - begin]) });
    }
    for (const { first, size, value } of tree.nodes) {
      const index = this.#slots.findIndex((slot) => slot.first === first && slot.size === size);
      const slot = slots[index]?.subarray(begin, end);
      if (slot === undefined) throw new Error(`internal: no slot for the subtree from shard ${first}`);
      if (value === null) slot.fill(-0); // the one number that leaves any other's bits alone when it is added
      else backend.read(value, slot);
    }
    this.#handed?.tell(bucket, () => this.#addSlots({ begin, end }));
  }

  // Before other ranks get them: siblings among this rank's slots are added into the left one. A float32 sum is
  // the same bits here as in the kernels.
  #addSlots({ begin, end }: ParameterRange): void {
    const { slots } = this.#setup.shared;
    const tree = new GradientTree<Float32Array>((left, right) => {
      for (let i = 0; i < left.length; i++) left[i]! += right[i]!;
      return left;
    });
    for (const [slot, { first, size }] of this.#slots.entries()) {
      tree.push({ first, size, value: slots[slot]!.subarray(begin, end) });
    }
  }

  // The sum of all slots over this worker's slice, in a gradient buffer, with its blocks' sums of squares in
  // shared memory. With Muon, whose matrices other workers may update, it goes into slot 0 as well: that part
  // of the slot has been read by then, by nobody else.
  async reduceSlice(): Promise<Tensor> {
    const { begin, end } = this.#slice;
    const { shared, train } = this.#setup;
    const { backend } = this.#gpt;
    const free = this.#sliceBuffers();
    const tree = new GradientTree<Tensor>((left, right) => {
      backend.add(left, right);
      free.push(right);
      return left;
    });
    for (const { first, size, vector, begin: offset } of this.#terms) {
      const part = free.pop() ?? this.#extraSlice();
      backend.write(part, vector.subarray(begin - offset, end - offset));
      tree.push({ first, size, value: part });
    }
    const total = tree.total();
    backend.sumSquares(this.#squares, total, BLOCK_ELEMENTS);
    shared.blockSums.set(await backend.read(this.#squares), begin / BLOCK_ELEMENTS);
    if (train.optimizer === "muon") await backend.read(total, shared.slots[0]!.subarray(begin, end));
    return total;
  }

  #allocateGradient(): ModelWeights {
    return allocateWeights(this.#gpt.backend, this.#setup.model);
  }

  /** The free gradient buffers, cut to the slice's length, and what they lacked in earlier steps. */
  #sliceBuffers(): Tensor[] {
    const size = this.#slice.end - this.#slice.begin;
    const cuts = size === 0 ? 0 : Math.floor(this.#gpt.weights.flat.size / size);
    const cut = this.#freeGradients.flatMap(({ flat }) =>
      Array.from({ length: cuts }, (_, i) => this.#gpt.backend.view(flat, i * size, [size]))
    );
    return [...this.#extraSlices, ...cut];
  }

  /** For a worker of a single shard, whose one gradient buffer may hold fewer slices than the tree needs. */
  #extraSlice(): Tensor {
    const slice = this.#gpt.backend.allocateUninitialized([this.#slice.end - this.#slice.begin]);
    this.#extraSlices.push(slice);
    return slice;
  }
}
