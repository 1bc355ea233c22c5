/** sha256 against the standard's own examples (FIPS 180-2). */
import { assertEquals } from "@std/assert";
import { portableSha256Hex, sha256Hex } from "../../src/io/sha256.ts";

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

Deno.test("portableSha256Hex() gives the platform's digests, at every length around a block's", () => {
  const bytes = Uint8Array.from({ length: 200 }, (_, i) => i * 37);
  for (let length = 0; length <= bytes.length; length++) {
    for (const cut of [0, length >> 1, Math.min(length, 64)]) {
      const digest = portableSha256Hex(bytes.subarray(0, cut), bytes.subarray(cut, length));
      assertEquals(digest, sha256Hex(bytes.subarray(0, length)), `${length} bytes cut at ${cut}`);
    }
  }
});
