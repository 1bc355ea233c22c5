/**
 * Pinned values (a change would silently change every mask, split and initialisation), uniformity, shuffling.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { counterBits, Rng, streamKey } from "../src/rng.ts";

const INDICES = [0, 1, 2, 65536, 0xffffffff];

Deno.test("counterBits() gives the pinned bits", () => {
  assertEquals(INDICES.map((index) => counterBits(index, 0, 0)), [
    0,
    3964735464,
    708621557,
    675363502,
    525319295,
  ]);
  assertEquals(INDICES.map((index) => counterBits(index, 0x9abcdef1, 0x01234567)), [
    2809219897,
    2090185578,
    1671327499,
    4179071337,
    4114550397,
  ]);
});

Deno.test("streamKey() gives the pinned keys", () => {
  assertEquals(streamKey(42), [2698982912, 2434483295]);
  assertEquals(streamKey(42, "dropout", 1, 0, 0, 3), [1126455681, 2039226527]);
  assertEquals(streamKey(0, ""), [1940728280, 2286096591]);
  assertEquals(streamKey(4294967295, "order", 2 ** 40), [2203478481, 1717034368]);
});

Deno.test("Rng gives the pinned numbers", () => {
  const rng = new Rng(42, "test");
  assertEquals([rng.uint32(), rng.uint32()], [767801187, 2103671626]);
  assertEquals([rng.uniform(), rng.uniform()], [0.359266519910173, 0.27319448660569023]);
  assertEquals(rng.below(1000), 906);
  assertAlmostEquals(rng.normal(), -0.0008454654410793345, 1e-15);
  assertAlmostEquals(rng.normal(), -1.6357591673068614, 1e-15);
  assertEquals(new Rng(7, "s").shuffle([0, 1, 2, 3, 4, 5, 6, 7]), [6, 2, 3, 1, 7, 4, 5, 0]);
});

Deno.test("streamKey() tells seeds, words, their borders and their order apart", () => {
  const keys = [
    streamKey(1, "a", "b"),
    streamKey(1, "ab"),
    streamKey(1, "b", "a"),
    streamKey(2, "a", "b"),
    streamKey(1, "a", 1, 2),
    streamKey(1, "a", 2, 1),
    streamKey(1, "a", 12),
    streamKey(1, "a", 12 + 2 ** 32),
    streamKey(1, "a"),
    streamKey(1),
  ];
  assertEquals(new Set(keys.map((key) => key.join())).size, keys.length);
});

Deno.test("neighbouring steps, shards and sites have independent masks", () => {
  const count = 4096;
  const mask = (step: number, shard: number, site: number): number[] => {
    const [a, b] = streamKey(42, "dropout", step, shard, 0, site);
    return Array.from({ length: count }, (_, i) => counterBits(i, a, b) >= 0.5 * 2 ** 32 ? 1 : 0);
  };
  const masks = [mask(1, 0, 0), mask(2, 0, 0), mask(1, 1, 0), mask(1, 0, 1), mask(2, 1, 1), mask(3, 0, 0)];
  for (const [i, one] of masks.entries()) {
    for (const other of masks.slice(i + 1)) {
      const equal = one.filter((bit, element) => bit === other[element]).length;
      assert(Math.abs(equal - count / 2) < 5 * Math.sqrt(count) / 2, `${equal} of ${count} elements agree`);
    }
  }
});

Deno.test("counterBits() is uniform, in all its bits and between neighbours", () => {
  const [count, cells] = [1 << 16, 256];
  const [a, b] = streamKey(1, "uniform");
  for (const shift of [0, 8, 16, 24]) {
    const single = new Int32Array(cells);
    const change = new Int32Array(cells);
    for (let i = 0; i < count; i++) {
      single[(counterBits(i, a, b) >>> shift) & 255]!++;
      change[((counterBits(i, a, b) ^ counterBits(i + 1, a, b)) >>> shift) & 255]!++;
    }
    for (const counts of [single, change]) {
      const expected = count / cells;
      const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      // mean 255, standard deviation 22.6
      assert(chiSquare > 165 && chiSquare < 345, `bits from ${shift}: chi square ${chiSquare}`);
    }
  }
});

Deno.test("uniform() and normal() have the moments of their distributions", () => {
  const rng = new Rng(3, "moments");
  const count = 100_000;
  const uniform = Array.from({ length: count }, () => rng.uniform());
  const normal = Array.from({ length: count }, () => rng.normal());
  const moment = (values: number[], power: number): number =>
    values.reduce((sum, value) => sum + value ** power, 0) / count;
  assert(uniform.every((value) => value >= 0 && value < 1));
  assertAlmostEquals(moment(uniform, 1), 1 / 2, 0.005);
  assertAlmostEquals(moment(uniform, 2), 1 / 3, 0.005);
  assertAlmostEquals(moment(normal, 1), 0, 0.016);
  assertAlmostEquals(moment(normal, 2), 1, 0.025);
  assertAlmostEquals(moment(normal, 3), 0, 0.07);
  assertAlmostEquals(moment(normal, 4), 3, 0.16);
});

Deno.test("below() stays below its bound and reaches every number", () => {
  const rng = new Rng(5, "below");
  const seen = new Set(Array.from({ length: 200 }, () => rng.below(7)));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});

Deno.test("shuffle() permutes, and every element comes to every place equally often", () => {
  const size = 6;
  const counts = Array.from({ length: size }, () => new Int32Array(size));
  for (let seed = 0; seed < 6000; seed++) {
    const shuffled = new Rng(seed, "shuffle").shuffle([0, 1, 2, 3, 4, 5]);
    assertEquals(shuffled.toSorted().join(), "0,1,2,3,4,5");
    shuffled.forEach((element, place) => counts[place]![element]!++);
  }
  for (const place of counts) for (const count of place) assert(Math.abs(count - 1000) < 150, `${count}`);
});
