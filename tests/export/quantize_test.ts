/** Rounding of weights: rows are within half a step. */
import { assert, assertEquals } from "@std/assert";
import { quantizeRows } from "../../src/export/quantize.ts";
import { Rng } from "../../src/rng.ts";

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
