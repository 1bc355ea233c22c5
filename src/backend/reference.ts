/**
 * The reference backend: every operation of the seam as plain loops over float64 sums, the oracle that the fast backends are tested
 * against. It is written to be read next to a textbook, not to be fast; sums run in index order, results are stored as float32.
 *
 * One file, because it is one operation after the other in the seam's order.
 */
import { counterBits } from "../rng.ts";
import {
  type AdamWOptions,
  type AttentionOptions,
  type Backend,
  type CacheEntries,
  checkSameSize,
  type DataType,
  type Documents,
  type Dropout,
  type MatrixPlaces,
  type MuonOptions,
  type RotaryOptions,
  type Scope,
  type Tensor,
} from "./mod.ts";

class ArrayTensor implements Tensor {
  constructor(
    readonly shape: readonly number[],
    readonly dtype: DataType,
    readonly data: Float32Array | Int32Array,
  ) {}
  get size(): number {
    return this.data.length;
  }
}

/** Plain loops over typed arrays. Memory is the garbage collector's; scopes do nothing. */
export class ReferenceBackend implements Backend {
  readonly description = "reference (plain TypeScript loops)";

  [Symbol.dispose](): void {}

  allocate(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    const size = shape.reduce((product, length) => product * length, 1);
    return new ArrayTensor(shape, dtype, dtype === "f32" ? new Float32Array(size) : new Int32Array(size));
  }

  allocateUninitialized(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    const tensor = this.allocate(shape, dtype);
    if (dtype === "f32") floats(tensor).fill(NaN); // so that an output which is not overwritten shows
    return tensor;
  }

  allocateOwned(shape: readonly number[]): Tensor {
    return this.allocateUninitialized(shape);
  }

  free(_tensor: Tensor): void {}

  view(tensor: Tensor, offset: number, shape: readonly number[]): Tensor {
    const size = shape.reduce((product, length) => product * length, 1);
    if (offset < 0 || offset + size > tensor.size) throw new RangeError("internal: view outside its tensor");
    return new ArrayTensor(shape, tensor.dtype, (tensor as ArrayTensor).data.subarray(offset, offset + size));
  }

  scope(): Scope {
    return { [Symbol.dispose](): void {} };
  }

  write(tensor: Tensor, data: Float32Array | Int32Array): void {
    if (data.length !== tensor.size) throw new RangeError("internal: write: sizes differ");
    (tensor as ArrayTensor).data.set(data);
  }

  read(tensor: Tensor, target: Float32Array = new Float32Array(tensor.size)): Promise<Float32Array> {
    target.set((tensor as ArrayTensor).data);
    return Promise.resolve(target);
  }

  zero(tensor: Tensor): void {
    (tensor as ArrayTensor).data.fill(0);
  }

  parametersChanged(): void {}

  embeddingForward(
    out: Tensor,
    tokens: Tensor,
    table: Tensor,
    positions: Tensor | null,
    positionTable: Tensor | null,
  ): void {
    // out (T, C) = table (V, C)[tokens] + positionTable (P, C)[positions]
    const [T, C] = matrix(out);
    const [o, e, t] = [floats(out), floats(table), integers(tokens)];
    for (let row = 0; row < T; row++) {
      for (let c = 0; c < C; c++) o[row * C + c] = e[t[row]! * C + c]!;
      if (positions === null || positionTable === null) continue;
      const [p, pe] = [integers(positions), floats(positionTable)];
      for (let c = 0; c < C; c++) o[row * C + c]! += pe[p[row]! * C + c]!;
    }
  }

  embeddingBackward(
    dTable: Tensor,
    dPositionTable: Tensor | null,
    dOut: Tensor,
    tokens: Tensor,
    positions: Tensor | null,
  ): void {
    const [T, C] = matrix(dOut);
    const [g, e, t] = [floats(dOut), floats(dTable), integers(tokens)];
    for (let row = 0; row < T; row++) {
      for (let c = 0; c < C; c++) e[t[row]! * C + c]! += g[row * C + c]!;
      if (positions === null || dPositionTable === null) continue;
      const [p, pe] = [integers(positions), floats(dPositionTable)];
      for (let c = 0; c < C; c++) pe[p[row]! * C + c]! += g[row * C + c]!;
    }
  }

