/** Tiny exported models; also one that never ends: a Loop of 2^62 rounds before its logits. */
import { join } from "@std/path";
import { DEFAULT_MODEL_CONFIG } from "../../src/config.ts";
import { exportModel } from "../../src/export/mod.ts";
import { decodeModel, encodeModel } from "../../src/onnx/schema.ts";
import { initialParameters } from "../../src/model/parameters.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";

/** Export an untrained model. @returns its folder */
export async function exportTiny(parent: string, name = "model"): Promise<string> {
  const sizes = { vocabSize: 258, contextLength: 32, dModel: 8, nLayers: 1, nHeads: 1, dMlp: 8 };
  const config = { ...DEFAULT_MODEL_CONFIG, ...sizes };
  const { directory } = await exportModel({
    config,
    parameters: initialParameters(config, 42),
    tokenizerJson: trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" }).toJson(),
    directory: join(parent, name),
  });
  return directory;
}

/** The bytes of a model.onnx, with the loop. */
export function withEndlessLoop(bytes: Uint8Array): Uint8Array {
  const model = decodeModel(bytes);
  for (const node of model.graph.node) {
    node.output = node.output.map((name) => name === "logits" ? "raw" : name);
  }
  // Messages that follow each other are merged: nodes and constants are added to the graph.
  return Uint8Array.of(...encodeModel(model), ...field(7, LOOP));
}

const [FLOAT, INT64, BOOL] = [1, 7, 9];
const BODY = [
  ...node("Identity", ["go"], ["goes"]),
  ...node("Add", ["x", "none"], ["y"]),
  ...field(2, text("body")),
  ...field(5, scalar("none", FLOAT, [0, 0, 0, 0])),
  ...[value("i", INT64), value("go", BOOL), value("x", FLOAT)].flatMap((info) => field(11, info)),
  ...[value("goes", BOOL), value("y", FLOAT)].flatMap((info) => field(12, info)),
];
const LOOP = [
  ...node("Loop", ["rounds", "true", "zero"], ["end"], [
    ...field(1, text("body")),
    ...field(6, BODY),
    ...[0xa0, 0x01, 5],
  ]),
  ...node("Add", ["raw", "end"], ["logits"]),
  ...field(5, scalar("rounds", INT64, [0, 0, 0, 0, 0, 0, 0, 64])),
  ...field(5, scalar("true", BOOL, [1])),
  ...field(5, scalar("zero", FLOAT, [0, 0, 0, 0])),
];

function node(type: string, inputs: string[], outputs: string[], attribute?: number[]): number[] {
  return field(1, [
    ...inputs.flatMap((name) => field(1, text(name))),
    ...outputs.flatMap((name) => field(2, text(name))),
    ...field(4, text(type)),
    ...attribute === undefined ? [] : field(5, attribute),
  ]);
}

function scalar(name: string, type: number, bytes: number[]): number[] {
  return [0x10, type, ...field(8, text(name)), ...field(9, bytes)];
}

function value(name: string, type: number): number[] {
  return [...field(1, text(name)), ...field(2, field(1, [0x08, type, ...field(2, [])]))];
}

/** A field of bytes in protobuf's encoding. */
function field(id: number, bytes: readonly number[]): number[] {
  const length = bytes.length < 128 ? [bytes.length] : [bytes.length & 127 | 128, bytes.length >> 7];
  return [id << 3 | 2, ...length, ...bytes];
}

function text(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}
