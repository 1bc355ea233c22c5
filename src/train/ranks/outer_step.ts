// The meeting after local steps. A rank owns a slice of the flat vector, and of the outer optimizer's state. It
// gets the slice of each other rank's parameters and moments, takes their means, makes the outer step (SGD with
// Nesterov's momentum, on how far the mean has come from the last meeting) and sends the result to all:
//
//   d = last - mean;  momentum = 0.5 * momentum + d;  last = last - (d + 0.5 * momentum)
//
// Means are sums in float64 in the order of the ranks, divided and rounded once: the same bits whatever moves
// them. P parameters, of which AdamW has second moments for A, R ranks: 8 (2 P + A) (R - 1) / R bytes out of
// each rank.
import type { ModelConfig, TrainConfig } from "../../config.ts";
import { parameterTable } from "../../model/parameters.ts";
import type { RankPlace } from "../engine/place.ts";
import { parameterSlice, sharedMoments, type SharedState } from "../engine/shared_state.ts";
import { adamWRanges, type ParameterRange } from "../engine/update.ts";
import type { Exchange, Part } from "./exchange.ts";

/** Of the outer step: what was best of those tried; DiLoCo's 0.7 and 0.9 overshoot here (docs/log.md). */
export const OUTER = { rate: 1, momentum: 0.5 } as const;

/** What is averaged: this rank's part of a vector, and the same of every rank, in their order. */
interface Averaged {
  readonly own: Float32Array;
  readonly terms: readonly Float32Array[];
}

/** What a rank does at meetings. */
export class OuterStep {
  /** The slices of each rank's local state to their owners. */
  readonly toOwners: Exchange;
  /** The owners' results to all. */
  readonly fromOwners: Exchange;
  /** The momentum to rank 0, for a checkpoint. */
  readonly momentumToFirst: Exchange;
  /** The momentum from rank 0, of a checkpoint. */
  readonly momentumFromFirst: Exchange;
  /** First the parameters. */
  readonly #averaged: readonly Averaged[];
  readonly #momentum: Float32Array;
  /** The parameters of the last meeting. */
  readonly #last: Float32Array;

  /** @param momentum in rank 0 of all parameters, elsewhere of the rank's slice */
  constructor(
    { model, train, place: { rank, ranks }, shared, momentum }: {
      model: ModelConfig;
      train: TrainConfig;
      place: RankPlace;
      shared: SharedState;
      momentum: Float32Array;
    },
  ) {
    const { parameters } = shared;
    const { m, v } = sharedMoments(shared);
    const size = parameterTable(model).size;
    const all = Array.from({ length: ranks }, (_, peer) => peer);
    const peers = all.filter((peer) => peer !== rank);
    const slice = (of: number): ParameterRange => parameterSlice(of, ranks, size);
    const cut = (vector: Float32Array, { begin, end }: ParameterRange): Float32Array =>
      vector.subarray(begin, end);
    const parts = (of: number): Float32Array[] =>
      [
        cut(parameters, slice(of)),
        cut(m, slice(of)),
        ...adamWRanges(slice(of), model, train).map((range) => cut(v, range)),
      ].filter(({ length }) => length > 0);
    const exchange = (sent: (peer: number) => Float32Array[], received: (peer: number) => Float32Array[]) => {
      const of = (values: (peer: number) => Float32Array[]): Part[] =>
        peers.flatMap((peer) => values(peer).map((values) => ({ peer, values })));
      return { sent: of(sent), received: of(received) };
    };

    const arrived = all.map((peer) =>
      peer === rank ? parts(rank) : parts(rank).map(({ length }) => new Float32Array(length))
    );
    this.#averaged = parts(rank).map((own, i) => ({ own, terms: arrived.map((parts) => parts[i]!) }));
    this.toOwners = exchange((peer) => parts(peer), (peer) => arrived[peer]!);
    this.fromOwners = exchange(() => parts(rank), (peer) => parts(peer));
    const ofFirst = peers.filter((peer) => peer > 0 && rank === 0).map((peer) => {
      return { peer, values: cut(momentum, slice(peer)) };
    });
    this.#momentum = rank === 0 ? cut(momentum, slice(0)) : momentum;
    const ofOthers = rank === 0 ? [] : [{ peer: 0, values: momentum }];
    const filled = (list: readonly Part[]): Part[] => list.filter(({ values }) => values.length > 0);
    this.momentumToFirst = { sent: filled(ofOthers), received: filled(ofFirst) };
    this.momentumFromFirst = { sent: filled(ofFirst), received: filled(ofOthers) };
    this.#last = cut(parameters, slice(rank)).slice();
  }

  /** Take the parameters that are there as those of the last meeting. */
  begin(): void {
    this.#last.set(this.#averaged[0]?.own ?? []);
  }

  /** Between the two exchanges. */
  apply(): void {
    for (const { own, terms } of this.#averaged) average(own, terms);
    const [last, momentum, own] = [this.#last, this.#momentum, this.#averaged[0]?.own ?? []];
    for (let i = 0; i < last.length; i++) {
      const d = last[i]! - own[i]!;
      momentum[i] = OUTER.momentum * momentum[i]! + d;
      own[i] = last[i]! - OUTER.rate * (d + OUTER.momentum * momentum[i]!);
      last[i] = own[i]!;
    }
  }
}

/** The mean of some vectors, of which `into` may be one. */
function average(into: Float32Array, vectors: readonly Float32Array[]): void {
  for (let i = 0; i < into.length; i++) {
    let sum = 0;
    for (let k = 0; k < vectors.length; k++) sum += vectors[k]![i]!;
    into[i] = sum / vectors.length;
  }
}