  rmsNormForward(out: Tensor, rstd: Tensor, inp: Tensor, weight: Tensor, eps: number): void {
    // out (T, C) = inp (T, C) * rstd (T) * weight (C)
    const [T, C] = matrix(inp);
    const [o, r, x, w] = [floats(out), floats(rstd), floats(inp), floats(weight)];
    for (let t = 0; t < T; t++) {
      let sum = 0;
      for (let c = 0; c < C; c++) sum += x[t * C + c]! ** 2;
      const factor = 1 / Math.sqrt(sum / C + eps);
      r[t] = factor;
      for (let c = 0; c < C; c++) o[t * C + c] = x[t * C + c]! * factor * w[c]!;
    }
  }

  rmsNormBackward(
    dInp: Tensor,
    dWeight: Tensor,
    dOut: Tensor,
    inp: Tensor,
    weight: Tensor,
    rstd: Tensor,
  ): void {
    // with y = inp * rstd and g = dOut * weight: dInp += rstd * (g - y * mean(g * y)), dWeight += sum over t of dOut * y
    const [T, C] = matrix(inp);
    const [dx, dw, g, x, w, r] = [dInp, dWeight, dOut, inp, weight, rstd].map(floats) as Float32Array[];
    const weightSum = new Float64Array(C);
    for (let t = 0; t < T; t++) {
      const factor = r![t]!;
      let dot = 0;
      for (let c = 0; c < C; c++) dot += g![t * C + c]! * w![c]! * x![t * C + c]! * factor;
      for (let c = 0; c < C; c++) {
        const i = t * C + c;
        const y = x![i]! * factor;
        dx![i]! += factor * (g![i]! * w![c]! - y * dot / C);
        weightSum[c]! += g![i]! * y;
      }
    }
    for (let c = 0; c < C; c++) dw![c]! += weightSum[c]!;
  }

