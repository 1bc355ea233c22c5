/** exp() and log() beside Math's. */
import { assert, assertEquals } from "@std/assert";
import { exp, log } from "../../src/model/exponential.ts";
import { Rng } from "../../src/rng.ts";

Deno.test("exp() is Math.exp() but for rounding, at the edges, too", () => {
  const rng = new Rng(1, "exponents");
  for (let i = 0; i < 20_000; i++) {
    const x = (i % 2 === 0 ? 700 : 3) * (2 * rng.uniform() - 1);
    const wanted = Math.exp(x);
    assert(Math.abs(exp(x) - wanted) <= 1e-15 * wanted, `exp(${x}) is ${exp(x)}, not ${wanted}`);
  }
  for (const x of [0, -Infinity, Infinity, -800, 800]) assertEquals(exp(x), Math.exp(x), `exp(${x})`);
  for (const x of [-708, -720, -744]) assert(Math.abs(exp(x) - Math.exp(x)) <= 1e-320 + 1e-15 * Math.exp(x));
  assert(Number.isNaN(exp(NaN)));
});

Deno.test("log() is Math.log() but for rounding, at the edges, too", () => {
  const rng = new Rng(2, "numbers");
  for (let i = 0; i < 20_000; i++) {
    const x = i % 2 === 0 ? 2 ** (2000 * rng.uniform() - 1000) : 0.5 + rng.uniform();
    const wanted = Math.log(x);
    assert(Math.abs(log(x) - wanted) <= 3e-16 * Math.max(1, Math.abs(wanted)), `log(${x}) is ${log(x)}`);
  }
  for (const x of [1, 0, Infinity, -1, NaN, 5e-324]) assertEquals(log(x), Math.log(x), `log(${x})`);
});
