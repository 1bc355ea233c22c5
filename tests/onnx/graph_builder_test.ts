/** The graph builder and the ONNX encoding, read back by their own decoder and run in ONNX Runtime. */
import { assertEquals, assertThrows } from "@std/assert";
import { GraphBuilder } from "../../src/onnx/graph_builder.ts";
import { decodeModel, encodeModel, type ModelProto } from "../../src/onnx/schema.ts";
import { OrtSession } from "../../src/infer/ort.ts";

function finish(g: GraphBuilder): ModelProto {
  return g.toModel({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 18 }],
    producerVersion: "1",
    docString: "a test",
    metadataProps: [{ key: "answer", value: "42" }],
  });
}

Deno.test("a graph written by the builder runs in ONNX Runtime", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["rows", 4]);
  const [left, right] = g.split(x, 1, [1, 3]);
  const shifted = g.node("Add", [left!, g.float(10)]);
  const doubled = g.node("Mul", [right!, g.constant({ name: "two", shape: [1], data: Float32Array.of(2) })]);
  const joined = g.node("Concat", [shifted, doubled], { axis: { i: 1 } });
  const out = g.node("Transpose", [joined], { perm: { ints: [1, 0] } });
  g.output("out", out, "float32", [4, "rows"]);
  await using session = await OrtSession.open(encodeModel(finish(g)));
  assertEquals(session.inputs, [{ name: "x", type: "float32", shape: ["rows", 4] }]);
  assertEquals(session.outputs, [{ name: "out", type: "float32", shape: [4, "rows"] }]);
  const data = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const result = (await session.run({ x: { shape: [2, 4], data } })).get("out")!;
  assertEquals(result.shape, [4, 2]);
  assertEquals([...result.data as Float32Array], [11, 15, 4, 12, 6, 14, 8, 16]);
});

Deno.test("encodeModel() and decodeModel() keep every field, negative numbers and 64-bit values too", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "int64", ["n"]);
  const big = g.constant({ shape: [2], data: BigInt64Array.of(-(2n ** 62n), 5n) });
  const attributes = { axis: { i: -1 }, alpha: { f: 0.25 }, list: { ints: [3, -4] }, way: { s: "up" } };
  g.output("y", g.scope("part").node("com.example.Custom", [x, big], attributes), "int64", [7]);
  const model = finish(g);
  const read = decodeModel(encodeModel(model));
  assertEquals(read.metadataProps, [{ key: "answer", value: "42" }]);
  assertEquals([read.producerName, read.producerVersion, read.docString], ["tactics", "1", "a test"]);
  const node = read.graph.node[0]!;
  assertEquals([node.name, node.opType, node.domain], ["/part/Custom", "Custom", "com.example"]);
  assertEquals([node.input, node.output], [["x", "constant_0"], ["y"]]);
  assertEquals(node.attribute.map((attribute) => [attribute.name, attribute.type]), [
    ["axis", 2],
    ["alpha", 1],
    ["list", 7],
    ["way", 3],
  ]);
  assertEquals([node.attribute[0]!.i, node.attribute[1]!.f, node.attribute[2]!.ints], [-1, 0.25, [3, -4]]);
  assertEquals(new TextDecoder().decode(node.attribute[3]!.s), "up");
  assertEquals(read.graph.initializer[0]!.dims, [2]);
  assertEquals([...read.graph.initializer[0]!.rawData], [...model.graph.initializer[0]!.rawData]);
  assertEquals(read.graph.output[0]!.type.tensorType.shape.dim.map((dim) => "dimValue" in dim), [true]);
});

Deno.test("equal constants are stored once, named ones never shared", () => {
  const g = new GraphBuilder();
  assertEquals(g.float(2), g.float(2));
  assertEquals(g.int64([1, 2]), g.scope("elsewhere").int64([1, 2]));
  const values = [g.float(2), g.float(3), g.int64(2), g.int64([2]), g.int64([1, 2])];
  assertEquals(new Set(values.map((value) => value.name)).size, 5);
  g.constant({ name: "a", shape: [], data: Float32Array.of(2) });
  assertEquals(finish(g).graph.initializer.length, 6);
});

Deno.test("nodes are named by scope and operator, outputs as they are declared", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [1]);
  const inner = g.scope("blocks.0").scope("attn");
  const sums = [inner.node("Add", [x, x]), inner.node("Add", [x, x]), g.node("Add", [x, x])];
  const [first, absent] = inner.nodes("com.example.Two", [x], { outputs: ["first", ""] });
  assertEquals(sums.map(({ name }) => name), ["/blocks.0/attn/Add", "/blocks.0/attn/Add_1", "/Add"]);
  assertEquals([first!.name, absent!.name], ["/blocks.0/attn/Two/first", ""]);
  g.node("Neg", [sums[2]!]);
  g.output("sum", sums[2]!, "float32", [1]);
  const { node } = finish(g).graph;
  assertEquals([node[2]!.name, node[2]!.output, node[4]!.input], ["/Add", ["sum"], ["sum"]]);
});

Deno.test("the builder refuses a name that is taken, and data that does not fill its shape", () => {
  const g = new GraphBuilder();
  g.input("x", "float32", [1]);
  assertThrows(() => g.input("x", "float32", [1]), Error, 'called "x"');
  assertThrows(
    () => g.constant({ shape: [2, 2], data: new Float32Array(3) }),
    Error,
    "3 elements for shape [2,2]",
  );
});
