/** Rounding of weights: float16 as the standard has it, int8 rows within half a step. */
import { assert, assertEquals } from "@std/assert";
import { fromFloat16, quantizeRows, storedParameters, toFloat16 } from "../../src/export/quantize.ts";
import { parameterTable } from "../../src/model/parameters.ts";
import { Rng } from "../../src/rng.ts";
import { randomParameters, smallConfig } from "./model_fixture.ts";

Deno.test("toFloat16() gives the bit patterns of IEEE 754", () => {
  const cases: [value: number, bits: number][] = [
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [-1e30, 0xfc00],
    [Infinity, 0x7c00],
    [NaN, 0x7e00],
    [2 ** -14, 0x0400],
    [2 ** -14 - 2 ** -24, 0x03ff],
    [2 ** -14 - 2 ** -25, 0x0400], // a tie, to even, up into the normal numbers
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000], // a tie, to even
    [2 ** -25 * 1.001, 0x0001],
    [1 + 2 ** -11, 0x3c00], // a tie, to even
    [1 + 3 * 2 ** -11, 0x3c02], // a tie, to even
    [1 + 2 ** -11 + 2 ** -20, 0x3c01],
  ];
  for (const [value, bits] of cases) {
    assertEquals(toFloat16(Float32Array.of(value))[0], bits, `${value}`);
  }
});

Deno.test("every float16 value comes back as its own bit pattern, the nearest to numbers around it", () => {
  const all = Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits);
  const values = fromFloat16(all);
  assertEquals(toFloat16(values), all);
  assertEquals(toFloat16(values.map((x) => -x)), all.map((bits) => bits | 0x8000));
  for (let i = 1; i < values.length; i++) {
    const [low, high] = [values[i - 1]!, values[i]!];
    const near = toFloat16(Float32Array.of(low + 0.49 * (high - low), low + 0.51 * (high - low)));
    assertEquals([...near], [i - 1, i]);
  }
});

Deno.test("quantizeRows() is within half a step, keeps zero, and uses at most 64 steps to a side", () => {
  const rng = new Rng(3, "rows");
  const [rows, columns] = [5, 33];
  const data = Float32Array.from({ length: rows * columns }, (_, i) => rng.normal() * 10 ** (i % rows - 2));
  data.fill(0, 2 * columns, 3 * columns);
  data[7] = 0;
  const { values, scales } = quantizeRows(data, columns);
  assertEquals(values[7], 0);
  assert(values.subarray(2 * columns, 3 * columns).every((value) => value === 0));
  for (let row = 0; row < rows; row++) {
    const part = values.subarray(row * columns, (row + 1) * columns);
    if (row !== 2) assertEquals(part.reduce((a, b) => Math.max(a, Math.abs(b)), 0), 64);
    part.forEach((value, i) => {
      const error = Math.abs(value * scales[row]! - data[row * columns + i]!);
      assert(error <= 0.5001 * scales[row]!, `row ${row}: ${error}`);
    });
  }
});

Deno.test("storedParameters() rounds matrices for float16 only, never norms", () => {
  const config = smallConfig("reference");
  const parameters = randomParameters(config);
  assert(storedParameters(config, parameters, "none") === parameters);
  assert(storedParameters(config, parameters, "int8") === parameters);
  const stored = storedParameters(config, parameters, "float16");
  for (const { name, shape, offset, size } of parameterTable(config).specs) {
    const [before, after] = [parameters, stored].map((flat) => flat.subarray(offset, offset + size));
    const wanted = shape.length === 1 ? before! : fromFloat16(toFloat16(before!));
    assertEquals(after, wanted, name);
  }
});
