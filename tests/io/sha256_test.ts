/** sha256 against the standard's own examples (FIPS 180-2). */
import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../src/io/sha256.ts";

Deno.test("sha256Hex() gives the standard's digests", () => {
  const text = new TextEncoder();
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assertEquals(sha256Hex(text.encode("abc")), abc);
  assertEquals(sha256Hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

Deno.test("sha256Hex() digests pieces as if they were one", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
  const whole = sha256Hex(bytes);
  assertEquals(sha256Hex(bytes.subarray(0, 7), bytes.subarray(7, 7), bytes.subarray(7)), whole);
});
