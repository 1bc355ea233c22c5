/**
 * The wasm backend: checks shapes, finds addresses, calls one kernel an operation (kernels/src). It owns the instance's memory: tensors are
 * places in it, scopes its stack. Not here: any structure of the model, nor arithmetic, but for the tables of cosines and sines and for what is
 * too little to be a kernel.
 *
 * One file, because it is one call after the other in the seam's order, each with the shapes that its kernel trusts.
 */
import type {
  AdamWOptions,
  AttentionOptions,
  Backend,
  CacheEntries,
  DataType,
  Documents,
  Dropout,
  MatrixPlaces,
  MuonOptions,
  RotaryOptions,
  Scope,
  Tensor,
} from "../mod.ts";
import { calibrateTile } from "./calibrate.ts";
import { compileKernels, instantiateKernels, type Kernels, type TileName } from "./kernels.ts";
import { Arena } from "./memory.ts";
import { type Direction, PackedWeights } from "./packed_weights.ts";
import { RotaryTables } from "./rotary_tables.ts";
import { ELEMENT_BYTES, elementCount, ShapeCheck, WasmTensor } from "./tensor.ts";

/** Options of {@linkcode WasmBackend.create}. */
export interface WasmBackendOptions {
  /** From {@linkcode compileKernels}, perhaps in another thread. Default: compiled here. */
  readonly module?: WebAssembly.Module | undefined;
  /** Default: the faster one, found in 0.15 s. Both give the same bits. */
  readonly tile?: TileName | undefined;
  /** Memory never grows beyond it. Default, and at most: 4 GiB less a page. */
  readonly maxMemoryBytes?: number | undefined;
  /** A clock in milliseconds, for finding the tile. Default: performance.now. */
  readonly now?: (() => number) | undefined;
}

/** Rust SIMD kernels in one WebAssembly memory. Calls are done when they return. */
export class WasmBackend implements Backend {
  readonly description: string;
  /** Rows and columns of the products' tile: hand it to other threads, which then need not look for it. */
  readonly tile: TileName;
  readonly #kernels: Kernels;
  readonly #arena: Arena;
  readonly #packed: PackedWeights;
  readonly #rotary: RotaryTables;
  #scopes = 0;

  private constructor(kernels: Kernels, arena: Arena, tile: TileName) {
    kernels.set_wide_tile(Number(tile === "6x16"));
    this.tile = tile;
    this.description = `wasm, ${tile} kernel`;
    this.#kernels = kernels;
    this.#arena = arena;
    this.#packed = new PackedWeights(kernels, arena);
    this.#rotary = new RotaryTables(arena);
  }

  /**
   * A backend with a memory of its own.
   *
   * @throws {Error} when a kernel computes wrong results on this machine
   */
  static async create(options: WasmBackendOptions = {}): Promise<WasmBackend> {
    const kernels = await instantiateKernels(options.module ?? await compileKernels());
    const arena = new Arena(kernels.memory, options.maxMemoryBytes);
    const now = options.now ?? ((): number => performance.now());
    return new WasmBackend(kernels, arena, options.tile ?? calibrateTile(kernels, arena, now));
  }

  /** Bytes of the instance's memory, free or not. */
  get memoryBytes(): number {
    return this.#arena.sizeBytes;
  }

  /** Nothing to do: the memory goes with the last reference. */
  [Symbol.dispose](): void {}

  allocate(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    const tensor = this.allocateUninitialized(shape, dtype);
    this.zero(tensor);
    return tensor;
  }

