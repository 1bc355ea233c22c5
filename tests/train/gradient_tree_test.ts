/**
 * The tree's bracketing is the same whoever computed which shard: shown with a symbolic addition that writes
 * the brackets down.
 */
import { assert, assertEquals } from "@std/assert";
import { GradientTree, subtrees } from "../../src/train/gradient_tree.ts";
import { gradientSlots } from "../../src/train/engine/place.ts";
import { shardRange } from "../../src/train/shards.ts";

function symbolicTree(): GradientTree<string> {
  return new GradientTree((left, right) => `(${left} ${right})`);
}

/** What a run with so many workers computes: each its own shards, then all their subtrees together. */
function bracketing(shards: number, workers: number): string {
  const whole = symbolicTree();
  for (let worker = 0; worker < workers; worker++) {
    const own = symbolicTree();
    const { first, end } = shardRange(worker, workers, shards);
    for (let shard = first; shard < end; shard++) {
      own.push({ first: shard, size: 1, value: String(shard) });
    }
    for (const node of own.nodes) whole.push(node);
  }
  return whole.total();
}

Deno.test("eight shards are added as a balanced tree", () => {
  assertEquals(bracketing(8, 1), "(((0 1) (2 3)) ((4 5) (6 7)))");
});

Deno.test("what no power of two covers is added from the right", () => {
  assertEquals(bracketing(7, 1), "(((0 1) (2 3)) ((4 5) 6))");
  assertEquals(bracketing(1, 1), "0");
});

Deno.test("the bracketing does not depend on the number of workers", () => {
  for (let shards = 1; shards <= 20; shards++) {
    const alone = bracketing(shards, 1);
    for (let workers = 2; workers <= shards + 3; workers++) {
      assertEquals(bracketing(shards, workers), alone, `${shards} shards, ${workers} workers`);
    }
  }
});

Deno.test("subtrees() and gradientSlots() name what is handed over, from the left and without a gap", () => {
  assertEquals(subtrees(3, 8).map(({ first, size }) => [first, size]), [[3, 1], [4, 4]]);
  for (let shards = 1; shards <= 16; shards++) {
    for (let workers = 1; workers <= shards; workers++) {
      let next = 0;
      const ranges = Array.from({ length: workers }, (_, worker) => shardRange(worker, workers, shards));
      for (const { first, size } of gradientSlots({ rank: 0, ranks: 1, workers }, shards)) {
        assertEquals(first, next);
        assert(ranges.some((range) => first >= range.first && first + size <= range.end), "one worker's");
        next += size;
      }
      assertEquals(next, shards);
    }
  }
});
