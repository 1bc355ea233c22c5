// What can be told from a folder's files without running the model: how many tokens tokenizer.json has;
// whether the prover's ONNX Runtime reads the model's format, whether it is whole, and whether it carries
// weights twice, as exporters do that transpose a tied output projection.
import { END_TOKEN } from "../config.ts";
import { DataError } from "../errors.ts";
import { isRecord, parseJson } from "../io/mod.ts";
import { formatBytes, quoted } from "../text_format.ts";
import { PAD_TOKEN } from "../tokenizer/mod.ts";
import { decodeModel, type Message, type ModelProto } from "../onnx/schema.ts";

/** Newest file format and operator set of ONNX Runtime 1.20, the prover's. */
const NEWEST = { ir: 10, opset: 21 } as const;

/** The checks of a model file, in this order: each returns what it found, or throws what is wrong. */
export const FILE_CHECKS: readonly (readonly [name: string, check: (model: ModelProto) => string])[] = [
  ["ONNX Runtime 1.20 knows the format", formatIsKnown],
  ["model.onnx is whole", isWhole],
  ["no weights are stored twice", weightsAreStoredOnce],
];

/** Read a model file. @throws {DataError} when the bytes are no ONNX model */
export function readModel(bytes: Uint8Array): ModelProto {
  try {
    const model = decodeModel(bytes);
    if (model.graph?.node?.length) return model;
    throw new Error("it has no graph"); // a message of which nothing is known decodes to defaults
  } catch (cause) {
    throw new DataError(`the file is damaged or no ONNX model: ${(cause as Error).message}`, { cause });
  }
}

const QUANTIZING_OPERATORS = ["DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"];

/** Whether activations have one scale a call: then logits depend on how tokens are cut into calls. */
export function quantizesActivations({ graph }: ModelProto): boolean {
  return graph.node.some(({ opType }) => QUANTIZING_OPERATORS.includes(opType));
}

/**
 * How many tokens a tokenizer.json has: the largest id of `model.vocab` and `added_tokens`, plus one.
 * @throws {SyntaxError} when it has no vocabulary of names and ids, or other ends of proofs than ours
 */
export function tokenizerSize(json: string): number {
  const root = parseJson(json) as { model?: { vocab?: unknown }; added_tokens?: unknown } | null;
  const vocab = root?.model?.vocab;
  if (!isRecord(vocab)) throw new SyntaxError("there is no object `model.vocab`");
  const added = root?.added_tokens ?? [];
  if (!Array.isArray(added)) throw new SyntaxError("`added_tokens` is not an array");
  const end = Object.entries(vocab).find(([, id]) => id === END_TOKEN)?.[0];
  if (end !== PAD_TOKEN) {
    const wanted = `"${PAD_TOKEN}", which ends a proof`;
    throw new SyntaxError(`the token with the id ${END_TOKEN} is ${quoted(end)}, not ${wanted}`);
  }
  const ids = [...Object.values(vocab), ...added.map((token: { id?: unknown } | null) => token?.id)];
  return ids.reduce((size: number, id: unknown) => {
    if (typeof id === "number" && Number.isSafeInteger(id) && id >= 0) return Math.max(size, id + 1);
    throw new SyntaxError(`a token has the id ${JSON.stringify(id)}`);
  }, 0);
}

function formatIsKnown({ irVersion, opsetImport }: ModelProto): string {
  const opset = opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0;
  const problems: string[] = [];
  if (irVersion > NEWEST.ir) problems.push(`format version ${irVersion}, at most ${NEWEST.ir}`);
  if (opset > NEWEST.opset) problems.push(`operator set ${opset}, at most ${NEWEST.opset}`);
  if (problems.length > 0) throw new DataError(`too new for the prover: ${problems.join("; ")}`);
  return `format version ${irVersion}, operator set ${opset}`;
}

function isWhole({ graph: { node, initializer } }: ModelProto): string {
  const elsewhere = initializer.filter(({ dataLocation }) => dataLocation === EXTERNAL);
  if (elsewhere.length > 0) {
    throw new DataError(`${elsewhere.length} weights are in another file, such as "${elsewhere[0]!.name}"`);
  }
  return `${node.length} nodes, ${initializer.length} weights and constants`;
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
    throw new DataError(`${copies.join(", ")} hold the same numbers: ${formatBytes(wasted)} too many`);
  }
  return "every matrix is there once";
}

/** Whether two matrices are equal, as they are or one of them transposed. */
function sameMatrix(a: Message<"TensorProto">, b: Message<"TensorProto">): boolean {
  const [rows, columns] = a.dims as [number, number];
  if (a.dataType !== b.dataType || a.rawData.length !== b.rawData.length) return false;
  const width = a.rawData.length / (rows * columns);
  const same = (placeInB: (i: number) => number): boolean =>
    a.rawData.every((byte, at) => byte === b.rawData[placeInB(Math.floor(at / width)) * width + at % width]);
  if (b.dims[0] === rows && b.dims[1] === columns && same((i) => i)) return true;
  return b.dims[0] === columns && b.dims[1] === rows &&
    same((i) => (i % columns) * rows + Math.floor(i / columns));
}