  allocateUninitialized(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    const address = this.#arena.allocate(elementCount(shape) * ELEMENT_BYTES);
    return new WasmTensor([...shape], dtype, address, this.#scopes === 0, this.#kernels.memory);
  }

  allocateOwned(shape: readonly number[]): Tensor {
    // Not lasting, as its address can become another tensor's: no packed copy of it is remembered.
    const address = this.#arena.keep(elementCount(shape) * ELEMENT_BYTES);
    return new WasmTensor([...shape], "f32", address, false, this.#kernels.memory);
  }

  free(tensor: Tensor): void {
    const { address, size } = this.#check("free").any(tensor, "tensor");
    this.#arena.giveBack(address, size * ELEMENT_BYTES);
  }

  view(tensor: Tensor, offset: number, shape: readonly number[]): Tensor {
    const check = this.#check("view");
    const { address, dtype, isLasting, memory } = check.any(tensor, "tensor");
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + elementCount(shape) > tensor.size) {
      check.fail(`[${shape.join(", ")}] from ${offset} on does not lie in ${tensor.size} elements`);
    }
    return new WasmTensor([...shape], dtype, address + offset * ELEMENT_BYTES, isLasting, memory);
  }

  scope(): Scope {
    const mark = this.#arena.mark();
    const depth = ++this.#scopes;
    let isOpen = true;
    return {
      [Symbol.dispose]: (): void => {
        if (!isOpen) return;
        if (this.#scopes !== depth) throw new Error("internal: scopes must be closed in reverse order");
        isOpen = false;
        this.#scopes--;
        this.#arena.release(mark);
      },
    };
  }

  write(tensor: Tensor, data: Float32Array | Int32Array): void {
    const check = this.#check("write");
    const target = check.any(tensor, "tensor");
    if (data.length !== tensor.size) check.fail(`${data.length} values for ${tensor.size} elements`);
    this.#changed(target);
    if (target.dtype === "f32") this.#arena.floats(target.address, target.size).set(data);
    else this.#arena.integers(target.address, target.size).set(data);
  }

  read(tensor: Tensor, target: Float32Array = new Float32Array(tensor.size)): Promise<Float32Array> {
    const check = this.#check("read");
    const { address, size, dtype } = check.any(tensor, "tensor");
    if (target.length !== size) check.fail(`a target of ${target.length} values for ${size} elements`);
    target.set(dtype === "f32" ? this.#arena.floats(address, size) : this.#arena.integers(address, size));
    return Promise.resolve(target);
  }

  zero(tensor: Tensor): void {
    const target = this.#check("zero").any(tensor, "tensor");
    this.#changed(target);
    this.#arena.integers(target.address, target.size).fill(0);
  }

  parametersChanged(): void {
    this.#packed.forgetAll();
  }

  embeddingForward(
    out: Tensor,
    tokens: Tensor,
    table: Tensor,
    positions: Tensor | null,
    positionTable: Tensor | null,
  ): void {
    const check = this.#check("embeddingForward");
    const [T, C] = check.matrix(out, "out");
    const [o, e] = [check.floats(out, "out", T, C), check.floats(table, "table", -1, C)];
    const rows = this.#indices(check, tokens, "tokens", T, table.shape[0]!);
    let [place, placeTable] = [0, 0];
    if (positions !== null && positionTable !== null) {
      placeTable = check.floats(positionTable, "positionTable", -1, C).address;
      place = this.#indices(check, positions, "positions", T, positionTable.shape[0]!).address;
    }
    this.#kernels.embedding_forward(o.address, rows.address, e.address, place, placeTable, T, C);
  }

  embeddingBackward(
    dTable: Tensor,
    dPositionTable: Tensor | null,
    dOut: Tensor,
    tokens: Tensor,
    positions: Tensor | null,
  ): void {
    const check = this.#check("embeddingBackward");
    const [T, C] = check.matrix(dOut, "dOut");
    const [g, e] = [check.floats(dOut, "dOut", T, C), check.floats(dTable, "dTable", -1, C)];
    const rows = this.#indices(check, tokens, "tokens", T, dTable.shape[0]!);
    this.#kernels.embedding_backward(e.address, g.address, rows.address, T, C);
    if (positions !== null && dPositionTable !== null) {
      const places = check.floats(dPositionTable, "dPositionTable", -1, C);
      const place = this.#indices(check, positions, "positions", T, dPositionTable.shape[0]!);
      this.#kernels.embedding_backward(places.address, g.address, place.address, T, C);
    }
  }

  rmsNormForward(out: Tensor, rstd: Tensor, inp: Tensor, weight: Tensor, eps: number): void {
    const check = this.#check("rmsNormForward");
    const [T, C] = check.matrix(inp, "inp");
    this.#kernels.rms_norm_forward(
      check.floats(out, "out", T, C).address,
      check.elements(rstd, "rstd", T).address,
      check.floats(inp, "inp", T, C).address,
      check.elements(weight, "weight", C).address,
      T,
      C,
      eps,
    );
  }

  rmsNormBackward(
    dInp: Tensor,
    dWeight: Tensor,
    dOut: Tensor,
    inp: Tensor,
    weight: Tensor,
    rstd: Tensor,
  ): void {
    const check = this.#check("rmsNormBackward");
    const [T, C] = check.matrix(inp, "inp");
    this.#kernels.rms_norm_backward(
      check.floats(dInp, "dInp", T, C).address,
      check.elements(dWeight, "dWeight", C).address,
      check.floats(dOut, "dOut", T, C).address,
      check.floats(inp, "inp", T, C).address,
      check.elements(weight, "weight", C).address,
      check.elements(rstd, "rstd", T).address,
      T,
      C,
    );
  }

  linearForward(out: Tensor, inp: Tensor, weight: Tensor): void {
    const { o, x, w, T, N, K } = this.#linearArguments("linearForward", out, inp, weight);
    this.#withWeight(w, "forward", (packed) => {
      this.#kernels.linear_forward(o.address, x.address, packed, T, N, K);
    });
  }

  linearFewRows(out: Tensor, inp: Tensor, weight: Tensor): void {
    const { o, x, w, T, N, K } = this.#linearArguments("linearFewRows", out, inp, weight);
    this.#kernels.linear_few_rows(o.address, x.address, w.address, T, N, K);
  }

  linearBackwardInput(dInp: Tensor, dOut: Tensor, weight: Tensor): void {
    const check = this.#check("linearBackwardInput");
    const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(weight, "weight")];
    const [dx, g, w] = [
      check.floats(dInp, "dInp", T, K),
      check.floats(dOut, "dOut", T, N),
      check.floats(weight, "weight", N, K),
    ];
    check.apart(dx, g, w);
    this.#withWeight(w, "backward", (packed) => {
      this.#kernels.linear_backward_input(dx.address, g.address, packed, T, N, K);
    });
  }

  linearBackwardWeight(dWeight: Tensor, dOut: Tensor, inp: Tensor): void {
    const check = this.#check("linearBackwardWeight");
    const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(inp, "inp")];
    const [dw, g, x] = [
      check.floats(dWeight, "dWeight", N, K),
      check.floats(dOut, "dOut", T, N),
      check.floats(inp, "inp", T, K),
    ];
    check.apart(dw, g, x);
    this.#withScratch(this.#kernels.unpacked_scratch_size(T, K), (scratch) => {
      this.#kernels.linear_backward_weight(dw.address, g.address, x.address, T, N, K, scratch);
    });
  }

  geluForward(out: Tensor, inp: Tensor): void {
    const check = this.#check("geluForward");
    const [o, x] = [check.elements(out, "out", inp.size), check.elements(inp, "inp", inp.size)];
    this.#kernels.gelu_forward(o.address, x.address, x.size);
  }

  geluBackward(dInp: Tensor, dOut: Tensor, inp: Tensor): void {
    const check = this.#check("geluBackward");
    const [dx, g, x] = [
      check.elements(dInp, "dInp", inp.size),
      check.elements(dOut, "dOut", inp.size),
      check.elements(inp, "inp", inp.size),
    ];
    this.#kernels.gelu_backward(dx.address, g.address, x.address, x.size);
  }

  residualForward(out: Tensor, residual: Tensor | null, branch: Tensor, dropout: Dropout | null): void {
    const check = this.#check("residualForward");
    const [o, b] = [check.elements(out, "out", branch.size), check.elements(branch, "branch", branch.size)];
    if (residual === null) return this.#dropout(o, b, dropout);
    const r = check.elements(residual, "residual", branch.size);
    this.#kernels.residual_forward(o.address, r.address, b.address, o.size, ...dropoutArguments(dropout));
  }

  residualBackward(dBranch: Tensor, dOut: Tensor, dropout: Dropout | null): void {
    const check = this.#check("residualBackward");
    this.#dropout(
      check.elements(dBranch, "dBranch", dOut.size),
      check.elements(dOut, "dOut", dOut.size),
      dropout,
    );
  }

  qkNormRotaryForward(qkv: Tensor, rstd: Tensor, positions: Tensor, options: RotaryOptions): void {
    const check = this.#check("qkNormRotaryForward");
    const { x, r, place, T, D, tables } = this.#rotaryArguments(check, qkv, rstd, positions, options);
    this.#kernels.qk_norm_rotary_forward(
      x.address,
      r.address,
      place.address,
      tables.cosines,
      tables.sines,
      T,
      options.heads,
      D,
      options.eps,
    );
  }

  qkNormRotaryBackward(
    dQkv: Tensor,
    qkv: Tensor,
    rstd: Tensor,
    positions: Tensor,
    options: RotaryOptions,
  ): void {
    const check = this.#check("qkNormRotaryBackward");
    const { x, r, place, T, D, tables } = this.#rotaryArguments(check, qkv, rstd, positions, options);
    this.#kernels.qk_norm_rotary_backward(
      check.floats(dQkv, "dQkv", T, qkv.shape[1]!).address,
      x.address,
      r.address,
      place.address,
      tables.cosines,
      tables.sines,
      T,
      options.heads,
      D,
    );
  }

  attentionForward(
    out: Tensor,
    logSumExp: Tensor,
    qkv: Tensor,
    documents: Documents,
    options: AttentionOptions,
  ): void {
    const check = this.#check("attentionForward");
    const [T, C] = check.matrix(out, "out");
    const o = check.floats(out, "out", T, C);
    const lse = check.elements(logSumExp, "logSumExp", options.heads * T);
    const x = check.floats(qkv, "qkv", T, 3 * C);
    this.#withAttentionScratch(check, [T, C], documents, options, (bounds, D, scratch) => {
      this.#kernels.attention_forward(
        o.address,
        lse.address,
        x.address,
        bounds,
        documents.bounds.length - 1,
        options.heads,
        D,
        options.scale,
        ...dropoutArguments(options.dropout),
        options.dropoutStride,
        scratch,
      );
    });
  }

  attentionBackward(
    dQkv: Tensor,
    dOut: Tensor,
    out: Tensor,
    logSumExp: Tensor,
    qkv: Tensor,
    documents: Documents,
    options: AttentionOptions,
  ): void {
    const check = this.#check("attentionBackward");
    const [T, C] = check.matrix(dOut, "dOut");
    const [dx, g, o, x] = [
      check.floats(dQkv, "dQkv", T, 3 * C),
      check.floats(dOut, "dOut", T, C),
      check.floats(out, "out", T, C),
      check.floats(qkv, "qkv", T, 3 * C),
    ];
    const lse = check.elements(logSumExp, "logSumExp", options.heads * T);
    check.apart(dx, g, o, x, lse);
    this.#withAttentionScratch(check, [T, C], documents, options, (bounds, D, scratch) => {
      this.#kernels.attention_backward(
        dx.address,
        g.address,
        o.address,
        lse.address,
        x.address,
        bounds,
        documents.bounds.length - 1,
        options.heads,
        D,
        options.scale,
        ...dropoutArguments(options.dropout),
        options.dropoutStride,
        scratch,
      );
    });
  }

  storeKeysValues(keys: Tensor, values: Tensor, qkv: Tensor, slots: Tensor): void {
    const check = this.#check("storeKeysValues");
    const [H, L, D] = check.cache(keys, "keys");
    const T = slots.size;
    this.#kernels.store_keys_values(
      check.floats(keys, "keys", H, L, D).address,
      check.floats(values, "values", H, L, D).address,
      check.floats(qkv, "qkv", T, 3 * H * D).address,
      this.#indices(check, slots, "slots", T, L).address,
      T,
      L,
      H,
      D,
    );
  }

  attentionCached(
    out: Tensor,
    qkv: Tensor,
    keys: Tensor,
    values: Tensor,
    entries: CacheEntries,
    options: { readonly scale: number },
  ): void {
    const check = this.#check("attentionCached");
    const [T, C] = check.matrix(out, "out");
    const [H, L, D] = check.cache(keys, "keys");
    const [o, x, k, v] = [
      check.floats(out, "out", T, H * D),
      check.floats(qkv, "qkv", T, 3 * C),
      check.floats(keys, "keys", H, L, D),
      check.floats(values, "values", H, L, D),
    ];
    check.apart(o, x, k, v);
    const slots = this.#indices(check, entries.slots, "slots", entries.slots.size, L);
    const ranges = check.integers(entries.ranges, "ranges", 2 * T);
    const longest = check.ranges(this.#arena.integers(ranges.address, 2 * T), slots.size);
    this.#withScratch(longest + 8, (scratch) => {
      this.#kernels.attention_cached(
        o.address,
        x.address,
        k.address,
        v.address,
        slots.address,
        ranges.address,
        T,
        L,
        H,
        D,
        options.scale,
        scratch,
      );
    });
  }

  crossEntropyHead(
    losses: Tensor,
    hidden: Tensor,
    table: Tensor,
    targets: Tensor,
    gradients: { readonly dHidden: Tensor; readonly dTable: Tensor; readonly scale: number } | null,
  ): void {
    const check = this.#check("crossEntropyHead");
    const [[T, C], [V]] = [check.matrix(hidden, "hidden"), check.matrix(table, "table")];
    const [loss, x, w] = [
      check.elements(losses, "losses", T),
      check.floats(hidden, "hidden", T, C),
      check.floats(table, "table", V, C),
    ];
    const target = check.integers(targets, "targets", T);
    check.range(this.#arena.integers(target.address, T), "targets", -(2 ** 31), V);
    let [dHidden, dTable] = [0, 0];
    if (gradients !== null) {
      const [dx, dw] = [
        check.floats(gradients.dHidden, "dHidden", T, C),
        check.floats(gradients.dTable, "dTable", V, C),
      ];
      check.apart(dx, x);
      [dHidden, dTable] = [dx.address, dw.address];
    }
    const mark = this.#arena.mark();
    try {
      const forward = this.#packed.get(place(w), "forward");
      const backward = gradients === null ? 0 : this.#packed.get(place(w), "backward");
      const scratch = this.#arena.allocate(
        ELEMENT_BYTES * (this.#kernels.cross_entropy_scratch_size(T, V, C) >>> 0),
      );
      this.#kernels.cross_entropy_head(
        loss.address,
        x.address,
        forward,
        backward,
        target.address,
        dHidden,
        dTable,
        gradients?.scale ?? 0,
        T,
        V,
        C,
        scratch,
      );
    } finally {
      this.#arena.release(mark);
    }
  }

  add(target: Tensor, source: Tensor): void {
    const check = this.#check("add");
    const [t, s] = [
      check.elements(target, "target", source.size),
      check.elements(source, "source", source.size),
    ];
    this.#changed(t);
    this.#kernels.add(t.address, s.address, s.size);
  }

  sumSquares(sums: Tensor, values: Tensor, block: number): void {
    const check = this.#check("sumSquares");
    if (!Number.isSafeInteger(block) || block < 1) check.fail(`block is ${block}`);
    const s = check.elements(sums, "sums", Math.ceil(values.size / block));
    const x = check.elements(values, "values", values.size);
    this.#kernels.sum_squares(s.address, x.address, x.size, block);
  }

  clipScale(out: Tensor, squares: Tensor, maxNorm: number): void {
    const check = this.#check("clipScale");
    const [o, s] = [check.floats(out, "out", 2), check.floats(squares, "squares", -1)];
    const sum = this.#arena.floats(s.address, s.size).reduce((sum, value) => sum + value, 0);
    const norm = Math.sqrt(sum);
    this.#arena.floats(o.address, 2).set([norm, Math.min(1, maxNorm / (norm + 1e-6))]);
  }

  lerp(target: Tensor, source: Tensor, weight: number): void {
    const check = this.#check("lerp");
    const [t, s] = [
      check.elements(target, "target", source.size),
      check.elements(source, "source", source.size),
    ];
    this.#changed(t);
    const [a, b] = [this.#arena.floats(t.address, t.size), this.#arena.floats(s.address, s.size)];
    for (let i = 0; i < a.length; i++) a[i]! += weight * (b[i]! - a[i]!);
  }

  adamW(parameters: Tensor, gradients: Tensor, m: Tensor, v: Tensor, options: AdamWOptions): void {
    const check = this.#check("adamW");
    const size = parameters.size;
    const { learningRate, beta1, beta2, eps, weightDecay, step } = options;
    const p = check.elements(parameters, "parameters", size);
    this.#changed(p);
    this.#kernels.adamw(
      p.address,
      check.elements(gradients, "gradients", size).address,
      check.elements(m, "m", size).address,
      check.elements(v, "v", size).address,
      size,
      1 - learningRate * weightDecay,
      learningRate / (1 - beta1 ** step),
      beta1,
      beta2,
      1 - beta1,
      1 - beta2,
      1 / Math.sqrt(1 - beta2 ** step),
      eps,
      this.#scalar(check, options.gradientScale),
    );
  }

  muon(
    parameters: Tensor,
    gradients: Tensor,
    momenta: Tensor,
    { rows: N, columns: K, offsets }: MatrixPlaces,
    options: MuonOptions,
  ): void {
    const check = this.#check("muon");
    const { size } = parameters;
    const [p, g, m] = [
      check.elements(parameters, "parameters", size),
      check.elements(gradients, "gradients", size),
      check.elements(momenta, "momenta", size),
    ];
    check.range(offsets, "offsets", 0, size - N * K + 1);
    const { stepSize, beta, decay } = options;
    const gradientScale = this.#scalar(check, options.gradientScale);
    check.apart(p, g, m);
    this.#changed(p);
    this.#withScratch(this.#kernels.muon_scratch_size(N, K), (scratch) => {
      for (const offset of offsets) {
        const skipped = offset * ELEMENT_BYTES;
        this.#kernels.muon(
          p.address + skipped,
          g.address + skipped,
          m.address + skipped,
          N,
          K,
          beta,
          1 - beta,
          gradientScale,
          1 - decay,
          stepSize,
          scratch,
        );
      }
    });
  }

  /** A number, or a tensor of one. */
  #scalar(check: ShapeCheck, value: number | Tensor): number {
    if (typeof value === "number") return value;
    const { address } = check.elements(value, "gradientScale", 1);
    return this.#arena.floats(address, 1)[0]!;
  }

  #check(operation: string): ShapeCheck {
    return new ShapeCheck(operation, this.#kernels.memory);
  }

  /** Packed copies of what is about to change are out of date. */
  #changed(tensor: WasmTensor): void {
    if (tensor.isLasting) this.#packed.forget(tensor.address, tensor.size * ELEMENT_BYTES);
  }

  /** T row numbers, each below `rows`. */
  #indices(check: ShapeCheck, tensor: Tensor, name: string, T: number, rows: number): WasmTensor {
    const indices = check.integers(tensor, name, T);
    check.range(this.#arena.integers(indices.address, T), name, 0, rows);
    return indices;
  }

  /** Run with the address of `size` floats. */
  #withScratch(size: number, run: (address: number) => void): void {
    const mark = this.#arena.mark();
    try {
      run(this.#arena.allocate(ELEMENT_BYTES * (size >>> 0)));
    } finally {
      this.#arena.release(mark);
    }
  }

  #linearArguments(
    operation: string,
    out: Tensor,
    inp: Tensor,
    weight: Tensor,
  ): { o: WasmTensor; x: WasmTensor; w: WasmTensor; T: number; N: number; K: number } {
    const check = this.#check(operation);
    const [[T, K], [N]] = [check.matrix(inp, "inp"), check.matrix(weight, "weight")];
    const [o, x, w] = [
      check.floats(out, "out", T, N),
      check.floats(inp, "inp", T, K),
      check.floats(weight, "weight", N, K),
    ];
    check.apart(o, x, w);
    return { o, x, w, T, N, K };
  }

  #withWeight(weight: WasmTensor, direction: Direction, run: (packed: number) => void): void {
    const mark = this.#arena.mark();
    try {
      run(this.#packed.get(place(weight), direction));
    } finally {
      this.#arena.release(mark);
    }
  }

  #withAttentionScratch(
    check: ShapeCheck,
    [T, C]: readonly [number, number],
    documents: Documents,
    options: AttentionOptions,
    run: (bounds: number, headSize: number, scratch: number) => void,
  ): void {
    const longest = check.documents(documents, T);
    const D = check.headSize(C, options.heads);
    if (!(options.scale > 0)) check.fail(`scale is ${options.scale}, expected more than 0`);
    if (options.dropout !== null && options.dropoutStride < longest) {
      check.fail(`dropoutStride is ${options.dropoutStride}, shorter than a document of ${longest}`);
    }
    const { bounds } = documents;
    this.#withScratch(bounds.length, (address) => {
      this.#withScratch(this.#kernels.attention_scratch_size(longest, D), (scratch) => {
        this.#arena.integers(address, bounds.length).set(bounds);
        run(address, D, scratch);
      });
    });
  }

  #dropout(out: WasmTensor, inp: WasmTensor, dropout: Dropout | null): void {
    const [threshold, ...rest] = dropoutArguments(dropout);
    if (threshold !== 0) this.#kernels.dropout_apply(out.address, inp.address, inp.size, threshold, ...rest);
    else if (out.address !== inp.address) {
      this.#arena.floats(out.address, out.size).set(this.#arena.floats(inp.address, inp.size));
    }
  }

  #rotaryArguments(
    check: ShapeCheck,
    qkv: Tensor,
    rstd: Tensor,
    positions: Tensor,
    options: RotaryOptions,
  ): {
    x: WasmTensor;
    r: WasmTensor;
    place: WasmTensor;
    T: number;
    D: number;
    tables: { cosines: number; sines: number };
  } {
    const [T, width] = check.matrix(qkv, "qkv");
    const D = check.headSize(width / 3, options.heads);
    if (D % 2 !== 0) check.fail(`a head of ${D} columns is odd`);
    const place = this.#indices(check, positions, "positions", T, 2 ** 24);
    const last = this.#arena.integers(place.address, T).reduce((a, b) => Math.max(a, b), 0);
    return {
      x: check.floats(qkv, "qkv", T, width),
      r: check.elements(rstd, "rstd", T * 2 * options.heads),
      place,
      T,
      D,
      tables: this.#rotary.get(D, options.base, last + 1),
    };
  }
}

/** A weight as the packed copies know it. */
function place(weight: WasmTensor): { address: number; n: number; k: number; isLasting: boolean } {
  const [n, k] = weight.shape as [number, number];
  return { address: weight.address, n, k, isLasting: weight.isLasting };
}

/** Threshold, scale and key as the kernels take them; a threshold of 0 drops nothing. */
function dropoutArguments(dropout: Dropout | null): [number, number, number, number] {
  if (dropout === null) return [0, 1, 0, 0];
  const threshold = Math.min(Math.ceil(dropout.probability * 2 ** 32), 2 ** 32 - 1);
  return [threshold, 1 / (1 - dropout.probability), dropout.key[0], dropout.key[1]];
}