  linearForward(out: Tensor, inp: Tensor, weight: Tensor): void {
    // out (T, N) = inp (T, K) @ weight (N, K)^T
    const [[T, K], [N]] = [matrix(inp), matrix(weight)];
    const [o, x, w] = [floats(out), floats(inp), floats(weight)];
    for (let t = 0; t < T; t++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let k = 0; k < K; k++) sum += x[t * K + k]! * w[n * K + k]!;
        o[t * N + n] = sum;
      }
    }
  }

  linearFewRows(out: Tensor, inp: Tensor, weight: Tensor): void {
    this.linearForward(out, inp, weight);
  }

  linearBackwardInput(dInp: Tensor, dOut: Tensor, weight: Tensor): void {
    // dInp (T, K) = dOut (T, N) @ weight (N, K)
    const [[T, N], [, K]] = [matrix(dOut), matrix(weight)];
    const [dx, g, w] = [floats(dInp), floats(dOut), floats(weight)];
    const sum = new Float64Array(K);
    for (let t = 0; t < T; t++) {
      sum.fill(0);
      for (let n = 0; n < N; n++) {
        for (let k = 0; k < K; k++) sum[k]! += g[t * N + n]! * w[n * K + k]!;
      }
      for (let k = 0; k < K; k++) dx[t * K + k] = sum[k]!;
    }
  }

  linearBackwardWeight(dWeight: Tensor, dOut: Tensor, inp: Tensor): void {
    // dWeight (N, K) += dOut (T, N)^T @ inp (T, K)
    const [[T, N], [, K]] = [matrix(dOut), matrix(inp)];
    const [dw, g, x] = [floats(dWeight), floats(dOut), floats(inp)];
    const sum = new Float64Array(K);
    for (let n = 0; n < N; n++) {
      sum.fill(0);
      for (let t = 0; t < T; t++) {
        for (let k = 0; k < K; k++) sum[k]! += g[t * N + n]! * x[t * K + k]!;
      }
      for (let k = 0; k < K; k++) dw[n * K + k]! += sum[k]!;
    }
  }

  geluForward(out: Tensor, inp: Tensor): void {
    checkSameSize("geluForward", out, inp);
    const [o, x] = [floats(out), floats(inp)];
    for (let i = 0; i < x.length; i++) o[i] = x[i]! * normalDistribution(x[i]!);
  }

  geluBackward(dInp: Tensor, dOut: Tensor, inp: Tensor): void {
    checkSameSize("geluBackward", dInp, dOut, inp);
    const [dx, g, x] = [floats(dInp), floats(dOut), floats(inp)];
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!;
      const density = Math.exp(-value * value / 2) / Math.sqrt(2 * Math.PI);
      dx[i] = g[i]! * (normalDistribution(value) + value * density);
    }
  }

  residualForward(out: Tensor, residual: Tensor | null, branch: Tensor, dropout: Dropout | null): void {
    checkSameSize("residualForward", out, residual ?? out, branch);
    const [o, b] = [floats(out), floats(branch)];
    for (let i = 0; i < o.length; i++) {
      o[i] = (residual === null ? 0 : floats(residual)[i]!) + b[i]! * keepFactor(dropout, i);
    }
  }

  residualBackward(dBranch: Tensor, dOut: Tensor, dropout: Dropout | null): void {
    checkSameSize("residualBackward", dBranch, dOut);
    const [db, g] = [floats(dBranch), floats(dOut)];
    for (let i = 0; i < g.length; i++) db[i] = g[i]! * keepFactor(dropout, i);
  }

  qkNormRotaryForward(qkv: Tensor, rstd: Tensor, positions: Tensor, options: RotaryOptions): void {
    forEachQkHead(qkv, options, (start, t, slot, D) => {
      const [x, r, position] = [floats(qkv), floats(rstd), integers(positions)[t]!];
      let sum = 0;
      for (let d = 0; d < D; d++) sum += x[start + d]! ** 2;
      const factor = 1 / Math.sqrt(sum / D + options.eps);
      r[slot] = factor;
      for (let i = 0; i < D / 2; i++) {
        const angle = position * options.base ** (-2 * i / D);
        const [a, b] = [x[start + i]! * factor, x[start + i + D / 2]! * factor];
        x[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
        x[start + i + D / 2] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    });
  }

  qkNormRotaryBackward(
    dQkv: Tensor,
    qkv: Tensor,
    rstd: Tensor,
    positions: Tensor,
    options: RotaryOptions,
  ): void {
    // A turn keeps dot products, so mean(g · y) may be taken after it: with y the turned values and g their gradient, the gradient of the
    // unturned, unnormalised values is rstd * turnBack(g - y * mean(g * y)).
    forEachQkHead(qkv, options, (start, t, slot, D) => {
      const [g, y, factor] = [floats(dQkv), floats(qkv), floats(rstd)[slot]!];
      const position = integers(positions)[t]!;
      let dot = 0;
      for (let d = 0; d < D; d++) dot += g[start + d]! * y[start + d]!;
      for (let i = 0; i < D / 2; i++) {
        const angle = position * options.base ** (-2 * i / D);
        const [j, k] = [start + i, start + i + D / 2];
        const [a, b] = [g[j]! - y[j]! * dot / D, g[k]! - y[k]! * dot / D];
        g[j] = factor * (a * Math.cos(angle) + b * Math.sin(angle));
        g[k] = factor * (b * Math.cos(angle) - a * Math.sin(angle));
      }
    });
  }

  attentionForward(
    out: Tensor,
    logSumExp: Tensor,
    qkv: Tensor,
    documents: Documents,
    options: AttentionOptions,
  ): void {
    const [T, C] = matrix(out);
    const [o, lse, x] = [floats(out), floats(logSumExp), floats(qkv)];
    const D = C / options.heads;
    forEachQuery(documents, options.heads, (h, t, first) => {
      const { probabilities, logSum } = attentionRow(x, C, h, D, t, first, options.scale);
      lse[h * T + t] = logSum;
      const mixed = new Float64Array(D);
      for (const [j, probability] of probabilities.entries()) {
        const kept = probability * keepFactor(options.dropout, (h * T + t) * options.dropoutStride + j);
        const value = (first + j) * 3 * C + 2 * C + h * D;
        for (let d = 0; d < D; d++) mixed[d]! += kept * x[value + d]!;
      }
      for (let d = 0; d < D; d++) o[t * C + h * D + d] = mixed[d]!;
    });
  }

  attentionBackward(
    dQkv: Tensor,
    dOut: Tensor,
    _out: Tensor,
    _logSumExp: Tensor,
    qkv: Tensor,
    documents: Documents,
    options: AttentionOptions,
  ): void {
    const [T, C] = matrix(dOut);
    const [g, x] = [floats(dOut), floats(qkv)];
    const sums = new Float64Array(dQkv.size);
    const D = C / options.heads;
    forEachQuery(documents, options.heads, (h, t, first) => {
      const { probabilities } = attentionRow(x, C, h, D, t, first, options.scale);
      const query = t * 3 * C + h * D;
      // dP = mask * (dOut · v); dS = P * (dP - sum(P * dP)); dq += scale dS k; dk += scale dS q; dv += mask P dOut
      const dProbabilities = new Float64Array(probabilities.length);
      let dot = 0;
      for (const [j, probability] of probabilities.entries()) {
        const factor = keepFactor(options.dropout, (h * T + t) * options.dropoutStride + j);
        const value = (first + j) * 3 * C + 2 * C + h * D;
        let sum = 0;
        for (let d = 0; d < D; d++) {
          sum += g[t * C + h * D + d]! * x[value + d]!;
          sums[value + d]! += factor * probability * g[t * C + h * D + d]!;
        }
        dProbabilities[j] = factor * sum;
        dot += probability * dProbabilities[j]!;
      }
      for (const [j, probability] of probabilities.entries()) {
        const dScore = options.scale * probability * (dProbabilities[j]! - dot);
        const key = (first + j) * 3 * C + C + h * D;
        for (let d = 0; d < D; d++) {
          sums[query + d]! += dScore * x[key + d]!;
          sums[key + d]! += dScore * x[query + d]!;
        }
      }
    });
    floats(dQkv).set(sums);
  }

  storeKeysValues(keys: Tensor, values: Tensor, qkv: Tensor, slots: Tensor): void {
    const [H, L, D] = keys.shape as [number, number, number];
    const [T, C] = [slots.size, H * D];
    const [k, v, x, slot] = [floats(keys), floats(values), floats(qkv), integers(slots)];
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < H; h++) {
        for (let d = 0; d < D; d++) {
          k[(h * L + slot[t]!) * D + d] = x[t * 3 * C + C + h * D + d]!;
          v[(h * L + slot[t]!) * D + d] = x[t * 3 * C + 2 * C + h * D + d]!;
        }
      }
    }
  }

  attentionCached(
    out: Tensor,
    qkv: Tensor,
    keys: Tensor,
    values: Tensor,
    entries: CacheEntries,
    options: { readonly scale: number },
  ): void {
    const [T, C] = matrix(out);
    const [H, L, D] = keys.shape as [number, number, number];
    const [o, x, k, v] = [floats(out), floats(qkv), floats(keys), floats(values)];
    const [slots, ranges] = [integers(entries.slots), integers(entries.ranges)];
    for (let t = 0; t < T; t++) {
      const seen = slots.subarray(ranges[2 * t]!, ranges[2 * t + 1]!);
      for (let h = 0; h < H; h++) {
        const scores = Array.from(seen, (slot) => {
          let dot = 0;
          for (let d = 0; d < D; d++) dot += x[t * 3 * C + h * D + d]! * k[(h * L + slot) * D + d]!;
          return options.scale * dot;
        });
        const { probabilities } = softmax(scores);
        for (let d = 0; d < D; d++) {
          let mixed = 0;
          for (const [j, slot] of seen.entries()) mixed += probabilities[j]! * v[(h * L + slot) * D + d]!;
          o[t * C + h * D + d] = mixed;
        }
      }
    }
  }

  crossEntropyHead(
    losses: Tensor,
    hidden: Tensor,
    table: Tensor,
    targets: Tensor,
    gradients: { readonly dHidden: Tensor; readonly dTable: Tensor; readonly scale: number } | null,
  ): void {
    const [[T, C], [V]] = [matrix(hidden), matrix(table)];
    const [x, e, target, loss] = [floats(hidden), floats(table), integers(targets), floats(losses)];
    for (let t = 0; t < T; t++) {
      const scores = new Array<number>(V);
      for (let v = 0; v < V; v++) {
        let dot = 0;
        for (let c = 0; c < C; c++) dot += x[t * C + c]! * e[v * C + c]!;
        scores[v] = dot;
      }
      const { probabilities, logSum } = softmax(scores);
      const ignored = target[t]! < 0;
      loss[t] = ignored ? 0 : logSum - scores[target[t]!]!;
      if (gradients === null) continue;
      const dHidden = new Float64Array(C);
      for (let v = 0; v < V; v++) {
        const dScore = ignored ? 0 : gradients.scale * (probabilities[v]! - (v === target[t] ? 1 : 0));
        for (let c = 0; c < C; c++) {
          dHidden[c]! += dScore * e[v * C + c]!;
          floats(gradients.dTable)[v * C + c]! += dScore * x[t * C + c]!;
        }
      }
      floats(gradients.dHidden).set(dHidden, t * C);
    }
  }

  add(target: Tensor, source: Tensor): void {
    checkSameSize("add", target, source);
    const [a, b] = [floats(target), floats(source)];
    for (let i = 0; i < a.length; i++) a[i]! += b[i]!;
  }

  sumSquares(sums: Tensor, values: Tensor, block: number): void {
    const [s, x] = [floats(sums), floats(values)];
    for (let i = 0; i < s.length; i++) {
      let sum = 0;
      for (const value of x.subarray(i * block, (i + 1) * block)) sum += value * value;
      s[i] = sum;
    }
  }

  clipScale(out: Tensor, squares: Tensor, maxNorm: number): void {
    const norm = Math.sqrt(floats(squares).reduce((sum, value) => sum + value, 0));
    floats(out).set([norm, Math.min(1, maxNorm / (norm + 1e-6))]);
  }

  lerp(target: Tensor, source: Tensor, weight: number): void {
    checkSameSize("lerp", target, source);
    const [a, b] = [floats(target), floats(source)];
    for (let i = 0; i < a.length; i++) a[i]! += weight * (b[i]! - a[i]!);
  }

  adamW(parameters: Tensor, gradients: Tensor, m: Tensor, v: Tensor, options: AdamWOptions): void {
    checkSameSize("adamW", parameters, gradients, m, v);
    const [p, g, first, second] = [floats(parameters), floats(gradients), floats(m), floats(v)];
    const { learningRate, beta1, beta2, eps, weightDecay, step } = options;
    const gradientScale = scalar(options.gradientScale);
    const [correction1, correction2] = [1 - beta1 ** step, 1 - beta2 ** step];
    for (let i = 0; i < p.length; i++) {
      const gradient = g[i]! * gradientScale;
      first[i] = beta1 * first[i]! + (1 - beta1) * gradient;
      second[i] = beta2 * second[i]! + (1 - beta2) * gradient * gradient;
      const update = (first[i]! / correction1) / (Math.sqrt(second[i]! / correction2) + eps);
      p[i] = p[i]! * (1 - learningRate * weightDecay) - learningRate * update;
    }
  }

  muon(
    parameters: Tensor,
    gradients: Tensor,
    momenta: Tensor,
    { rows: N, columns: K, offsets }: MatrixPlaces,
    options: MuonOptions,
  ): void {
    checkSameSize("muon", parameters, gradients, momenta);
    const [p, g, m] = [floats(parameters), floats(gradients), floats(momenta)];
    const { stepSize, beta, decay } = options;
    const gradientScale = scalar(options.gradientScale);
    for (const first of offsets) {
      const direction = Float64Array.from({ length: N * K }, (_, i) => {
        const scaled = gradientScale * g[first + i]!;
        m[first + i] = beta * m[first + i]! + (1 - beta) * scaled;
        return (1 - beta) * scaled + beta * m[first + i]!;
      });
      const orthogonal = newtonSchulz(direction, [N, K]);
      for (const [i, x] of orthogonal.entries()) p[first + i] = (1 - decay) * p[first + i]! - stepSize * x;
    }
  }
}

