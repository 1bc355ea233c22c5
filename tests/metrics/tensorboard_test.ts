/**
 * TensorBoard's files, read as their format says; Python's tensorboard reads them in `deno task test:python`.
 */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import protobuf from "protobufjs/minimal";
import { tensorBoardRecords, type TrainEvent } from "../../src/metrics/mod.ts";

/** The messages of a file, each a map from field to its values, after a look at lengths and checksums. */
function messages(bytes: Uint8Array): Map<number, unknown[]>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: Map<number, unknown[]>[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    assertEquals(view.getUint32(at + 8, true), masked(bytes.subarray(at, at + 8)));
    assertEquals(view.getUint32(at + 12 + length, true), masked(data));
    found.push(fields(data));
    at += length + 16;
  }
  return found;
}

/** Bit by bit, unlike the table of the writer. */
function masked(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? crc >> 1n ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  return Number(((crc >> 15n | crc << 17n) + 0xa282ead8n) & 0xffffffffn);
}

function fields(bytes: Uint8Array): Map<number, unknown[]> {
  const reader = new protobuf.Reader(bytes);
  const found = new Map<number, unknown[]>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const read = [() => Number(reader.int64()), () => reader.double(), () => reader.bytes()];
    const value = (tag & 7) === 5 ? reader.float() : read[tag & 7]!();
    found.set(tag >>> 3, [...found.get(tag >>> 3) ?? [], value]);
  }
  return found;
}

const text = (bytes: unknown): string => new TextDecoder().decode(bytes as Uint8Array);

Deno.test("the checksum is CRC-32C, masked", () => {
  const crc = 0xe3069283n; // of "123456789", as RFC 3720's authors give it
  const wanted = Number(((crc >> 15n | crc << 17n & 0xffffffffn) + 0xa282ead8n) & 0xffffffffn);
  assertEquals(masked(new TextEncoder().encode("123456789")), wanted);
});

Deno.test("a step is four scalars under its number", () => {
  const step = {
    kind: "step",
    step: 7,
    loss: 1.5,
    learningRate: 0.25,
    gradientNorm: 2,
    tokensPerSecond: 3e3,
  };
  const [event, ...others] = messages(tensorBoardRecords(step as TrainEvent, 1000.5));
  assertEquals([others.length, event!.get(1), event!.get(2)], [0, [1000.5], [7]]);
  const values = fields(event!.get(5)![0] as Uint8Array).get(1)!.map((value) => fields(value as Uint8Array));
  const scalars = Object.fromEntries(values.map((value) => [text(value.get(1)![0]), value.get(2)![0]]));
  assertEquals(Object.keys(scalars).length, 4);
  assertAlmostEquals(Number(scalars["train/loss"]), 1.5);
  assertAlmostEquals(Number(scalars["train/learning_rate"]), 0.25);
});

Deno.test("a run that goes on from a step takes back what comes after it, not the step", () => {
  const [version, session] = messages(tensorBoardRecords({ kind: "start", step: 6 } as TrainEvent, 1));
  assertEquals([text(version!.get(3)![0]), session!.get(2)], ["brain.Event:2", [7]]);
  assertEquals(fields(session!.get(7)![0] as Uint8Array).get(1), [1]);
});

Deno.test("a sample is a text, and what TensorBoard has no place for is left out", () => {
  const sample: TrainEvent = {
    ...{ kind: "sample", step: 3, prompt: "@T\na", text: "b\nc" },
    ...{ tokens: ["b\n", "c"], probabilities: [0.5, 0.5] },
  };
  const [event] = messages(tensorBoardRecords(sample, 1));
  const value = fields(fields(event!.get(5)![0] as Uint8Array).get(1)![0] as Uint8Array);
  assertEquals(text(value.get(1)![0]), "sample");
  assertEquals(text(fields(value.get(8)![0] as Uint8Array).get(8)![0]), "    @T\n    ab\n    c");
  assertEquals(tensorBoardRecords({ kind: "notice", level: "info", message: "" }, 1).length, 0);
});
