// The GPT as an ONNX graph, for one token a call as well as for a whole prompt; docs/formats.md has the
// contract. A node's name says by the last part before its operator which file writes it: visibility,
// rotation, pointer, line_rules and bake those of these names, norms, attn and gelu ort_operators.ts or
// standard_operators.ts (see the metadata), products and embeddings graph_parameters.ts, others this one.
import type { ModelConfig } from "../../config.ts";
import { attentionScale, isPointerModel } from "../../model/architecture.ts";
import { type BakedSampling, bakedSamplingText, bakeSampling, logitFactor } from "../bake.ts";
import { type Flavor, modelMetadata, presentPrefix } from "../flavors.ts";
import { GraphBuilder, type Value } from "../../onnx/graph_builder.ts";
import type { ModelProto } from "../../onnx/schema.ts";
import type { Quantization } from "../quantize.ts";
import { VERSION } from "../../version.ts";
import type { LineTables } from "../line_tables.ts";
import { cutToLines } from "./line_rules.ts";
import { unsaidLines } from "./said_lines.ts";
import { GraphParameters } from "./graph_parameters.ts";
import type { KeyValue, Operators, OperatorSet } from "./operators.ts";
import { ORT_DOMAIN, ortOperators } from "./ort_operators.ts";
import { pointerLogits, slidingWindow, type Window } from "./pointer.ts";
import { asRows, byHead, rotationMatrices, turnedHeads, unitHeads } from "./rotation.ts";
import { STANDARD_OPERATORS } from "./standard_operators.ts";
import { additiveMask, type Told, visibility } from "./visibility.ts";

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
  /** Of its vocabulary, for baked `lines`. */
  tables?: LineTables | null;
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

function addModel(g: GraphBuilder, options: GptGraphOptions, form: GraphForm): void {
  const { config, parameters, tables = null } = options;
  const { vocabSize: V, nLayers, nHeads: H, dModel: C } = config;
  const { flavor, quantization, bake } = form;
  const D = C / H;
  const operators = form.operators === "ort"
    ? ortOperators({ fused: flavor === "acorn" })
    : STANDARD_OPERATORS;
  const weights = new GraphParameters(g, { config, parameters, quantization, operators });
  const inputIds = g.input("input_ids", "int64", ["batch", "sequence"]);
  const told = flavor === "acorn" ? null : {
    attentionMask: g.input("attention_mask", "int64", ["batch", "cache + sequence"]),
    positions: g.input("position_ids", "int64", ["batch", "sequence"]),
  };
  const pasts = Array.from({ length: nLayers }, (_, i): KeyValue => ({
    key: g.input(`past_key_values.${i}.key`, "float32", ["batch", H, "cache", D]),
    value: g.input(`past_key_values.${i}.value`, "float32", ["batch", H, "cache", D]),
  }));
  const build = isPointerModel(config) ? pointerModel : learnedPositions;
  const inputs = { config, weights, operators, inputIds, told, pasts, bake };
  const { logits, presents, window } = build(g, inputs);
  const rules = bake?.lines && window !== undefined && tables !== null ? { window, tables } : null;
  const lines = rules === null ? logits : cutToLines(g.scope("line_rules"), { logits, inputIds, ...rules });
  const likely = bake === null ? lines : bakeSampling(g.scope("bake"), lines, bake);
  const unsaid = rules === null
    ? likely
    : unsaidLines(g.scope("said_lines"), { logits: likely, inputIds, ...rules });
  g.output("logits", unsaid, "float32", ["batch", "sequence", V]);
  for (const [i, { key, value }] of presents.entries()) {
    const [name, shape] = [`${presentPrefix(flavor)}.${i}`, ["batch", H, "cache + sequence", D]];
    g.output(`${name}.key`, key, "float32", shape);
    g.output(`${name}.value`, value, "float32", shape);
  }
}

type Triple = [Value, Value, Value];

/** What both architectures are built from. */
interface ModelInputs {
  readonly config: ModelConfig;
  readonly weights: GraphParameters;
  readonly operators: Operators;
  readonly inputIds: Value;
  readonly told: Told | null;
  readonly pasts: readonly KeyValue[];
  readonly bake: BakedSampling | null;
}

/** What a model gives: logits (B, S, V), the grown cache, and what it knows of the tokens so far. */
interface ModelOutputs {
  readonly logits: Value;
  readonly presents: readonly KeyValue[];
  readonly window?: Window;
}

