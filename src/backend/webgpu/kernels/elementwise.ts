/**
 * Kernels that do the same with every element. Their text is written once for V, which is vec4<f32> where all tensors begin and end at multiples
 * of four elements, and f32 otherwise, however the elements are stored. Inputs may be outputs, or other parts of the same buffer: a buffer is
 * bound once, whoever shares it.
 */
import {
  elementType,
  type Gpu,
  kernelHeader,
  kernelSource,
  type Parameter,
  THREADS,
  u32,
} from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";
import { flatGroups, flatMain } from "./flat_kernel.ts";

/** What is done with every element. */
export interface ElementwiseKernel {
  /** Says all that its text depends on. */
  readonly name: string;
  /** Fields of 4 bytes each, `p.NAME`: "factor: f32". */
  readonly parameters: string;
  /** Names of the tensors that are read. */
  readonly reads: readonly string[];
  /** Names of the tensors that are written; they may be read as well. */
  readonly writes: readonly string[];
  /** WGSL functions that the body calls. V is their type of values. */
  readonly functions?: (width: 1 | 4) => string;
  /** Names of tensors of one number. */
  readonly scalars?: readonly string[];
  /** Statements for element (or vector) `i` of the tensors, which are variables of their names. */
  readonly body: string;
}

/** Run an elementwise kernel over tensors of the same number of elements; `scalars` in the order of their names. */
export function elementwise(
  gpu: Gpu,
  kernel: ElementwiseKernel,
  tensors: Readonly<Record<string, GpuTensor>>,
  parameters: readonly Parameter[] = [],
  scalars: readonly GpuTensor[] = [],
): void {
  const entries = Object.entries(tensors);
  const names = entries.map(([name]) => name);
  const size = entries[0]![1].size;
  const width = entries.every(([, { offset }]) => offset % 4 === 0) && size % 4 === 0 ? 4 : 1;
  /** For each tensor the name of the one that is bound for its buffer. */
  const bound = entries.map(([, { block }]) => entries.find(([, other]) => other.block === block)![0]);
  const types = entries.map(([, tensor]) => elementType(tensor, width));
  const variant = names.map((name, i) => ` ${types[i]}${bound[i] === name ? "" : ` in ${bound[i]}`}`);
  const source = kernelSource(
    `${kernel.name}${variant.join()}`,
    () => elementwiseSource(kernel, { names, types, bound, width }),
  );
  gpu.queue.run(
    source,
    [...entries.filter(([name], i) => bound[i] === name).map(([, tensor]) => tensor), ...scalars],
    [u32(size / width), ...entries.map(([, { offset }]) => u32(offset / width)), ...parameters],
    flatGroups(gpu, Math.ceil(size / width / THREADS)),
  );
}

function elementwiseSource(
  { parameters, reads, writes, functions, scalars = [], body }: ElementwiseKernel,
  { names, types, bound, width }: {
    readonly names: readonly string[];
    readonly types: readonly string[];
    readonly bound: readonly string[];
    readonly width: 1 | 4;
  },
): string {
  const isWritten = (name: string): boolean =>
    names.some((other, i) => bound[i] === name && writes.includes(other));
  const fields = ["count: u32", ...names.map((name) => `first_${name}: u32`)];
  if (parameters !== "") fields.push(parameters);
  const header = kernelHeader({
    parameters: fields.join(", "),
    bindings: [
      ...names.flatMap((name, i) =>
        bound[i] === name
          ? [[`all_${name}`, isWritten(name) ? "read_write" : "read", types[i]!] as const]
          : []
      ),
      ...scalars.map((name) => [`all_${name}`, "read", "f32"] as const),
    ],
  });
  const at = (i: number): string => `all_${bound[i]}[p.first_${names[i]} + i]`;
  const statements = [
    ...names.map((name, i) => `var ${name}${reads.includes(name) ? ` = V(${at(i)})` : ": V"};`),
    ...scalars.map((name) => `let ${name} = all_${name}[p.offset_all_${name}];`),
    body,
    ...names.flatMap((name, i) => writes.includes(name) ? [`${at(i)} = ${types[i]}(${name});`] : []),
  ];
  return `${header}
alias V = ${width === 4 ? "vec4<f32>" : "f32"};
${functions?.(width) ?? ""}
${flatMain(THREADS)} {
  let i = flatGroup(group, groups) * ${THREADS}u + thread;
  if (i >= p.count) { return; }
  ${statements.join("\n  ")}
}
`;
}
