// What a kernel is: one declaration (KernelText), of which its WGSL and what the queue needs to
// run it are made. Group 0 has the numbers at binding 0 and the buffers from binding 1 on.
import type { GpuTensor } from "./memory.ts";

/** Threads of a workgroup, unless a kernel says otherwise. */
export const THREADS = 256;
/** Numbers and offsets of a dispatch: 256 bytes, as dynamic offsets are multiples of that. */
export const MOST_FIELDS = 64;

/** A kernel as the queue runs it: `access` is "r" or "w" for each buffer. */
export interface Kernel {
  readonly name: string;
  /** The whole module; its entry point is `main`. */
  readonly wgsl: string;
  readonly numbers: readonly ("u32" | "f32")[];
  readonly access: string;
  /** Items of work of a workgroup; 0 where workgroups are a grid. */
  readonly items: number;
}

export interface KernelText {
  /** Numbers, `p.NAME`: "T: u32, eps: f32". */
  readonly parameters: string;
  /** Buffers: "rw out: f32, inp: vec4<f16>"; tensors begin at `p.offset_NAME`, counted in elements. */
  readonly bindings: string;
  /** Of a workgroup. Default: {@linkcode THREADS} */
  readonly threads?: number;
  // Neighbouring threads of one item, a power of two; without, workgroups are a grid. `main` then has `item`
  // (which may be beyond the last), `lane`, and `laneSum(value, thread)`, which all threads of the workgroup
  // must call: the sum over an item's lanes, in the order of a binary tree.
  readonly lanes?: number;
  readonly declarations?: string;
  /** The entry point's body, with `group`, `groups` (vec3<u32>) and `thread` (u32, within the workgroup). */
  readonly main: string;
}

const KERNELS = new Map<string, Kernel>();

/** A kernel by its name, which says all that its text depends on: the text is made once. */
export function kernel(name: string, text: KernelText | (() => KernelText)): Kernel {
  const known = KERNELS.get(name) ?? composed(name, typeof text === "function" ? text() : text);
  KERNELS.set(name, known);
  return known;
}

/** WGSL's type of a tensor's elements, or of four. f16 is only for storage: kernels convert on both ways. */
export function elementType({ dtype }: GpuTensor, width: 1 | 4 = 1): string {
  return width === 4 ? `vec4<${dtype}>` : dtype;
}

/** How many elements can be accessed at once, where sizes, offsets and distances are these. */
export function widthOf(...counts: number[]): 1 | 4 {
  return counts.every((count) => count % 4 === 0) ? 4 : 1;
}

function composed(name: string, text: KernelText): Kernel {
  const { parameters, bindings, threads = THREADS, lanes, declarations = "", main } = text;
  const numbers = parameters === "" ? [] : parameters.split(", ");
  const buffers = bindings.split(", ").map((binding) => {
    const isWritten = binding.startsWith("rw ");
    const [name, type] = binding.slice(isWritten ? 3 : 0).split(": ");
    return { name, type, isWritten };
  });
  const fields = [...numbers, ...buffers.map(({ name }) => `offset_${name}: u32`)];
  if (fields.length > MOST_FIELDS) throw new RangeError(`internal: ${name}: ${fields.length} parameters`);
  const storage = buffers.map(({ name, type, isWritten }, i) => {
    const access = isWritten ? "read_write" : "read";
    return `@group(0) @binding(${i + 1}) var<storage, ${access}> ${name}: array<${type}>;\n`;
  });
  const items = threads / (lanes ?? Infinity);
  // Of the workgroup alone where it has one item: compilers must see that its threads agree about it.
  const number = "(group.x + groups.x * (group.y + groups.y * group.z))";
  const item = items === 1 ? number : `${number} * ${items}u + thread / ${lanes}u`;
  const places = `  let lane = thread % ${lanes}u;\n  let item = ${item};\n`;
  const wgsl = `${bindings.includes("f16") ? "enable f16;\n" : ""}struct Parameters { ${fields.join(", ")} }
@group(0) @binding(0) var<uniform> p: Parameters;
${storage.join("")}${main.includes("laneSum(") ? laneSum(threads, lanes!) : ""}${declarations}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
${lanes === undefined ? "" : places}  ${main}
}
`;
  return {
    name,
    wgsl,
    numbers: numbers.map((field) => field.endsWith("f32") ? "f32" : "u32"),
    access: buffers.map(({ isWritten }) => isWritten ? "w" : "r").join(""),
    items,
  };
}

function laneSum(threads: number, lanes: number): string {
  return `
var<workgroup> laneSums: array<f32, ${threads}>;
fn laneSum(value: f32, thread: u32) -> f32 {
  workgroupBarrier(); // an earlier sum has been read
  laneSums[thread] = value;
  for (var step = ${Math.floor(lanes / 2)}u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (thread % ${lanes}u < step) { laneSums[thread] += laneSums[thread + step]; }
  }
  workgroupBarrier();
  return laneSums[thread - thread % ${lanes}u];
}
`;
}

/** `code(0)` to `code(count - 1)`, a line each: compilers of WGSL put a counter into every loop. */
export function unrolled(count: number, code: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => `${code(i)}\n`).join("");
}

export const XYZW = ["x", "y", "z", "w"] as const;

// A softmax's denominator over a workgroup's threads, in WGSL. A thread keeps the largest score m it has seen
// and one or two sums of exp(score - m): (m, s) or (m, s, h). `join(a, b)` scales both to the larger m;
// `joinAll(part, thread)`, which all threads must call, joins in a fixed tree.
export function softmaxParts(sums: 1 | 2, threads: number): string {
  const [type, letters] = sums === 1 ? ["vec2<f32>", "y"] : ["vec3<f32>", "yz"];
  return `
var<workgroup> parts: array<${type}, ${threads}>;
fn join(a: ${type}, b: ${type}) -> ${type} {
  let m = max(a.x, b.x);
  return ${type}(m, a.${letters} * exp(a.x - m) + b.${letters} * exp(b.x - m));
}
fn joinAll(part: ${type}, thread: u32) -> ${type} {
  parts[thread] = part;
  for (var step = ${threads / 2}u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (thread < step) { parts[thread] = join(parts[thread], parts[thread + step]); }
  }
  workgroupBarrier();
  return parts[0];
}
`;
}