/** Logits (B, S, V) and the grown cache. A branch is added to the stream (B, S, C) by the norm after it. */
function learnedPositions(
  g: GraphBuilder,
  { config, weights, operators, inputIds, told, pasts, bake }: ModelInputs,
): ModelOutputs {
  const { nHeads: H, dModel: C } = config;
  const seen = visibility(g.scope("visibility"), { inputIds, firstKey: pasts[0]!.key, told });
  const mask = additiveMask(g.scope("visibility"), seen.visible, H);
  let stream = weights.tokenEmbedding(g.scope("token_embedding"), inputIds);
  stream = weights.addPositions(g.scope("position_embedding"), stream, seen.positions);
  let branch: Value | null = null;
  const normed = (g: GraphBuilder, name: string, factor = 1): Value => {
    const weight = weights.vector(`${name}.weight`, factor);
    const rows = operators.addNorm(g, { stream, branch, weight });
    stream = rows.stream;
    return rows.normed;
  };
  const presents = pasts.map((past, layer) => {
    const name = `blocks.${layer}`;
    const block = g.scope(name);
    const [attn, mlp] = [block.scope("attn"), block.scope("mlp")];
    const input = normed(block.scope("norm1"), `${name}.norm1`);
    // The attention scale is in the query's weights.
    const rowFactor = (row: number): number => row < C ? attentionScale(config) : 1;
    const projected = weights.linear(attn.scope("qkv"), input, `${name}.attn.qkv`, { rowFactor });
    const [queryKey, values] = block.split(projected, 2, [2 * C, C]) as [Value, Value];
    const inputs = { queryKey, values, past, mask, nHeads: H, headDim: C / H };
    const { mixed, present } = operators.attention(attn, inputs);
    branch = weights.linear(attn.scope("proj"), mixed, `${name}.attn.proj`);
    const middle = normed(block.scope("norm2"), `${name}.norm2`);
    const hidden = weights.linear(mlp.scope("fc1"), middle, `${name}.mlp.fc1`);
    branch = weights.linear(mlp.scope("fc2"), operators.gelu(mlp.scope("gelu"), hidden), `${name}.mlp.fc2`);
    return present;
  });
  const last = normed(g.scope("norm"), "norm", logitFactor(bake));
  return { logits: weights.logits(g.scope("logits"), last), presents };
}

/**
 * The same of a pointer model. All of the first block before its attention is looked up in a table of tokens;
 * in the others, the products into both halves have one input, which is rounded once in 8 bits.
 */
function pointerModel(
  g: GraphBuilder,
  { config, weights, operators, inputIds, told, pasts, bake }: ModelInputs,
): ModelOutputs {
  const { nHeads: H, dModel: C, dMlp: M } = config;
  const window = slidingWindow(g.scope("window"), { inputIds, first: pasts[0]!, told, config });
  const rotation = rotationMatrices(
    g.scope("rotation"),
    { positions: window.positions, isTold: told !== null },
    config,
  );
  let [stream, queryKey, values] = weights.tokenRows(g.scope("token_table"), inputIds);
  const firstValues = values;
  const presents: KeyValue[] = [];
  let heads = queryKey, branch: Value | null = null;
  const normed = (g: GraphBuilder, name: string): Value => {
    const weight = weights.vector(`${name}.weight`);
    const rows = operators.addNorm(g, { stream, branch, weight });
    stream = rows.stream;
    return rows.normed;
  };
  for (const [layer, past] of pasts.entries()) {
    const name = `blocks.${layer}`;
    const block = g.scope(name);
    const [attn, mlp, turn] = [block.scope("attn"), block.scope("mlp"), block.scope("rotation")];
    let hidden: Value | null = null;
    if (layer === 0) heads = byHead(turn, queryKey, config);
    else {
      const input = normed(block.scope("norm1"), `${name}.norm1`);
      const cuts = [{ name: `${name}.attn.qkv`, rows: [2 * C, C] }, { name: `${name}.mlp.fc1`, rows: [M] }];
      let own: Value;
      [queryKey, own, hidden] = weights.linears(block.scope("inputs"), input, cuts) as Triple;
      heads = unitHeads(turn, queryKey, config);
      values = block.node("Add", [own, firstValues]);
    }
    heads = turnedHeads(turn, heads, rotation);
    queryKey = asRows(turn, heads, config);
    const inputs = { queryKey, values, past, mask: window.mask, nHeads: H, headDim: C / H };
    const { mixed, present } = operators.attention(attn, inputs);
    presents.push(present);
    branch = weights.linear(attn.scope("proj"), mixed, `${name}.attn.proj`, { scales: "one" });
    if (hidden !== null) {
      const activated = operators.gelu(mlp.scope("gelu"), hidden);
      const added = weights.linear(mlp.scope("fc2"), activated, `${name}.mlp.fc2`, { scales: "one" });
      branch = block.node("Add", [branch, added]);
    }
  }
  const last = normed(g.scope("norm"), "norm");
  const head = g.scope("logits");
  const scores = weights.linear(head, last, "token_embedding");
  const minusOwn = weights.exactLinear(head, last, "pointer", -1);
  const present = presents.at(-1)!;
  const inputs = { scores, minusOwn, heads, present, window, config, factor: logitFactor(bake) };
  return { logits: pointerLogits(g.scope("pointer"), inputs), presents, window };
}
