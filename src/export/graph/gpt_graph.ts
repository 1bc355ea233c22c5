// The GPT as an ONNX graph, for one token a call as well as for a whole prompt; docs/formats.md has the
// contract. A node's name says by the last part before its operator which file writes it: visibility,
// rotation, pointer and bake those of these names, norms, attn and gelu ort_operators.ts or
// standard_operators.ts (see the metadata), products and embeddings graph_parameters.ts, others this one.
import type { ModelConfig } from "../../config.ts";
import { attentionScale, isPointerModel } from "../../model/architecture.ts";
import { type BakedSampling, bakedSamplingText, bakeSampling, logitFactor } from "../bake.ts";
import { cacheLayers, type Flavor, modelMetadata, presentPrefix } from "../flavors.ts";
import { GraphBuilder, type Value } from "../onnx/graph_builder.ts";
import type { ModelProto } from "../onnx/schema.ts";
import type { Quantization } from "../quantize.ts";
import { VERSION } from "../../version.ts";
import { GraphParameters } from "./graph_parameters.ts";
import type { KeyValue, OperatorSet } from "./operators.ts";
import { ORT_DOMAIN, ortOperators } from "./ort_operators.ts";
import { pointerLogits } from "./pointer.ts";
import { rotationMatrices, turned } from "./rotation.ts";
import { STANDARD_OPERATORS } from "./standard_operators.ts";
import { additiveMask, visibility } from "./visibility.ts";

/** Versions of the file format and of ONNX's operator set; ONNX Runtime 1.20 reads up to 10 and 21. */
const [IR_VERSION, OPSET_VERSION] = [8, 18];

/** How a graph is made. */
export interface GraphForm {
  /** ONNX's operators only, or ONNX Runtime's own where they are faster. */
  operators: OperatorSet;
  /** How matrices are stored. */
  quantization: Quantization;
  /** Sampling inside the graph; null for none. */
  bake: BakedSampling | null;
  /** Whose inputs and outputs it has. */
  flavor: Flavor;
}

interface GptGraphOptions extends Partial<GraphForm> {
  config: ModelConfig;
  /** Flat, in the parameter table's order. */
  parameters: Float32Array;
  /** Of the tokenizer.json that the model was trained with; its metadata name it. */
  tokenizerSha256?: string;
}

/** A graph's form, filled in: ONNX Runtime's operators were the fastest when measured (docs/log.md). */
export function graphForm(options: Partial<GraphForm>): GraphForm {
  const { operators = "ort", quantization = "none", bake = null, flavor = "acorn" } = options;
  return { operators, quantization, bake, flavor };
}

