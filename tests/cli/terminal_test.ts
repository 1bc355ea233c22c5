/** Standard input: bounded, and UTF-8 only. */
import { assertEquals, assertRejects } from "@std/assert";
import { readInput } from "../../src/cli/terminal.ts";
import { MAX_PROOF_BYTES } from "../../src/corpus/proof_file.ts";
import { DataError } from "../../src/errors.ts";

function input(...pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces);
}

Deno.test("readInput() gives the text of standard input, its characters cut anywhere", async () => {
  const bytes = new TextEncoder().encode("@G\na ∈ b\n");
  assertEquals(await readInput(input(bytes.slice(0, 6), bytes.slice(6))), "@G\na ∈ b\n");
  assertEquals(await readInput(input()), "");
});

Deno.test("readInput() refuses what is not UTF-8, and what does not end", async () => {
  const latin1 = readInput(input(Uint8Array.of(0x61, 0x0a), Uint8Array.of(0xe9, 0x0a)));
  const place = "Cannot read standard input: it is not UTF-8: byte 0xe9 at offset 2, in line 2";
  await assertRejects(() => latin1, DataError, place);
  const zeros = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
  });
  await assertRejects(() => readInput(zeros), DataError, `it has more than ${MAX_PROOF_BYTES} bytes`);
});
