/** Cosines and sines of rotary positions, (positions, D / 2) each, computed once in float64. */
import type { Arena } from "./memory.ts";
import { ELEMENT_BYTES } from "./tensor.ts";

interface Tables {
  readonly positions: number;
  readonly cosines: number;
  readonly sines: number;
}

export class RotaryTables {
  readonly #tables = new Map<string, Tables>();

  constructor(readonly arena: Arena) {}

  /** Addresses, for at least `positions`: pair i of a head turns by position * base^(-2i / D). */
  get(headSize: number, base: number, positions: number): Tables {
    const key = `${headSize} ${base}`;
    const known = this.#tables.get(key);
    if (known !== undefined && known.positions >= positions) return known;
    // Twice as many as before, so that a growing cache does not make tables for every token.
    const count = Math.max(256, positions, 2 * (known?.positions ?? 0));
    const half = headSize / 2;
    const bytes = count * half * ELEMENT_BYTES;
    const tables = { positions: count, cosines: this.arena.keep(bytes), sines: this.arena.keep(bytes) };
    const cosines = this.arena.floats(tables.cosines, count * half);
    const sines = this.arena.floats(tables.sines, count * half);
    for (let p = 0; p < count; p++) {
      for (let i = 0; i < half; i++) {
        const angle = p * base ** (-2 * i / headSize);
        cosines[p * half + i] = Math.cos(angle);
        sines[p * half + i] = Math.sin(angle);
      }
    }
    this.#tables.set(key, tables);
    return tables;
  }
}
