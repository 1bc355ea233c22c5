// The weights of an exported folder's model, where they are all that one needs to know of its graph: the file
// is byte for byte what this version of the program wrote, in float32 and without sampling baked in. Our own
// kernels then do what the graph says, in half of ONNX Runtime's time and without starting it. Anything else
// is a graph like any other, which only ONNX Runtime can run.
import { checkModelConfig, type ModelConfig } from "../config.ts";
import { sha256Hex } from "../io/mod.ts";
import { isPointerModel } from "../model/architecture.ts";
import { parameterTable } from "../model/parameters.ts";
import { PRODUCER } from "../onnx/graph_builder.ts";
import { decodeModel, type Message, type ModelProto, ONNX_TYPES } from "../onnx/schema.ts";
import { VERSION } from "../version.ts";
import type { ExportedConfig } from "./exported_folder.ts";

/** What a Gpt is made of. */
export interface ExportedWeights {
  readonly config: ModelConfig;
  /** Flat, in the parameter table's order; zeros for what the token table has the place of. */
  readonly parameters: Float32Array;
  /** (V, 4C), as ModelWeights.tokenTable. */
  readonly tokenTable: Float32Array;
}

type Tensor = Message<"TensorProto">;

/** Read the weights out of a folder's model file. @returns null where ONNX Runtime has to run the graph */
export function exportedWeights(
  bytes: Uint8Array,
  { modelSha256, ...sizes }: ExportedConfig,
): ExportedWeights | null {
  if (modelSha256 === undefined || sha256Hex(bytes) !== modelSha256) return null;
  let model: ModelProto;
  try {
    model = decodeModel(bytes);
  } catch {
    return null; // ONNX Runtime says what is wrong with it
  }
  if (model.producerName !== PRODUCER || model.producerVersion !== VERSION) return null;
  const said = new Map(model.metadataProps.map(({ key, value }) => [key, value]));
  if (said.get("quantization") !== "none" || said.has("baked_sampling")) return null;
  const config = modelConfig(said);
  if (config === null || !isPointerModel(config) || !fits(config, sizes)) return null;
  return weightsOf(config, new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor])));
}

function modelConfig(said: ReadonlyMap<string, string>): ModelConfig | null {
  const size = (key: string): number => Number(said.get(key));
  try {
    return checkModelConfig({
      architecture: said.get("architecture") as ModelConfig["architecture"],
      vocabSize: size("vocab_size"),
      contextLength: size("context_length"),
      dModel: size("d_model"),
      nLayers: size("n_layers"),
      nHeads: size("n_heads"),
      dMlp: size("d_mlp"),
      dropout: 0,
    });
  } catch {
    return null;
  }
}

function fits(config: ModelConfig, sizes: Omit<ExportedConfig, "modelSha256">): boolean {
  return config.vocabSize === sizes.vocabSize && config.contextLength === sizes.contextLength &&
    config.nLayers === sizes.nLayers && config.nHeads === sizes.nHeads &&
    config.dModel === sizes.nHeads * sizes.headDim;
}

function weightsOf(config: ModelConfig, tensors: ReadonlyMap<string, Tensor>): ExportedWeights | null {
  const { vocabSize: V, dModel: C } = config;
  const { specs, size } = parameterTable(config);
  const parameters = new Float32Array(size);
  for (const { name, shape: [rows, columns], offset } of specs) {
    if (/^blocks\.0\.(norm1|attn\.qkv|mlp\.)/.test(name)) continue; // in the token table
    const isVector = columns === undefined;
    const stored = floats(tensors.get(name), isVector ? [rows!] : [columns, rows!]);
    if (stored === null) return null;
    if (isVector) parameters.set(stored, offset);
    else transpose(stored, rows!, parameters.subarray(offset, offset + stored.length));
    // The graph subtracts the own score.
    if (name === "pointer.weight") { for (let i = offset; i < offset + C; i++) parameters[i]! *= -1; }
  }
  const tokenTable = floats(tensors.get("token_table"), [V, 4 * C]);
  if (tokenTable === null) return null;
  for (let id = 1; id <= V; id++) tokenTable[4 * C * id - 1] = 0; // the token's number, which no block reads
  return { config, parameters, tokenTable };
}

/** A constant's numbers, copied; null unless it is there in this shape. */
function floats(tensor: Tensor | undefined, shape: readonly number[]): Float32Array | null {
  if (tensor === undefined || tensor.dataType !== ONNX_TYPES.float32 || tensor.dataLocation) return null;
  const size = shape.reduce((product, length) => product * length, 1);
  if (tensor.dims.join() !== shape.join() || tensor.rawData.length !== 4 * size) return null;
  return new Float32Array(tensor.rawData.slice().buffer);
}

/** A matrix with rows of `rows` numbers → out, each column a row; in squares, which stay in the cache. */
function transpose(from: Float32Array, rows: number, out: Float32Array): void {
  const columns = from.length / rows;
  for (let top = 0; top < rows; top += SQUARE) {
    for (let left = 0; left < columns; left += SQUARE) {
      const [bottom, right] = [Math.min(rows, top + SQUARE), Math.min(columns, left + SQUARE)];
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          out[row * columns + column] = from[column * rows + row]!;
        }
      }
    }
  }
}

const SQUARE = 16;
