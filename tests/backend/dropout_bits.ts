/** Which elements dropout keeps: on every backend those that the counter's bits name, no others. */
import { assertEquals } from "@std/assert";
import type { Backend } from "../../src/backend/mod.ts";
import { counterBits } from "../../src/rng.ts";
import { DROPOUT } from "./operations.ts";

/** Check what is left of ones, for probabilities next to nothing and next to all. */
export async function assertDropoutBits(backend: Backend): Promise<void> {
  for (const probability of [0, 1e-9, 0.1, 0.5, 0.999]) {
    const size = 3001;
    const [ones, out] = [backend.allocate([size]), backend.allocate([size])];
    backend.write(ones, new Float32Array(size).fill(1));
    backend.residualForward(out, null, ones, { probability, key: DROPOUT.key });
    const expected = Float32Array.from({ length: size }, (_, i) => {
      const isKept = counterBits(i, DROPOUT.key[0], DROPOUT.key[1]) >= probability * 2 ** 32;
      return isKept ? 1 / (1 - probability) : 0;
    });
    assertEquals(await backend.read(out), expected);
  }
}