/** Build the graph of a model. @throws {RangeError} when the parameters' length is not the configuration's */
export function gptGraph(options: GptGraphOptions): ModelProto {
  const { config, tokenizerSha256 } = options;
  const form = graphForm(options);
  const g = new GraphBuilder();
  addModel(g, options, form);
  const metadata = {
    ...modelMetadata(config),
    ...tokenizerSha256 !== undefined && { tokenizer_sha256: tokenizerSha256 },
    operators: form.operators,
    quantization: form.quantization,
    flavor: form.flavor,
    ...form.bake !== null && { baked_sampling: bakedSamplingText(form.bake) },
  };
  return g.toModel({
    irVersion: IR_VERSION,
    opsetImport: [
      { domain: "", version: OPSET_VERSION },
      ...(form.operators === "ort" ? [{ domain: ORT_DOMAIN, version: 1 }] : []),
    ],
    producerVersion: VERSION,
    docString: "Decoder-only transformer with a key-value cache. Linear weights are stored (in, out).",
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
}

function addModel(g: GraphBuilder, { config, parameters }: GptGraphOptions, form: GraphForm): void {
  const { vocabSize: V, nLayers, nHeads: H, dModel: C, contextLength } = config;
  const { flavor, quantization, bake } = form;
  const D = C / H;
  const isPointer = isPointerModel(config);
  const fused = flavor === "acorn";
  const operators = form.operators === "ort" ? ortOperators({ fused }) : STANDARD_OPERATORS;
  const weights = new GraphParameters(g, { config, parameters, quantization, operators });
  const inputIds = g.input("input_ids", "int64", ["batch", "sequence"]);
  const told = flavor === "acorn" ? null : {
    attentionMask: g.input("attention_mask", "int64", ["batch", "cache + sequence"]),
    positions: g.input("position_ids", "int64", ["batch", "sequence"]),
  };
  const pasts = Array.from({ length: cacheLayers(config) }, (_, i): KeyValue => ({
    key: g.input(`past_key_values.${i}.key`, "float32", ["batch", H, "cache", D]),
    value: g.input(`past_key_values.${i}.value`, "float32", ["batch", H, "cache", D]),
  }));
  const presents: KeyValue[] = [];

  // Once a call: who sees what, and where the new tokens stand.
  const window = isPointer ? contextLength : null;
  const seen = visibility(g.scope("visibility"), { inputIds, firstKey: pasts[0]!.key, window, told });
  const mask = additiveMask(g.scope("visibility"), seen.visible, H);
  const rotation = isPointer ? rotationMatrices(g.scope("rotation"), seen.positions, D) : null;

  // The blocks. A branch is added to the stream (B, S, C) by the norm after it.
  let stream = weights.tokenEmbedding(g.scope("token_embedding"), inputIds);
  if (!isPointer) stream = weights.addPositions(g.scope("position_embedding"), stream, seen.positions);
  let branch: Value | null = null;
  let firstValues: Value | null = null;
  // The attention scale is in the query's weights; normalised queries have it from the rotation.
  const queryFactor = isPointer ? undefined : (row: number): number => row < C ? attentionScale(config) : 1;
  const normed = (g: GraphBuilder, name: string, factor = 1): Value => {
    const weight = weights.vector(`${name}.weight`, factor);
    const rows = operators.addNorm(g, { stream, branch, weight });
    stream = rows.stream;
    return rows.normed;
  };
  for (const [layer, past] of pasts.slice(0, nLayers).entries()) {
    const name = `blocks.${layer}`;
    const block = g.scope(name);
    const [attn, mlp] = [block.scope("attn"), block.scope("mlp")];
    const input = normed(block.scope("norm1"), `${name}.norm1`);
    const projected = weights.linear(attn.scope("qkv"), input, `${name}.attn.qkv`, queryFactor);
    const [queryKey, own] = block.split(projected, 2, [2 * C, C]) as [Value, Value];
    const { mixed, present } = operators.attention(attn, {
      queryKey,
      values: isPointer && firstValues !== null ? block.node("Add", [own, firstValues]) : own,
      turn: rotation && ((heads) => turned(attn.scope("rotation"), heads, { rotation, config })),
      past,
      mask,
      nHeads: H,
      headDim: D,
    });
    presents.push(present);
    firstValues ??= own;
    branch = weights.linear(attn.scope("proj"), mixed, `${name}.attn.proj`);
    const middle = normed(block.scope("norm2"), `${name}.norm2`);
    const hidden = weights.linear(mlp.scope("fc1"), middle, `${name}.mlp.fc1`);
    branch = weights.linear(mlp.scope("fc2"), operators.gelu(mlp.scope("gelu"), hidden), `${name}.mlp.fc2`);
  }

  // A pointer multiplies its logarithms by the baked factor; without one it is in the last norm's weights.
  const memory = pasts[nLayers];
  const factor = logitFactor(bake);
  const last = normed(g.scope("norm"), "norm", memory === undefined ? factor : 1);
  let logits: Value;
  if (memory === undefined) logits = weights.logits(g.scope("logits"), last);
  else {
    const inputs = { config, weights, inputIds, normed: last, seen, past: memory, factor };
    const mixed = pointerLogits(g.scope("pointer"), inputs);
    logits = mixed.logits;
    presents.push(mixed.present);
  }
  if (bake !== null) logits = bakeSampling(g.scope("bake"), logits, bake);
  g.output("logits", logits, "float32", ["batch", "sequence", V]);
  for (const [i, { key, value }] of presents.entries()) {
    const [name, shape] = [`${presentPrefix(flavor)}.${i}`, ["batch", H, "cache + sequence", D]];
    g.output(`${name}.key`, key, "float32", shape);
    g.output(`${name}.value`, value, "float32", shape);
  }
}
