/**
 * Weights in fewer bits: int8 with one scale a row, and float16. Pure arithmetic; what the graph does with them stands in weights.ts.
 */
import type { ModelConfig } from "../config.ts";
import { parameterTable } from "../model/parameters.ts";

/** How an exported model stores its matrices; norms and scales stay float32. */
export const QUANTIZATIONS = ["none", "float16", "int8"] as const;

/** One of {@linkcode QUANTIZATIONS}. */
export type Quantization = typeof QUANTIZATIONS[number];

/** A matrix (rows, columns) as values * scales[row]. */
export interface RowQuantized {
  /** Row-major, in [-64, 64]. */
  readonly values: Int8Array<ArrayBuffer>;
  /** One a row. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * Round a matrix to 8 bits, row by row: the scale maps a row's largest magnitude to 64, so zero stays zero and nothing is cut off.
 *
 * 64 and not 127, because processors with AVX2 but without VNNI multiply 8-bit activations and weights in pairs whose sum saturates at 32767:
 * 2 * 255 * 64 does not. With 127 the sums do saturate there, which costs thirty times as much as the coarser weights (docs/log.md).
 *
 * @param data row-major
 * @param columns length of a row
 */
export function quantizeRows(data: Float32Array, columns: number): RowQuantized {
  const values = new Int8Array(data.length);
  const scales = new Float32Array(data.length / columns);
  for (let row = 0; row < scales.length; row++) {
    const start = row * columns;
    let largest = 0;
    for (let i = start; i < start + columns; i++) largest = Math.max(largest, Math.abs(data[i]!));
    const scale = scales[row] = largest === 0 ? 1 : Math.fround(largest / INT8_LARGEST);
    for (let i = start; i < start + columns; i++) values[i] = Math.round(data[i]! / scale);
  }
  return { values, scales };
}

/** Largest magnitude of a quantized weight. */
const INT8_LARGEST = 64;

/**
 * The parameters that a float16 export computes with: matrices rounded to 16 bits, norms as they are. Any other export is given them as they
 * are; int8 is compared with what was trained.
 *
 * @param parameters flat, in the parameter table's order
 * @returns a copy, or the parameters themselves
 */
export function storedParameters(
  config: ModelConfig,
  parameters: Float32Array,
  quantization: Quantization,
): Float32Array {
  if (quantization !== "float16") return parameters;
  const stored = parameters.slice();
  for (const { shape, offset, size } of parameterTable(config).specs) {
    if (shape.length < 2) continue;
    stored.set(fromFloat16(toFloat16(parameters.subarray(offset, offset + size))), offset);
  }
  return stored;
}

/** The bit patterns of the nearest float16 values, ties to even. */
export function toFloat16(data: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(1);
  const float = new Float32Array(words.buffer);
  const out = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    float[0] = data[i]!;
    out[i] = float16Bits(words[0]!);
  }
  return out;
}

/** The values of float16 bit patterns. */
export function fromFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const [exponent, mantissa] = [(half >> 10) & 31, half & 1023];
    if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
    return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  });
}

/** Bits of a float32 to bits of the nearest float16. */
function float16Bits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to 65536 or more
  if (magnitude >= 0x38800000) { // normal: drop 13 bits of the mantissa, shift the exponent's bias by 112
    const rounding = 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((magnitude - 0x38000000 + rounding) >>> 13);
  }
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign; // below half of the smallest subnormal
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - exponent;
  const kept = mantissa >>> shift;
  const rest = mantissa - kept * 2 ** shift;
  const half = 2 ** (shift - 1);
  return sign | (kept + (rest > half || (rest === half && kept % 2 === 1) ? 1 : 0));
}
