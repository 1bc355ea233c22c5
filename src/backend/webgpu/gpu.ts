/** What an operation works with, and what it is called with. */
import type { Backend } from "../mod.ts";
import type { GpuDevice } from "./device.ts";
import type { MatmulTiles } from "./kernels/matmul_tiles.ts";
import type { GpuMemory } from "./memory.ts";
import type { CommandQueue } from "./queue.ts";
import type { RotaryTables } from "./rotary_tables.ts";

/** What a function that runs kernels works with. Temporary tensors come from a scope of `memory`. */
export interface Gpu {
  readonly device: GpuDevice;
  readonly memory: GpuMemory;
  readonly queue: CommandQueue;
  /** The fastest tiles of matrix products, as far as they were measured. */
  readonly matmulTiles: MatmulTiles;
  /** Cosines and sines of positions. */
  readonly rotaryTables: RotaryTables;
}

/** The arguments of an operation of {@linkcode Backend}. */
export type Inputs<Name extends keyof Backend> = Backend[Name] extends (...inputs: infer All) => unknown ? All
  : never;
