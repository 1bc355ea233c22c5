/** safetensors: round trips, every prefix, every flipped byte, named attacks. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeSafeTensors, readSafeTensorsHeader, type SafeTensor } from "../../src/io/safetensors.ts";
import { safeTensorsBytes } from "./safetensors_bytes.ts";

/** A file with this header (an object, or text as it is) and these many bytes of tensors. */
function fileOf(header: unknown, bodyBytes = 0): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + bodyBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function entry(shape: unknown, offsets: unknown, dtype: unknown = "F32"): Record<string, unknown> {
  return { dtype, shape, data_offsets: offsets };
}

const shapes = fc.array(fc.nat({ max: 3 }), { maxLength: 3 });
const tensors = fc.tuple(shapes, fc.boolean(), fc.infiniteStream(fc.integer())).map(
  ([shape, isFloat, stream]): SafeTensor => {
    const size = shape.reduce((product, length) => product * length, 1);
    const bits = Int32Array.from({ length: size }, () => stream.next().value);
    return { shape, data: isFloat ? new Float32Array(bits.buffer) : bits };
  },
);
const names = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "", "1", "0", '"', "é\u0000"),
);
const files = fc.record({
  metadata: fc.array(fc.tuple(names, fc.string({ unit: "binary" }))),
  tensors: fc.array(fc.tuple(names.filter((name) => name !== "__metadata__"), tensors)),
});

/** Bit patterns, since NaNs differ from each other only there. */
function bits({ shape, data }: SafeTensor): unknown {
  return { shape, isFloat: data instanceof Float32Array, bytes: [...new Uint8Array(data.buffer)] };
}

Deno.test("whatever is encoded is decoded again, bit for bit, under any names", () => {
  fc.assert(fc.property(files, (file) => {
    const metadata = Object.fromEntries(file.metadata);
    const map = new Map(file.tensors);
    const bytes = safeTensorsBytes({ metadata, tensors: map });
    const decoded = decodeSafeTensors(bytes);
    assertEquals(Object.entries(decoded.metadata).sort(), Object.entries(metadata).sort());
    assertEquals([...decoded.tensors.keys()].sort(), [...map.keys()].sort());
    for (const [name, tensor] of map) assertEquals(bits(decoded.tensors.get(name)!), bits(tensor));
    const again = safeTensorsBytes(decoded);
    assertEquals(decodeSafeTensors(again).tensors, decoded.tensors);
  }));
});

Deno.test("a file is what the format says, byte for byte", () => {
  const bytes = safeTensorsBytes({
    metadata: { format: "pt" },
    tensors: new Map([["a", { shape: [1, 2], data: Float32Array.of(1, -2) }]]),
  });
  const header = '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  assertEquals(bytes.slice(0, 8), Uint8Array.of(padded.length, 0, 0, 0, 0, 0, 0, 0));
  assertEquals(new TextDecoder().decode(bytes.slice(8, -8)), padded);
  assertEquals(bytes.slice(-8), Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0));
});

Deno.test("a tensor that is a view of larger memory is written alone", () => {
  const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
  const bytes = safeTensorsBytes({ metadata: {}, tensors: new Map([["a", { shape: [2], data }]]) });
  assertEquals(decodeSafeTensors(bytes).tensors.get("a")!.data, Float32Array.of(1, 2));
});

Deno.test("tensors that do not lie at a multiple of four are read", () => {
  const file = fileOf({ a: entry([1], [0, 4], "I32") }, 4);
  file[file.length - 4] = 7;
  const shifted = new Uint8Array(file.length + 1);
  shifted.set(file, 1);
  assertEquals(decodeSafeTensors(shifted.subarray(1)).tensors.get("a")!.data, Int32Array.of(7));
});

const SMALL = safeTensorsBytes({
  metadata: { step: "12" },
  tensors: new Map<string, SafeTensor>([
    ["weights", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ["ids", { shape: [2], data: Int32Array.of(1, 2) }],
  ]),
});

Deno.test("every prefix of a file is refused", () => {
  for (let length = 0; length < SMALL.length; length++) {
    assertThrows(() => decodeSafeTensors(SMALL.slice(0, length)), SyntaxError);
  }
});

Deno.test("every file with something behind it is refused", () => {
  const longer = new Uint8Array(SMALL.length + 1);
  longer.set(SMALL);
  assertThrows(() => decodeSafeTensors(longer), SyntaxError, "follow the header");
});

Deno.test("a flipped byte gives another file or a SyntaxError, never a crash and never more memory", () => {
  let refused = 0;
  for (let i = 0; i < SMALL.length; i++) {
    for (const mask of [0x01, 0x04, 0x20, 0x80, 0xff]) {
      const damaged = SMALL.slice();
      damaged[i]! ^= mask;
      try {
        const { tensors } = decodeSafeTensors(damaged);
        const sizes = [...tensors.values()].map(({ data }) => data.byteLength);
        assertEquals(sizes.reduce((sum, size) => sum + size, 0), 32);
      } catch (error) {
        assert(error instanceof SyntaxError, `byte ${i} ^ ${mask}: ${error}`);
        refused++;
      }
    }
  }
  assert(refused > SMALL.length);
});

Deno.test("random bytes are refused", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assertThrows(() => decodeSafeTensors(new Uint8Array(bytes)), SyntaxError);
  }));
});

