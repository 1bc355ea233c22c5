/** Who sends what to whom: what one rank sends the other receives, and the sum has one process's bits. */
import { assert, assertEquals } from "@std/assert";
import { parameterTable } from "../../../src/model/parameters.ts";
import { MUON_PERIOD, muonMatrices, shareMatrices } from "../../../src/optim/mod.ts";
import { Rng } from "../../../src/rng.ts";
import { gradientSlots, rankSubtrees } from "../../../src/train/engine/place.ts";
import { allocateSharedState, parameterSlice, sumTerms } from "../../../src/train/engine/shared_state.ts";
import { adamWRanges, type ParameterRange } from "../../../src/train/engine/update.ts";
import { GradientTree } from "../../../src/train/gradient_tree.ts";
import { ExchangePlan } from "../../../src/train/ranks/exchange.ts";
import { shortRun, smallModel } from "../run_fixture.ts";
import { deliver } from "./deliver.ts";

const MODEL = { ...smallModel(), dModel: 32, dMlp: 64, vocabSize: 300 };
const SIZE = parameterTable(MODEL).size;

function ranksOf(ranks: number, workers: number, shards: number, optimizer: "muon" | "adamw" = "muon") {
  const train = shortRun({ shards, optimizer });
  return Array.from({ length: ranks }, (_, rank) => {
    const place = { rank, ranks, workers };
    const shared = allocateSharedState(MODEL, place, shards);
    return { place, shared, plan: new ExchangePlan({ model: MODEL, train, place, shared }) };
  });
}

/** What a rank's workers update. */
function rangesOf(
  rank: number,
  ranks: number,
  workers: number,
  optimizer: "muon" | "adamw",
): ParameterRange[] {
  const shares = shareMatrices(optimizer === "muon" ? muonMatrices(MODEL) : [], ranks * workers);
  const matrices = shares.slice(rank * workers, (rank + 1) * workers).flat();
  return [
    ...adamWRanges(parameterSlice(rank, ranks, SIZE), MODEL, shortRun({ optimizer })),
    ...matrices.map(({ offset, rows, columns }) => ({ begin: offset, end: offset + rows * columns })),
  ];
}

const CASES = [[2, 1, 8], [2, 2, 8], [3, 1, 8], [4, 2, 8], [3, 2, 7], [5, 1, 5], [8, 1, 64]] as const;

Deno.test("all ranks' sums over their slices have the bits of one process's sum in the tree", () => {
  for (const [ranks, workers, shards] of CASES) {
    const rng = new Rng(shards, "gradients");
    const gradients = Array.from(
      { length: shards },
      () => Float32Array.from({ length: SIZE }, () => rng.normal()),
    );
    const sum = (parts: readonly { first: number; size: number; value: Float32Array }[]): Float32Array => {
      const tree = new GradientTree<Float32Array>((left, right) => left.map((value, i) => value + right[i]!));
      for (const part of parts) tree.push(part);
      return tree.total();
    };
    const leaves = gradients.map((value, first) => ({ first, size: 1, value }));
    const expected = sum(leaves);
    const all = ranksOf(ranks, workers, shards);
    for (const { place, shared } of all) {
      // As handed over by each worker, and added where a rank's own are siblings.
      const own = gradientSlots(place, shards);
      for (const [i, { first, size }] of own.entries()) {
        shared.slots[i]!.set(sum(leaves.slice(first, first + size)));
      }
      const nodes = rankSubtrees(place.rank, ranks, shards);
      for (const { first, size } of nodes) {
        const slot = own.findIndex((node) => node.first === first);
        shared.slots[slot]!.set(sum(leaves.slice(first, first + size)));
      }
    }
    for (const bucket of all[0]!.plan.slots.keys()) deliver(all.map(({ plan }) => plan.slots[bucket]!));
    for (const { place, shared } of all) {
      const { begin, end } = parameterSlice(place.rank, ranks, SIZE);
      const terms = sumTerms(shared, place, shards).map(({ first, size, vector, begin: offset }) => {
        return { first, size, value: vector.subarray(begin - offset, end - offset) };
      });
      assertEquals(
        sum(terms),
        expected.slice(begin, end),
        `${ranks} ranks, ${workers} workers, ${shards} shards`,
      );
    }
  }
});

Deno.test("block sums, parameters and moments reach everybody who needs them, from their owner", () => {
  for (const [ranks, workers, shards] of CASES) {
    for (const optimizer of ["muon", "adamw"] as const) {
      const all = ranksOf(ranks, workers, shards, optimizer);
      for (const { shared } of all) shared.blockSums.fill(-1);
      for (const { place: { rank }, plan, shared } of all) {
        for (const { values } of plan.gradients.sent.filter(({ peer }) => peer === (rank + 1) % ranks)) {
          if (values instanceof Float64Array) values.fill(rank);
        }
        shared.parameters.fill(NaN);
        for (const { begin, end } of rangesOf(rank, ranks, workers, optimizer)) {
          shared.parameters.fill(rank, begin, end);
        }
      }
      deliver(all.map(({ plan }) => plan.gradients));
      for (const { shared } of all) assertEquals(shared.blockSums, all[0]!.shared.blockSums);
      assert(!all[0]!.shared.blockSums.includes(-1), "every block has an owner");
      for (let turn = 0; turn < MUON_PERIOD; turn++) {
        deliver(all.map(({ plan }) => plan.updates[turn]!.home));
        deliver(all.map(({ plan }) => plan.updates[turn]!.parameters));
      }
      for (const { shared } of all) assertEquals(shared.parameters, all[0]!.shared.parameters);
      assert(!all[0]!.shared.parameters.includes(NaN), "every parameter has an owner");
      for (const { place: { rank }, plan, shared } of all) {
        for (const slot of shared.slots) slot.fill(NaN);
        for (const { values } of plan.moments.sent) values.fill(rank);
      }
      deliver(all.map(({ plan }) => plan.moments));
      const owned = all[0]!.shared.parameters.filter((owner) => owner === 0).length;
      const missing = all[0]!.shared.slots[0]!.filter(Number.isNaN).length;
      assertEquals(missing, owned, "rank 0 receives the moments of all that it does not own");
    }
  }
});