/** Five iterations X = a X + b (X X^T) X + c (X X^T)^2 X from values / their norm, an N by K matrix, in float64. */
function newtonSchulz(values: Float64Array, [N, K]: [number, number]): Float64Array {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) + 1e-14);
  let x = values.map((value) => value / norm);
  for (let iteration = 0; iteration < 5; iteration++) {
    const once = timesGram(x, x, [N, K]);
    const twice = timesGram(x, once, [N, K]);
    x = x.map((value, i) => 3.4445 * value - 4.775 * once[i]! + 2.0315 * twice[i]!);
  }
  return x;
}

/** (X X^T) Y = X (X^T Y), X and Y both (N, K). */
function timesGram(x: Float64Array, y: Float64Array, [N, K]: [number, number]): Float64Array {
  const inner = new Float64Array(K * K);
  const out = new Float64Array(N * K);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < K; i++) {
      for (let j = 0; j < K; j++) inner[i * K + j]! += x[n * K + i]! * y[n * K + j]!;
    }
  }
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < K; i++) {
      for (let j = 0; j < K; j++) out[n * K + j]! += x[n * K + i]! * inner[i * K + j]!;
    }
  }
  return out;
}

function floats(tensor: Tensor): Float32Array {
  return (tensor as ArrayTensor).data as Float32Array;
}

