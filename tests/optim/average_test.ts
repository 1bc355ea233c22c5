/** The running average of the parameters. */
import { assert, assertAlmostEquals } from "@std/assert";
import { updateAverage } from "../../src/optim/average.ts";

Deno.test("updateAverage() is the textbook's average once its decay has grown", () => {
  const average = Float32Array.of(1, -2);
  updateAverage(average, Float32Array.of(3, 0), { decay: 0.75, step: 1000 });
  assertAlmostEquals(average[0]!, 0.75 * 1 + 0.25 * 3, 1e-6);
  assertAlmostEquals(average[1]!, 0.75 * -2, 1e-6);
});

Deno.test("updateAverage() soon forgets what it began with, however slow its decay", () => {
  const average = Float32Array.of(100);
  for (let step = 1; step <= 50; step++) updateAverage(average, Float32Array.of(1), { decay: 0.9999, step });
  assert(average[0]! < 1.1, `${average[0]}`);
});
