// Weights in 8 bits with one scale a row. Pure arithmetic; what the graph does with them stands in
// weights.ts.

/** How an exported model stores its matrices; norms and scales stay float32. */
export const QUANTIZATIONS = ["none", "int8"] as const;

/** One of {@linkcode QUANTIZATIONS}. */
export type Quantization = typeof QUANTIZATIONS[number];

/** Largest magnitude of a quantized weight. */
const INT8_LARGEST = 64;

/**
 * Round a row-major matrix to 8 bits, as values * scales[row]: the scale maps a row's largest
 * magnitude to `largestValue`, so zero stays zero and nothing is cut off.
 *
 * 64 and not 127 (which is right where nothing is multiplied in 8 bits), because processors with AVX2 but
 * without VNNI multiply 8-bit activations and weights in pairs whose sum saturates at 32767: 2 * 255 * 64 does
 * not. With 127 the sums do saturate there, which costs thirty times as much as the coarser weights
 * (docs/log.md).
 */
export function quantizeRows(
  data: Float32Array,
  columns: number,
  largestValue = INT8_LARGEST,
): { values: Int8Array<ArrayBuffer>; scales: Float32Array<ArrayBuffer> } {
  const values = new Int8Array(data.length);
  const scales = new Float32Array(data.length / columns);
  for (let row = 0; row < scales.length; row++) {
    const start = row * columns;
    let largest = 0;
    for (let i = start; i < start + columns; i++) largest = Math.max(largest, Math.abs(data[i]!));
    const scale = scales[row] = largest === 0 ? 1 : Math.fround(largest / largestValue);
    for (let i = start; i < start + columns; i++) values[i] = Math.round(data[i]! / scale);
  }
  return { values, scales };
}