function integers(tensor: Tensor): Int32Array {
  return (tensor as ArrayTensor).data as Int32Array;
}

function matrix(tensor: Tensor): [number, number] {
  if (tensor.shape.length !== 2) throw new RangeError(`internal: not a matrix: [${tensor.shape.join(", ")}]`);
  return [tensor.shape[0]!, tensor.shape[1]!];
}

/** A number, or a tensor's first element. */
function scalar(value: number | Tensor): number {
  return typeof value === "number" ? value : floats(value)[0]!;
}

/** 1 without dropout; else 0 for a dropped element and 1 / (1 - probability) for a kept one. */
function keepFactor(dropout: Dropout | null, element: number): number {
  if (dropout === null) return 1;
  const kept = counterBits(element, dropout.key[0], dropout.key[1]) >= dropout.probability * 4294967296;
  return kept ? 1 / (1 - dropout.probability) : 0;
}

/** Softmax of scores, and the logarithm of the sum of their exponentials. */
function softmax(scores: number[]): { probabilities: number[]; logSum: number } {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return { probabilities: exponentials.map((value) => value / sum), logSum: largest + Math.log(sum) };
}

/** Softmax of row t's scores over its document's keys up to t. */
function attentionRow(
  qkv: Float32Array,
  C: number,
  h: number,
  D: number,
  t: number,
  first: number,
  scale: number,
): { probabilities: number[]; logSum: number } {
  const query = t * 3 * C + h * D;
  const scores: number[] = [];
  for (let j = first; j <= t; j++) {
    const key = j * 3 * C + C + h * D;
    let dot = 0;
    for (let d = 0; d < D; d++) dot += qkv[query + d]! * qkv[key + d]!;
    scores.push(scale * dot);
  }
  return softmax(scores);
}

