/** The model of a step's cost on several nodes: its bytes are those that ranks exchange, its sums add up. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_TRAIN_CONFIG } from "../../src/config.ts";
import { parameterTable } from "../../src/model/parameters.ts";
import {
  busiestBytes,
  costTables,
  localStepCost,
  meetingTraffic,
  stepCost,
  stepTraffic,
  type Traffic,
} from "../../tools/step_cost.ts";
import { smallModel } from "../train/run_fixture.ts";

const MODEL = { ...smallModel(), dModel: 64, dMlp: 256, nLayers: 6, vocabSize: 1000 };
const { size } = parameterTable(MODEL);
const trainOf = (ranks: number) => ({ ...DEFAULT_TRAIN_CONFIG, shards: 8 * ranks, batchSize: 8 * ranks });

Deno.test("a step's bytes are at least what the sums need, and grow little from 8 ranks to 32", () => {
  const bytes = [2, 8, 32].map((ranks) => {
    const traffic = stepTraffic(MODEL, trainOf(ranks), ranks);
    const slots = traffic.buckets.map((own) => own.reduce((sum, part) => sum + part, 0));
    // A subtree of every other rank for each slice, out of the one and into the other.
    const sum = slots.reduce((sum, part) => sum + part, 0);
    assertEquals(sum, 2 * 4 * size * (ranks - 1), `${ranks} ranks`);
    return busiestBytes(traffic);
  });
  assert(bytes[0]! < bytes[1]!, bytes.join());
  assert(bytes[2]! < 4 * 4 * size, `${bytes.join()} of ${size} parameters`);
});

Deno.test("a meeting takes twice the parameters and moments, whatever the number of ranks", () => {
  const second = parameterTable(MODEL).specs
    .filter(({ name, shape }) => !name.startsWith("blocks.") || shape.length === 1)
    .reduce((sum, { size }) => sum + size, 0);
  for (const ranks of [2, 4]) {
    const bytes = busiestBytes(meetingTraffic(MODEL, trainOf(ranks), ranks));
    const mean = 8 * (2 * size + second) * (ranks - 1) / ranks;
    assert(bytes >= mean && bytes < 2 * mean, `${bytes}, on average ${mean}`);
  }
});

const WORK = { seconds: 1, shards: 2 };
const traffic: Traffic = { buckets: [[3e6, 3e6, 3e6], [0, 0, 9e6]], exchanges: [1e6, 2e6], words: 0 };

Deno.test("without a limit a step takes its latencies, with one what the backward pass does not cover", () => {
  const latency = { bitsPerSecond: Infinity, latencySeconds: 0.01 };
  // Orders, reports; three each of the subtrees and of two further exchanges.
  assertAlmostEquals(stepCost(WORK, traffic, latency).total, 1 + (2 + 3 * 3) * 0.01, 1e-9);
  const slow = { bitsPerSecond: 8e6 * 1538 / 1448, latencySeconds: 0 }; // a megabyte a second
  // What the second has to send is complete when the backward pass is over.
  assertAlmostEquals(stepCost(WORK, traffic, slow).exposed, 9 + 3, 1e-6);
  const first = { ...traffic, buckets: traffic.buckets.slice(0, 1) };
  // The backward pass of half a second's shard takes a third of a second, two thirds of that after a bucket.
  assertAlmostEquals(stepCost(WORK, first, slow).exposed, 9 - 2 / 9 + 3, 1e-6);
});

Deno.test("local steps share the cost of a meeting", () => {
  const slow = { bitsPerSecond: 8e6 * 1538 / 1448, latencySeconds: 0.01 };
  const { total } = localStepCost(WORK, { traffic, syncEvery: 10 }, slow);
  assertAlmostEquals(total, 1 + 2 * 0.01 + (3 + 2 * 3 * 0.01) / 10, 1e-6);
});

Deno.test("the table has a row for each number of nodes; what is no number is refused", () => {
  const sizes = ["--d-model", "32", "--n-layers", "2", "--d-mlp", "64"];
  const lines = [...costTables([...sizes, "--nodes", "2,4", "--gbits", "1,10", "--sync-every", "30"])];
  assertEquals(lines[1], "| nodes | MB | 1 Gbit/s | 10 Gbit/s | every 30, 1 Gbit/s | every 30, 10 Gbit/s |");
  const shares = lines.slice(3).map((line) => line.split("|").slice(3, -1).map(parseFloat));
  assertEquals(shares.length, 2);
  for (const [slow, fast, slowLocal, fastLocal] of shares) {
    assert(
      slow! <= fast! && fast! <= 100 && slow! < slowLocal! && slowLocal! <= fastLocal!,
      lines.join("\n"),
    );
  }
  assertThrows(() => [...costTables(["--nodes", "2,x"])], RangeError, "--nodes takes numbers above 0");
});