const HUGE = 2 ** 53 - 1;
const ATTACKS: [name: string, file: Uint8Array<ArrayBuffer>, reason: string][] = [
  ["nothing", new Uint8Array(0), "too short"],
  ["a header of 2^64 - 1 bytes", new Uint8Array(16).fill(255, 0, 8), "the header claims"],
  ["a header of 2^63 bytes", new Uint8Array(8).fill(0x80, 7), "the header claims"],
  ["a header one byte longer than the file", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), "the header claims"],
  ["an empty header", new Uint8Array(8), "not JSON"],
  ["a header that is not UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff), "not JSON"],
  ["a byte order mark", fileOf("\ufeff{}"), "not JSON"],
  ["JSON with something behind it", fileOf("{}x"), "not JSON"],
  ["null", fileOf("null"), "not a JSON object"],
  ["a list", fileOf("[]"), "not a JSON object"],
  ["metadata that is a list", fileOf({ __metadata__: [] }), "__metadata__"],
  ["metadata with a number", fileOf({ __metadata__: { step: 3 } }), "__metadata__"],
  ["a tensor that is null", fileOf({ a: null }), 'the entry of "a"'],
  ["a tensor without a type", fileOf({ a: { shape: [], data_offsets: [0, 4] } }, 4), "has the type"],
  ["float64", fileOf({ a: entry([1], [0, 8], "F64") }, 8), 'the type "F64"'],
  ["a name that is a type's prototype", fileOf({ a: entry([1], [0, 4], "toString") }, 4), "has the type"],
  ["a negative size", fileOf({ a: entry([-1], [0, 4]) }, 4), "the shape"],
  ["half a size", fileOf({ a: entry([0.5, 2], [0, 4]) }, 4), "the shape"],
  ["a size as text", fileOf({ a: entry(["1"], [0, 4]) }, 4), "the shape"],
  ["a shape that is a number", fileOf({ a: entry(1, [0, 4]) }, 4), "the shape"],
  ["a size beyond exact integers", fileOf({ a: entry([2 ** 53], [0, 4]) }, 4), "the shape"],
  ["sizes whose product overflows to 4", fileOf({ a: entry([2 ** 33, 2 ** 31 + 1], [0, 4]) }, 4), "needs"],
  [
    "sizes whose product is infinite, times 0",
    fileOf({ a: entry([...Array(30).fill(HUGE), 0], [0, 0]) }),
    "needs",
  ],
  ["a tensor larger than the file", fileOf({ a: entry([HUGE], [0, 4 * HUGE]) }, 4), "data_offsets"],
  ["an end beyond the file", fileOf({ a: entry([2], [0, 8]) }, 4), "needs"],
  ["offsets backwards", fileOf({ a: entry([1], [4, 0]) }, 4), "needs"],
  ["negative offsets", fileOf({ a: entry([1], [-4, 0]) }, 4), "data_offsets"],
  ["one offset", fileOf({ a: entry([1], [0]) }, 4), "data_offsets"],
  ["offsets that do not fit the shape", fileOf({ a: entry([1], [0, 8]) }, 8), "needs"],
  ["a hole", fileOf({ a: entry([1], [0, 4]), b: entry([1], [8, 12]) }, 12), "a gap or overlap"],
  ["a hole in front", fileOf({ a: entry([1], [4, 8]) }, 8), "a gap or overlap"],
  ["overlapping tensors", fileOf({ a: entry([2], [0, 8]), b: entry([2], [4, 12]) }, 12), "a gap or overlap"],
  ["bytes that no tensor claims", fileOf({ a: entry([1], [0, 4]) }, 8), "follow the header"],
];

for (const [name, file, reason] of ATTACKS) {
  Deno.test(`an attack is refused: ${name}`, () => {
    assertThrows(() => decodeSafeTensors(file), SyntaxError, reason);
  });
}

Deno.test("an attack is refused: ten thousand tensors over the same million bytes", () => {
  const entries = Array.from({ length: 10_000 }, (_, i) => [`t${i}`, entry([250_000], [0, 1_000_000])]);
  const file = fileOf(Object.fromEntries(entries), 1_000_000);
  const started = performance.now();
  assertThrows(() => decodeSafeTensors(file), SyntaxError, "a gap or overlap");
  assert(performance.now() - started < 2000, "the tensors were copied before they were checked");
});

Deno.test("a header of half a gigabyte, in a file that is large enough, is not read", async () => {
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, 1n << 29n, true);
  const file = {
    sizeBytes: 2 ** 40,
    read(offset: number, into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
      assertEquals([offset, into.length], [0, 8], "only the header's length is looked at");
      into.set(start);
      return Promise.resolve(into);
    },
    [Symbol.dispose](): void {},
  };
  await assertRejects(() => readSafeTensorsHeader(file), SyntaxError, "at most 4194304 are read");
});

Deno.test("no tensor can take the metadata's name", () => {
  const tensors = new Map([["__metadata__", { shape: [], data: Float32Array.of(1) }]]);
  assertThrows(() => safeTensorsBytes({ metadata: {}, tensors }), RangeError);
});
