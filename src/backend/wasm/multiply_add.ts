// How this machine's relaxed SIMD rounds `a * b + c`: once, where the processor has a fused instruction, or
// after the product, too. The results of the kernels depend on it.

/** A module with the one function `f(a, b, c)`, the first lane of f32x4.relaxed_madd. */
// deno-fmt-ignore
const MODULE = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // "\\0asm", version 1
  0x01, 0x08, 0x01, 0x60, 0x03, 0x7d, 0x7d, 0x7d, 0x01, 0x7d, // a type: three f32 give an f32
  0x03, 0x02, 0x01, 0x00, 0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00, // a function of it, called "f"
  0x0a, 0x16, 0x01, 0x14, 0x00, // its body:
  0x20, 0x00, 0xfd, 0x13, 0x20, 0x01, 0xfd, 0x13, 0x20, 0x02, 0xfd, 0x13, // each argument in all lanes
  0xfd, 0x85, 0x02, 0xfd, 0x1f, 0x00, 0x0b, // relaxed_madd, extract_lane 0
);

/** `fused` (rounded once) or `separate` (twice). */
export function multiplyAddRounding(): "fused" | "separate" {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE));
  const multiplyAdd = exports.f as (a: number, b: number, c: number) => number;
  const x = 1 + 2 ** -12; // its square needs a bit more than a float32 has
  return multiplyAdd(x, x, -(1 + 2 ** -11)) === 0 ? "separate" : "fused";
}
