/** Protobuf's wire format, by bytes written by hand and by everything that can be wrong with them. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeMessage, encodeMessage, type Schema } from "../../src/onnx/protobuf.ts";
import { CONFIG } from "../cli/permission_set.ts";

const SCHEMA: Schema = {
  Outer: { "name?": "string 1", inner: "Inner[] 2", "size?": "int32 3", ints: "int64[] 20" },
  Inner: { "f?": "float 1", "raw?": "bytes 2" },
};
// deno-fmt-ignore
const BYTES = Uint8Array.of(
  0x0a, 2, 0xc3, 0xa9, // name: "é"
  0x12, 5, 0x0d, 0, 0, 0x80, 0x3f, // inner: { f: 1 }
  0x12, 3, 0x12, 1, 7, // inner: { raw: [7] }
  0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, // size: -1
  0xa2, 1, 3, 0xac, 2, 5, // ints: [300, 5]
);
const MESSAGE = { name: "é", inner: [{ f: 1 }, { raw: Uint8Array.of(7) }], size: -1, ints: [300, 5] };

Deno.test("a message has the bytes that the format's documentation gives it", () => {
  assertEquals(encodeMessage(SCHEMA, "Outer", MESSAGE), BYTES);
  const inner = [{ f: 1, raw: new Uint8Array() }, { f: 0, raw: Uint8Array.of(7) }];
  assertEquals(decodeMessage(SCHEMA, "Outer", BYTES), { ...MESSAGE, inner });
  assertEquals(decodeMessage(SCHEMA, "Outer", new Uint8Array()), { name: "", inner: [], size: 0, ints: [] });
  assertEquals(encodeMessage(SCHEMA, "Outer", { name: "", inner: [], size: 0 }).length, 0);
});

Deno.test("unknown fields are passed over, and numbers of a list may stand one by one", () => {
  const unknown = [0x20, 9, 0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x32, 1, 0xff, 0x3d, 1, 2, 3, 4];
  const single = [0xa0, 1, 0xac, 2, 0xa0, 1, 5];
  assertEquals(decodeMessage(SCHEMA, "Outer", Uint8Array.of(...unknown, ...single)).ints, [300, 5]);
});

/** What is said of bytes that are no message; anything else would be a fault. */
const REFUSALS = /^(RangeError: index out of range|Error: invalid \w+ encoding|SyntaxError: )/;

Deno.test("every prefix and every changed byte is read or refused, and nothing else happens", () => {
  const refused: unknown[] = [];
  const read = (bytes: Uint8Array): void => {
    try {
      decodeMessage(SCHEMA, "Outer", bytes);
    } catch (error) {
      assert(REFUSALS.test(String(error)), String(error));
      refused.push(error);
    }
  };
  for (let end = 0; end < BYTES.length; end++) read(BYTES.subarray(0, end));
  for (let at = 0; at < BYTES.length; at++) {
    for (let value = 0; value < 256; value++) read(BYTES.with(at, value));
  }
  assert(refused.length > 1000);
});

for (
  const [what, ...bytes] of [
    ["a length beyond the end", 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
    ["a negative length", 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ["an integer of eleven bytes", 0x18, ...Array(11).fill(0x80), 1],
    ["a group", 0x23],
    ["a text where a number belongs", 0x1a, 0],
    ["a number where a text belongs", 0x08, 1],
  ] as [string, ...number[]][]
) {
  Deno.test(`decodeMessage() refuses ${what}`, () => {
    const error = assertThrows(() => decodeMessage(SCHEMA, "Outer", Uint8Array.from(bytes)), Error);
    assert(REFUSALS.test(String(error)), String(error));
  });
}

Deno.test("a model is written and read where no text may be evaluated as code", async () => {
  const schema = JSON.stringify(import.meta.resolve("../../src/onnx/schema.ts"));
  const builder = JSON.stringify(import.meta.resolve("../../src/onnx/graph_builder.ts"));
  const script = `
    import { decodeModel, encodeModel } from ${schema};
    import { GraphBuilder } from ${builder};
    try { new Function("return 1")(); console.log("code was evaluated"); } catch { /* as wanted */ }
    const graph = new GraphBuilder();
    const x = graph.input("x", "float32", [2]);
    graph.output("y", graph.node("Neg", [x]), "float32", [2]);
    const model = graph.toModel("m", { irVersion: 8, opsetImport: [], producerVersion: "", docString: "", metadataProps: [] });
    console.log(decodeModel(encodeModel(model)).graph.node[0].opType);`;
  const url = `data:application/javascript,${encodeURIComponent(script)}`;
  const flags = ["--v8-flags=--disallow-code-generation-from-strings", "--no-check", "--config", CONFIG];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["run", ...flags, url] })
    .output();
  assertEquals(new TextDecoder().decode(stdout), "Neg\n", new TextDecoder().decode(stderr));
});
