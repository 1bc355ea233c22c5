// Cosines and sines of rotary positions: computed once in float64, kept on the device.
import type { GpuMemory, GpuTensor } from "./memory.ts";
import type { CommandQueue } from "./queue.ts";

export class RotaryTables {
  /** By head size and base. */
  readonly #tables = new Map<string, GpuTensor>();

  constructor(readonly memory: GpuMemory, readonly queue: CommandQueue) {}

  /** (P, D / 2, 2), P at least `positions`: cosine and sine of p * base^(-2 i / D). */
  get(headSize: number, base: number, positions: number): GpuTensor {
    const key = `${headSize} ${base}`;
    const known = this.#tables.get(key);
    const knownPositions = known?.shape[0] ?? 0;
    if (known !== undefined && knownPositions >= positions) return known;
    // Twice as many as before, so that a growing cache does not make tables for every token.
    const count = Math.max(256, positions, 2 * knownPositions);
    const half = headSize / 2;
    const values = new Float32Array(count * half * 2);
    for (let p = 0; p < count; p++) {
      for (let i = 0; i < half; i++) {
        const angle = p * base ** (-2 * i / headSize);
        values[2 * (p * half + i)] = Math.cos(angle);
        values[2 * (p * half + i) + 1] = Math.sin(angle);
      }
    }
    if (known !== undefined) this.memory.free(known);
    const tensor = this.memory.allocateOwned([count, half, 2]);
    this.queue.write(tensor, values);
    this.#tables.set(key, tensor);
    return tensor;
  }
}
