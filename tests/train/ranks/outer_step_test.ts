/** The meeting after local steps: all ranks have one state then, which is the one that the formula gives. */
import { assert, assertEquals } from "@std/assert";
import { parameterTable } from "../../../src/model/parameters.ts";
import { Rng } from "../../../src/rng.ts";
import {
  allocateSharedState,
  parameterSlice,
  sharedMoments,
} from "../../../src/train/engine/shared_state.ts";
import { adamWRanges } from "../../../src/train/engine/update.ts";
import { OUTER, OuterStep } from "../../../src/train/ranks/outer_step.ts";
import { shortRun, smallModel } from "../run_fixture.ts";
import { deliver } from "./deliver.ts";

const MODEL = { ...smallModel(), dModel: 32, dMlp: 64, vocabSize: 300 };
const SIZE = parameterTable(MODEL).size;
const TRAIN = shortRun({ optimizer: "muon", syncEvery: 2 });

function ranksOf(ranks: number, begun: Float32Array) {
  return Array.from({ length: ranks }, (_, rank) => {
    const place = { rank, ranks, workers: 1 };
    const shared = allocateSharedState(MODEL, { rank: 0, ranks: 1, workers: 1 }, 2);
    shared.parameters.set(begun);
    const { begin, end } = parameterSlice(rank, ranks, SIZE);
    const momentum = new Float32Array(rank === 0 ? SIZE : end - begin);
    const outer = new OuterStep({ model: MODEL, train: TRAIN, place, shared, momentum });
    outer.begin();
    return { rank, shared, momentum, outer };
  });
}

const random = (rng: Rng): Float32Array => Float32Array.from({ length: SIZE }, () => rng.normal());

for (const ranks of [1, 2, 3, 4]) {
  Deno.test(`after meetings ${ranks} ranks have the state of Nesterov's formula, and one checkpoint`, () => {
    const rng = new Rng(ranks, "outer");
    const begun = random(rng);
    const all = ranksOf(ranks, begun);
    const [last, momentum] = [begun.slice(), new Float32Array(SIZE)];
    for (let meeting = 0; meeting < 3; meeting++) {
      const [parameters, m, v] = [0, 1, 2].map(() => all.map(() => random(rng)));
      for (const [i, { shared }] of all.entries()) {
        shared.parameters.set(parameters![i]!);
        sharedMoments(shared).m.set(m![i]!);
        sharedMoments(shared).v.set(v![i]!);
      }
      deliver(all.map(({ outer }) => outer.toOwners));
      for (const { outer } of all) outer.apply();
      deliver(all.map(({ outer }) => outer.fromOwners));
      const mean = (vectors: readonly Float32Array[]): Float32Array =>
        vectors[0]!.map((_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / ranks);
      for (const [i, value] of mean(parameters!).entries()) {
        const d = last[i]! - value;
        momentum[i] = OUTER.momentum * momentum[i]! + d;
        last[i] = last[i]! - OUTER.rate * (d + OUTER.momentum * momentum[i]!);
      }
      const secondMoments = adamWRanges({ begin: 0, end: SIZE }, MODEL, TRAIN);
      for (const { shared } of all) {
        assertEquals(shared.parameters, last);
        assertEquals(sharedMoments(shared).m, mean(m!));
        for (const { begin, end } of secondMoments) {
          assertEquals(sharedMoments(shared).v.subarray(begin, end), mean(v!).subarray(begin, end));
        }
      }
    }
    deliver(all.map(({ outer }) => outer.momentumToFirst));
    assertEquals(all[0]!.momentum, momentum);
    assert(momentum.some((value) => value !== 0));

    // Another number of ranks goes on from there.
    const others = ranksOf(ranks + 1, last);
    others[0]!.momentum.set(momentum);
    deliver(others.map(({ outer }) => outer.momentumFromFirst));
    for (const { rank, momentum: own } of others) {
      const { begin, end } = parameterSlice(rank, ranks + 1, SIZE);
      assertEquals(own.subarray(0, end - begin), momentum.subarray(begin, end));
    }
  });
}
