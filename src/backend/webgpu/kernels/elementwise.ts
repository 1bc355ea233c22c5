// Kernels that do the same with every element, written once for V: vec4<f32> where all tensors begin and end
// at multiples of four elements, f32 otherwise, however the elements are stored. Inputs may be outputs, or
// other parts of the same buffer: a buffer is bound once, whoever shares it.
import type { Gpu } from "../gpu.ts";
import { elementType, kernel, type KernelText, widthOf } from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";

export interface ElementwiseKernel {
  /** Says all that its text depends on. */
  readonly name: string;
  /** Names: "rw m" is read and written, "w out" only written, "one x" a single number, others only read. */
  readonly tensors: string;
  /** Numbers, `p.NAME`: "factor: f32". */
  readonly parameters?: string;
  /** WGSL functions that the body calls. V is their type of values. */
  readonly functions?: (width: 1 | 4) => string;
  /** Statements for element (or vector) `item` of the tensors, which are variables of their names. */
  readonly body: string;
}

/** `home`: name of the tensor that is bound for its buffer. */
type Operand = Readonly<Record<"name" | "access" | "type" | "home", string>>;

/** Run an elementwise kernel over tensors of the same number of elements, in the order of its declaration. */
export function elementwise(
  gpu: Gpu,
  declaration: ElementwiseKernel,
  tensors: readonly GpuTensor[],
  numbers: readonly number[] = [],
): void {
  const declared = declaration.tensors.split(", ").map((text, i) => {
    const [name, access = "r"] = text.split(" ").reverse();
    return { name: name!, access, tensor: tensors[i]! };
  });
  const scalars = declared.filter(({ access }) => access === "one");
  const vectors = declared.filter(({ access }) => access !== "one");
  const { size } = vectors[0]!.tensor;
  const width = widthOf(size, ...vectors.map(({ tensor }) => tensor.offset));
  const operands = vectors.map((operand) => ({
    ...operand,
    type: elementType(operand.tensor, width),
    home: vectors.find(({ tensor }) => tensor.block === operand.tensor.block)!.name,
  }));
  const variant = operands.map(({ name, type, home }) => ` ${type}${home === name ? "" : ` in ${home}`}`);
  const names = scalars.map(({ name }) => name);
  gpu.queue.run(
    kernel(`${declaration.name}${variant}`, () => kernelText(declaration, operands, names, width)),
    [...operands.filter(({ name, home }) => home === name), ...scalars].map(({ tensor }) => tensor),
    [size / width, ...operands.map(({ tensor }) => tensor.offset / width), ...numbers],
    size / width,
  );
}

function kernelText(
  { parameters, functions, body }: ElementwiseKernel,
  operands: readonly Operand[],
  scalars: readonly string[],
  width: 1 | 4,
): KernelText {
  const bindings = operands.filter(({ name, home }) => home === name).map(({ name, type }) => {
    const isWritten = operands.some(({ home, access }) => home === name && access.includes("w"));
    return `${isWritten ? "rw " : ""}all_${name}: ${type}`;
  });
  const place = ({ name, home }: Operand): string => `all_${home}[p.first_${name} + item]`;
  const statements = [
    "if (item >= p.count) { return; }",
    ...operands.map((o) => `var ${o.name}${o.access === "w" ? ": V" : ` = V(${place(o)})`};`),
    ...scalars.map((name) => `let ${name} = all_${name}[p.offset_all_${name}];`),
    body,
    ...operands.flatMap((o) => o.access.includes("w") ? [`${place(o)} = ${o.type}(${o.name});`] : []),
  ];
  const fields = ["count: u32", ...operands.map(({ name }) => `first_${name}: u32`), parameters ?? []];
  return {
    parameters: fields.flat().join(", "),
    bindings: [...bindings, ...scalars.map((name) => `all_${name}: f32`)].join(", "),
    lanes: 1,
    declarations: `alias V = ${width === 4 ? "vec4<f32>" : "f32"};\n${functions?.(width) ?? ""}`,
    main: statements.join("\n  "),
  };
}
