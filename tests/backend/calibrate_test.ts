/** Which of two kernels is faster, told by times that a busy machine spoils. */
import { assert, assertEquals } from "@std/assert";
import { fasterTile } from "../../src/backend/wasm/calibrate.ts";
import type { TileName } from "../../src/backend/wasm/mod.ts";
import { Rng } from "../../src/rng.ts";

/** Times of a round, as measured: first compiled quickly, then optimised. */
const QUICK = { "6x16": 5.2, "4x8": 6.4 };
const FUSED = { "6x16": 0.47, "4x8": 0.9 };
const PLAIN = { "6x16": 1.4, "4x8": 1 };

interface Machine {
  readonly optimised: Readonly<Record<TileName, number>>;
  /** The round from which on a tile is optimised. */
  readonly from: Readonly<Record<TileName, number>>;
  /** Share of rounds in which the thread must wait for others. */
  readonly load: number;
  readonly seed: number;
}

function machine({ optimised, from, load, seed }: Machine): { measure(tile: TileName): number; ms: number } {
  const rng = new Rng(seed, "load");
  const rounds = { "6x16": 0, "4x8": 0 };
  return {
    ms: 0,
    measure(tile) {
      const compiled = ++rounds[tile] > from[tile] ? optimised : QUICK;
      const wait = rng.uniform() < load ? 3 + 9 * rng.uniform() : 0;
      const ms = compiled[tile] * (rounds[tile] === 1 ? 1.3 : 1 + 0.5 * load * rng.uniform()) + wait;
      this.ms += ms;
      return ms;
    },
  };
}

Deno.test("load and late optimisation do not change which tile is taken", () => {
  for (const [optimised, expected] of [[FUSED, "6x16"], [PLAIN, "4x8"]] as const) {
    let wrong = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const rng = new Rng(seed, "optimised");
      const from = { "6x16": 1 + rng.below(40), "4x8": 1 + rng.below(40) };
      const busy = machine({ optimised, from, load: 0.5, seed });
      if (fasterTile((tile) => busy.measure(tile)).tile !== expected) wrong++;
    }
    assertEquals(wrong, 0, `where ${expected} is faster`);
  }
});

Deno.test("an idle machine is asked no longer than 80 ms, with a quick compiler or without one", () => {
  for (const optimised of [FUSED, PLAIN]) {
    for (const from of [{ "6x16": 2, "4x8": 1 }, { "6x16": 0, "4x8": 0 }]) {
      const idle = machine({ optimised, from, load: 0, seed: 1 });
      fasterTile((tile) => idle.measure(tile));
      assert(idle.ms < 80, `${idle.ms} ms`);
    }
  }
});

Deno.test("kernels that are never optimised, and clocks that stand still, end with a tile", () => {
  const from = { "6x16": Infinity, "4x8": 1 };
  const never = machine({ optimised: PLAIN, from, load: 0, seed: 1 });
  assertEquals(fasterTile((tile) => never.measure(tile)).tile, "4x8");
  assert(["6x16", "4x8"].includes(fasterTile(() => 0).tile));
});
