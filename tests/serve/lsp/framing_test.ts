/** Messages cut from bytes, whole and broken, in pieces of every size. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { frame, type Incoming, MAX_MESSAGE_BYTES, readMessages } from "../../../src/serve/lsp/framing.ts";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The messages of bytes that come in pieces of these sizes, over and over; 0: all at once. */
async function read(bytes: Uint8Array, sizes: readonly number[] = [0]): Promise<Incoming[]> {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length]! || bytes.length;
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
      }
      controller.close();
    },
  });
  return await Array.fromAsync(readMessages(stream));
}

async function outcome(text: string): Promise<unknown[]> {
  return (await read(bytesOf(text))).map((got) => got.kind === "message" ? got.value : got.reason);
}

Deno.test("what frame() writes is read again, however it is cut into pieces", async () => {
  const unit = fc.constantFrom("a", "é", "𝔸", "\n", '"', "\\", "\0", "Content-Length: 5\r\n\r\n");
  const values = fc.array(fc.record({ text: fc.string({ unit }), n: fc.integer() }), {
    maxLength: 5,
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(values, sizes, async (values, sizes) => {
      const sent = values.map(({ text, n }) => ({ text, n }));
      const got = await read(bytesOf(sent.map(frame).join("")), sizes);
      assertEquals(got, sent.map((value) => ({ kind: "message", value })));
    }),
    { numRuns: 50 },
  );
});

const GOOD = frame({ n: 1 });

const BROKEN: [what: string, text: string, expected: unknown[]][] = [
  ["no length", `X: 1\r\n\r\n${GOOD}`, ["a message's headers have no Content-Length", { n: 1 }]],
  ["an empty line", `\r\n${GOOD}`, ["a message's headers have no Content-Length", { n: 1 }]],
  ["a length below 0", `Content-Length: -5\r\n\r\n${GOOD}`, [
    "a message's headers have no Content-Length",
    { n: 1 },
  ]],
  ["a length in words", `Content-Length: ten\r\n\r\n${GOOD}`, [
    "a message's headers have no Content-Length",
    { n: 1 },
  ]],
  ["a body whose header was wrong", `Content-Length: 0x8\r\n\r\n{"n": 0}${GOOD}`, [
    "a message's headers have no Content-Length",
    { n: 1 },
  ]],
  ["utf8, as old clients write it", "content-length:2\nContent-Type: x; charset=utf8\n\n{}", [{}]],
  ["no JSON", `Content-Length: 3\r\n\r\n{a}${GOOD}`, [/^a message cannot be read: /, { n: 1 }]],
  ["brackets without end", frame([]).replace("2", "70000") + "[".repeat(69_998), [
    /^a message cannot be read: it nests more than 64 deep/,
  ]],
  ["an end within headers", "Content-Length: 10\r\n", []],
  ["an end within a body", "Content-Length: 10\r\n\r\n{}", []],
  ["headers without end", `${"a".repeat(5000)}`, ["a message's headers have more than 4096 bytes"]],
  ["many headers without end", "a: b\r\n".repeat(2000), ["a message's headers have more than 4096 bytes"]],
];

Deno.test("what is malformed is told as such, and what follows is read", async () => {
  for (const [what, text, expected] of BROKEN) {
    const got = await outcome(text);
    assertEquals(got.length, expected.length, `${what}: ${JSON.stringify(got)}`);
    for (const [i, value] of expected.entries()) {
      if (value instanceof RegExp) assert(value.test(String(got[i])), `${what}: ${got[i]}`);
      else assertEquals(got[i], value, what);
    }
  }
  const [latin1] = await read(Uint8Array.from([...bytesOf("Content-Length: 3\r\n\r\n"), 0x22, 0xe4, 0x22]));
  assert(latin1?.kind === "unreadable" && /not UTF-8: byte 0xe4/.test(latin1.reason));
});

Deno.test("a body of 200 MB is passed over, not kept; one that never comes allocates nothing", async () => {
  const size = 200_000_000;
  let [given, most] = [0, 0];
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given === 0) controller.enqueue(bytesOf(`Content-Length: ${size}\r\n\r\n`));
      const piece = new Uint8Array(Math.min(1 << 20, size - given));
      given += piece.length;
      most = Math.max(most, Deno.memoryUsage().external);
      if (piece.length > 0) return controller.enqueue(piece);
      controller.enqueue(bytesOf(GOOD));
      controller.close();
    },
  });
  const before = Deno.memoryUsage().external;
  assertEquals(await Array.fromAsync(readMessages(stream)), [
    { kind: "unreadable", reason: `a message has ${size} bytes, at most ${MAX_MESSAGE_BYTES} are read` },
    { kind: "message", value: { n: 1 } },
  ]);
  assert(most - before < size, `${most - before} bytes were held`);
  assertEquals(await read(bytesOf("Content-Length: 999999999999\r\n\r\n{}")), []);
});
