// What a step does with all parameters and gradients: sums, the norm that clips, AdamW and Muon.
import type { Operations, Tensor } from "../mod.ts";
import { clipped } from "../kernel_arguments.ts";
import { floats, sameSize } from "./tensor.ts";

export const optimizer = {
  add(target, source) {
    const [a, b] = sameSize("add", target, source);
    for (let i = 0; i < a.length; i++) a[i]! += b[i]!;
  },

  sumSquares(sums, values, block) {
    const [s, x] = [floats(sums), floats(values)];
    for (let i = 0; i < s.length; i++) {
      let sum = 0;
      for (const value of x.subarray(i * block, (i + 1) * block)) sum += value * value;
      s[i] = sum;
    }
  },

  clipScale(out, squares, maxNorm, alarm) {
    const norm = Math.sqrt(floats(squares).reduce((sum, value) => sum + value, 0));
    floats(out).set(clipped(norm, maxNorm, floats(alarm)));
  },

  adamW(parameters, gradients, m, v, options) {
    const [p, g, first, second] = sameSize("adamW", parameters, gradients, m, v);
    const { learningRate, beta1, beta2, eps, weightDecay, step } = options;
    const gradientScale = scalar(options.gradientScale);
    if (gradientScale < 0) return;
    const [correction1, correction2] = [1 - beta1 ** step, 1 - beta2 ** step];
    for (let i = 0; i < p.length; i++) {
      const gradient = g[i]! * gradientScale;
      first[i] = beta1 * first[i]! + (1 - beta1) * gradient;
      second[i] = beta2 * second[i]! + (1 - beta2) * gradient * gradient;
      const update = (first[i]! / correction1) / (Math.sqrt(second[i]! / correction2) + eps);
      p[i] = p[i]! * (1 - learningRate * weightDecay) - learningRate * update;
    }
  },

  muon(parameters, gradients, momenta, { rows: N, columns: K, offsets }, options) {
    const [p, g, m] = sameSize("muon", parameters, gradients, momenta);
    const { stepSize, beta, decay } = options;
    const gradientScale = scalar(options.gradientScale);
    if (gradientScale < 0) return;
    for (const first of offsets) {
      const direction = Float64Array.from({ length: N * K }, (_, i) => {
        const scaled = gradientScale * g[first + i]!;
        m[first + i] = beta * m[first + i]! + (1 - beta) * scaled;
        return (1 - beta) * scaled + beta * m[first + i]!;
      });
      if (stepSize === 0) continue;
      const orthogonal = newtonSchulz(direction, [N, K]);
      for (const [i, x] of orthogonal.entries()) p[first + i] = (1 - decay) * p[first + i]! - stepSize * x;
    }
  },
} satisfies Partial<Operations>;

function scalar(value: number | Tensor): number {
  return typeof value === "number" ? value : floats(value)[0]!;
}

/** Five iterations X = a X + b (X X^T) X + c (X X^T)^2 X from values / their norm, (N, K), in float64. */
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
