/**
 * What can be told from a model.onnx without running it: whether the prover's ONNX Runtime reads its format, whether it is whole, and whether it
 * carries weights twice, as exporters do that transpose a tied output projection.
 */
import { DataError } from "../errors.ts";
import { formatBytes } from "../text_format.ts";
import { decodeModel, type ModelProto, type TensorProto } from "./onnx/schema.ts";

/** Newest file format and operator set of ONNX Runtime 1.20, the prover's. */
export const PROVER_VERSIONS = { ir: 10, opset: 21 } as const;

/** A check returns what it found, or throws what is wrong. */
export type FileCheck = (model: ModelProto) => string;

/** All checks, in the order they are run. */
export const FILE_CHECKS: readonly (readonly [name: string, check: FileCheck])[] = [
  ["ONNX Runtime 1.20 knows the format", formatIsKnown],
  ["model.onnx is whole", isWhole],
  ["no weights are stored twice", weightsAreStoredOnce],
];

/**
 * Read a model file.
 *
 * @throws {DataError} when the bytes are no ONNX model
 */
export function readModel(bytes: Uint8Array): ModelProto {
  let model: ModelProto;
  try {
    model = decodeModel(bytes);
  } catch (cause) {
    throw new DataError(`the file is damaged or no ONNX model: ${(cause as Error).message}`, { cause });
  }
  // A message of which nothing is known decodes to defaults.
  if (!model.graph?.node?.length) {
    throw new DataError("the file is damaged or no ONNX model: it has no graph");
  }
  return model;
}

function formatIsKnown({ irVersion, opsetImport }: ModelProto): string {
  const opset = opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0;
  const problems: string[] = [];
  if (irVersion > PROVER_VERSIONS.ir) {
    problems.push(`format version ${irVersion}, at most ${PROVER_VERSIONS.ir}`);
  }
  if (opset > PROVER_VERSIONS.opset) {
    problems.push(`operator set ${opset}, at most ${PROVER_VERSIONS.opset}`);
  }
  if (problems.length > 0) throw new DataError(`too new for the prover: ${problems.join("; ")}`);
  return `format version ${irVersion}, operator set ${opset}`;
}

function isWhole({ graph }: ModelProto): string {
  const elsewhere = graph.initializer.filter(({ dataLocation }) => dataLocation === EXTERNAL);
  if (elsewhere.length > 0) {
    throw new DataError(
      `${elsewhere.length} weights are in another file, such as "${elsewhere[0]!.name}"`,
    );
  }
  return `${graph.node.length} nodes, ${graph.initializer.length} weights and constants`;
}

/** TensorProto.data_location of a tensor whose data are not in the model file. */
const EXTERNAL = 1;

/** Bytes below which a copy is not worth a word. */
const SMALL = 1 << 12;

function weightsAreStoredOnce({ graph }: ModelProto): string {
  const large = graph.initializer.filter(({ rawData, dims }) => rawData.length >= SMALL && dims.length === 2);
  const copies: string[] = [];
  let wasted = 0;
  for (const [i, first] of large.entries()) {
    const copy = large.slice(i + 1).find((second) => sameMatrix(first, second));
    if (copy === undefined) continue;
    copies.push(`"${first.name}" and "${copy.name}"`);
    wasted += copy.rawData.length;
  }
  if (copies.length > 0) {
    throw new DataError(
      `${copies.join(", ")} hold the same numbers: ${formatBytes(wasted)} too many`,
    );
  }
  return "every matrix is there once";
}

/** Whether two matrices are equal, as they are or one of them transposed. */
function sameMatrix(a: TensorProto, b: TensorProto): boolean {
  const [rows, columns] = a.dims as [number, number];
  if (a.dataType !== b.dataType || a.rawData.length !== b.rawData.length) return false;
  const width = a.rawData.length / (rows * columns);
  const sameAt = (i: number, j: number): boolean => {
    for (let k = 0; k < width; k++) if (a.rawData[i * width + k] !== b.rawData[j * width + k]) return false;
    return true;
  };
  const same = (place: (i: number) => number): boolean => {
    for (let i = 0; i < rows * columns; i++) if (!sameAt(i, place(i))) return false;
    return true;
  };
  if (b.dims[0] === rows && b.dims[1] === columns && same((i) => i)) return true;
  return b.dims[0] === columns && b.dims[1] === rows &&
    same((i) => (i % columns) * rows + Math.floor(i / columns));
}