/** Visit every head h and row t, with the first row of t's document. */
function forEachQuery(
  documents: Documents,
  heads: number,
  visit: (h: number, t: number, first: number) => void,
): void {
  for (let h = 0; h < heads; h++) {
    for (let d = 0; d + 1 < documents.bounds.length; d++) {
      const first = documents.bounds[d]!;
      for (let t = first; t < documents.bounds[d + 1]!; t++) visit(h, t, first);
    }
  }
}

/** Visit every head of q and k in every row: the head's first element, the row, its place in rstd (T, 2H), and D. */
function forEachQkHead(
  qkv: Tensor,
  options: RotaryOptions,
  visit: (start: number, t: number, slot: number, D: number) => void,
): void {
  const [T, width] = matrix(qkv);
  const H = options.heads;
  const D = width / 3 / H;
  for (let t = 0; t < T; t++) {
    for (let slot = 0; slot < 2 * H; slot++) visit(t * width + slot * D, t, t * 2 * H + slot, D);
  }
}

/** The distribution function of the standard normal distribution: (1 + erf(x / sqrt 2)) / 2. */
function normalDistribution(x: number): number {
  return 0.5 * complementaryErf(-x / Math.SQRT2);
}

/**
 * erfc(x) to about 1e-15: the Taylor series of erf near zero, the continued fraction of erfc (Lentz) further out.
 * Source: Abramowitz and Stegun, 7.1.6 and 7.1.14.
 */
function complementaryErf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 2) {
    let term = magnitude;
    let sum = magnitude;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= 2 * magnitude * magnitude / (2 * n + 1);
      sum += term;
    }
    const erf = 2 / Math.sqrt(Math.PI) * Math.exp(-magnitude * magnitude) * sum;
    return x < 0 ? 1 + erf : 1 - erf;
  }
  let fraction = magnitude;
  for (let k = 60; k >= 1; k--) fraction = magnitude + (k / 2) / fraction;
  const tail = Math.exp(-magnitude * magnitude) / (Math.sqrt(Math.PI) * fraction);
  return x < 0 ? 2 - tail : tail;
}
