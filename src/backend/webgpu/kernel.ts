/**
 * What a kernel is to the queue: WGSL text with entry point `main`, whose group 0 has the parameters at binding 0 and storage buffers, in the
 * order in which {@linkcode CommandQueue.run} is given them, from binding 1 on. {@linkcode kernelHeader} writes these declarations.
 */

import type { GpuDevice } from "./device.ts";
import type { MatmulTiles } from "./kernels/matmul.ts";
import type { GpuMemory, GpuTensor } from "./memory.ts";
import type { CommandQueue } from "./queue.ts";

/** What a function that dispatches kernels works with. Temporary tensors come from a scope of `memory`. */
export interface Gpu {
  readonly device: GpuDevice;
  readonly memory: GpuMemory;
  readonly queue: CommandQueue;
  /** The fastest tiles of matrix products, as far as they were measured. */
  readonly matmulTiles: MatmulTiles;
}

/** A kernel: pipelines are cached by the text. */
export interface KernelSource {
  /** For errors and profiles. */
  readonly name: string;
  /** The whole module. */
  readonly wgsl: string;
}

/** A number for a kernel's parameters. */
export type Parameter = { readonly u32: number } | { readonly i32: number } | { readonly f32: number };

/** Name, access and element type of a storage buffer. */
export type BindingDeclaration = readonly [name: string, access: "read" | "read_write", type: string];

/** What {@linkcode kernelHeader} declares. */
export interface KernelInterface {
  /** Fields of 4 bytes each: "T: u32, eps: f32". May be empty. */
  readonly parameters: string;
  /** From binding 1 on. */
  readonly bindings: readonly BindingDeclaration[];
}

/** An unsigned parameter. */
export function u32(value: number): Parameter {
  return { u32: value };
}

/** WGSL's type of a tensor's elements, or of four of them. What is stored as f16 is computed with as f32: kernels convert on both ways. */
export function elementType({ dtype }: GpuTensor, width: 1 | 4 = 1): string {
  return width === 4 ? `vec4<${dtype}>` : dtype;
}

/** A float parameter. */
export function f32(value: number): Parameter {
  return { f32: value };
}

/**
 * WGSL declarations of a kernel's parameters, `p.NAME`, and buffers, `NAME[...]`. A tensor may begin anywhere in its buffer: its first element
 * is `p.offset_NAME`, counted in elements (so an array of vec4<f32> is indexed from `p.offset_NAME / 4u`).
 */
export function kernelHeader({ parameters, bindings }: KernelInterface): string {
  const fields = parameters === "" ? [] : [parameters];
  fields.push(...bindings.map(([name]) => `offset_${name}: u32`));
  return [
    ...(bindings.some(([, , type]) => type.includes("f16")) ? ["enable f16;"] : []),
    `struct Parameters { ${fields.join(", ")} }`,
    "@group(0) @binding(0) var<uniform> p: Parameters;",
    ...bindings.map(([name, access, type], i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${access}> ${name}: array<${type}>;`
    ),
    "",
  ].join("\n");
}

const SOURCES = new Map<string, KernelSource>();

/** A kernel by its name, which says all options that its text depends on: the text is made once. */
export function kernelSource(name: string, wgsl: () => string): KernelSource {
  let source = SOURCES.get(name);
  if (source === undefined) SOURCES.set(name, source = { name, wgsl: wgsl() });
  return source;
}

/** Threads of a workgroup of the kernels that go over all elements or rows. */
export const THREADS = 256;
