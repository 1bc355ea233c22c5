// A node's name leads to the file that writes it, as the head of src/export/graph/gpt_graph.ts says.
import { assert } from "@std/assert";
import { FLAVORS } from "../../src/export/flavors.ts";
import { gptGraph } from "../../src/export/graph/gpt_graph.ts";
import { OPERATOR_SETS } from "../../src/export/graph/operators.ts";
import { GraphBuilder } from "../../src/onnx/graph_builder.ts";
import { QUANTIZATIONS } from "../../src/export/quantize.ts";
import { randomParameters, smallConfig } from "./model_fixture.ts";

const OPERATORS = ["operators.ts", "standard_operators.ts", "ort_operators.ts"];
const PRODUCTS = ["graph_parameters.ts", "standard_operators.ts", "ort_operators.ts"];

/** The last part of a node's name before its operator → the files that may write it. */
const WRITERS: Record<string, readonly string[]> = {
  visibility: ["visibility.ts"],
  placeholders: ["visibility.ts"],
  visible: ["visibility.ts"],
  positions: ["visibility.ts"],
  rotation: ["rotation.ts", "operators.ts"],
  pointer: ["pointer.ts"],
  window: ["pointer.ts", "visibility.ts"],
  bake: ["bake.ts"],
  ...Object.fromEntries(
    [
      "token_embedding",
      "position_embedding",
      "logits",
      "qkv",
      "proj",
      "fc1",
      "fc2",
      "inputs",
      "outputs",
    ]
      .map((name) => [name, PRODUCTS]),
  ),
  ...Object.fromEntries(["norm", "norm1", "norm2", "attn", "gelu"].map((name) => [name, OPERATORS])),
  token_table: ["graph_parameters.ts", "gpt_graph.ts"],
  block: ["gpt_graph.ts"],
};

/** The file outside the builder that is adding a node. */
function caller(): string {
  const files = new Error().stack!.matchAll(/\/([a-z0-9_]+\.ts):\d+/g);
  return [...files].map((match) => match[1]!).find((file) =>
    file !== "graph_builder.ts" && file !== "node_names_test.ts"
  )!;
}

Deno.test("every node's name leads to the file that writes it, in every form", () => {
  const written = new Map<string, string>();
  const { node, nodes } = GraphBuilder.prototype;
  GraphBuilder.prototype.node = function (operator, inputs, attributes): ReturnType<typeof node> {
    const value = node.call(this, operator, inputs, attributes);
    written.set(value.name, caller());
    return value;
  };
  GraphBuilder.prototype.nodes = function (operator, inputs, options): ReturnType<typeof nodes> {
    const values = nodes.call(this, operator, inputs, options);
    written.set(values[0]!.name.replace(/\/[^/]*$/, ""), caller());
    return values;
  };
  try {
    for (const architecture of ["pointer", "reference"] as const) {
      const config = smallConfig(architecture);
      for (const operators of OPERATOR_SETS) {
        for (const quantization of QUANTIZATIONS) {
          for (const flavor of FLAVORS) {
            const form = { operators, quantization, flavor, bake: { temperature: 0.5, minP: 0.1 } };
            written.clear();
            const model = gptGraph({
              config,
              parameters: randomParameters(config),
              ...form,
            });
            for (const { name } of model.graph.node) {
              const part = name.split("/").at(-2)!;
              const files = WRITERS[part.startsWith("blocks.") ? "block" : part];
              const file = written.get(name);
              assert(files !== undefined, `${name}: "${part}" is not in the table`);
              assert(
                file !== undefined && files.includes(file),
                `${name} is written by ${file}, not by ${files}`,
              );
            }
          }
        }
      }
    }
  } finally {
    Object.assign(GraphBuilder.prototype, { node, nodes });
  }
});
