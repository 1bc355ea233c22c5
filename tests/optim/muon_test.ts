/** Muon's turns: each matrix has one, and every step about the same work. */
import { assert, assertEquals } from "@std/assert";
import { DEFAULT_MODEL_CONFIG } from "../../src/config.ts";
import { MUON_PERIOD, muonMatrices, muonPlaces, shareMatrices } from "../../src/optim/mod.ts";

const config = { ...DEFAULT_MODEL_CONFIG, vocabSize: 1024 };
const matrices = muonMatrices(config);
const turns = Array.from({ length: MUON_PERIOD }, (_, turn) => turn);
const SIZE = (list: readonly { rows: number; columns: number }[]): number =>
  list.reduce((sum, { rows, columns }) => sum + rows * columns, 0);

Deno.test("matrices of a shape are divided evenly among the turns", () => {
  const shapes = Map.groupBy(matrices, ({ rows, columns }) => `${rows} ${columns}`);
  for (const [shape, alike] of shapes) {
    const counts = turns.map((turn) => alike.filter((matrix) => matrix.turn === turn).length);
    assertEquals(counts.reduce((a, b) => a + b), alike.length);
    assert(Math.max(...counts) - Math.min(...counts) <= 1, `${shape}: ${counts}`);
  }
  const places = muonPlaces(config);
  assertEquals(places.reduce((sum, { offsets }) => sum + offsets.length, 0), matrices.length);
  for (const { turn, offsets } of places) {
    for (const at of offsets) assertEquals(matrices.find(({ offset }) => offset === at)!.turn, turn);
  }
});

Deno.test("in every turn every worker has about as much to do", () => {
  for (const workers of [1, 2, 3, 5]) {
    const shares = shareMatrices(matrices, workers);
    assertEquals(shares.flat().length, matrices.length);
    for (const turn of turns) {
      const sizes = shares.map((share) => SIZE(share.filter((matrix) => matrix.turn === turn)));
      assert(Math.max(...sizes) - Math.min(...sizes) <= 2 * 1024 * 256, `${workers} workers: ${sizes}`);
    }
  }
});
