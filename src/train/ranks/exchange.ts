// Who sends what to whom in a step: lists of parts of the vectors in shared memory, which each rank makes for
// itself, the same pairs in the same order on both sides. A rank owns a slice of the flat vector, whose sum and
// AdamW update are its own, and with Muon whole matrices from anywhere in it. P parameters, R ranks:
//
//   slots       each rank's subtrees, over the receiver's slice                       4 P (R - 1) / R bytes out
//   gradients   the sum over the slice, where another rank's matrices lie in it; with it the norm's block sums
//   home        the matrices that the rank has updated, a third of its own, to whoever has the slice
//   parameters  what was updated in the slice, to all who lack it: all of AdamW's, a third of Muon's
//
// Matrices go home first because there may be few of them to a step: their owners would send each to all.
import type { ModelConfig, TrainConfig } from "../../config.ts";
import { parameterTable } from "../../model/parameters.ts";
import { MUON_PERIOD, muonMatrices, type MuonMatrix, shareMatrices } from "../../optim/mod.ts";
import { gradientBuckets } from "../engine/buckets.ts";
import type { RankPlace } from "../engine/place.ts";
import {
  BLOCK_ELEMENTS,
  ownSums,
  parameterSlice,
  sharedMoments,
  type SharedState,
} from "../engine/shared_state.ts";
import { adamWRanges, type ParameterRange } from "../engine/update.ts";

/** What goes to a rank, or comes from it: a message each. */
export interface Part {
  readonly peer: number;
  readonly values: Float32Array | Float64Array;
}

export interface Exchange {
  readonly sent: readonly Part[];
  readonly received: readonly Part[];
}

/** The exchanges of one rank. */
export class ExchangePlan {
  /** By bucket (../engine/buckets.ts), in the order in which they are complete. */
  readonly slots: readonly Exchange[];
  readonly gradients: Exchange;
  /** By the step's rest when it is divided by {@linkcode MUON_PERIOD}: one after the other. */
  readonly updates: readonly { readonly home: Exchange; readonly parameters: Exchange }[];
  /** Every rank's moments to rank 0, in order; empty elsewhere. */
  readonly moments: Exchange;

  constructor(
    { model, train, place, shared }: {
      model: ModelConfig;
      train: TrainConfig;
      place: RankPlace;
      shared: SharedState;
    },
  ) {
    const { rank, ranks, workers } = place;
    const { parameters, slots, received, blockSums } = shared;
    const size = parameterTable(model).size;
    const peers = Array.from({ length: ranks }, (_, peer) => peer).filter((peer) => peer !== rank);
    const slice = (of: number): ParameterRange => parameterSlice(of, ranks, size);
    const matrices = matricesByRank(model, train, place);
    const owned = (of: number): ParameterRange[] =>
      joined([...adamWRanges(slice(of), model, train), ...rangesOf(matrices[of]!, null)]);

    this.slots = gradientBuckets(model).map((bucket) => ({
      sent: peers.flatMap((peer) =>
        ownSums(shared, place, train.shards).flatMap(({ vector }) =>
          partsFor(peer, overlap(slice(peer), bucket).map((range) => cut(vector, range)))
        )
      ),
      received: peers.flatMap((peer) =>
        received[peer]!.flatMap((vector) =>
          partsFor(peer, overlap(slice(rank), bucket).map((range) => cut(vector, range, slice(rank).begin)))
        )
      ),
    }));
    const sums = (of: number): Float64Array => {
      const { begin, end } = slice(of);
      return blockSums.subarray(begin / BLOCK_ELEMENTS, Math.ceil(end / BLOCK_ELEMENTS));
    };
    const flags = (of: number): Float64Array => {
      const first = blockSums.length - ranks * workers + of * workers;
      return blockSums.subarray(first, first + workers);
    };
    const wanted = (owner: number, from: number): Float32Array[] =>
      joined(rangesOf(matrices[owner]!, null)).flatMap((range) => overlap(range, slice(from))).map((range) =>
        cut(slots[0]!, range)
      );
    this.gradients = {
      sent: peers.flatMap((peer) => partsFor(peer, [sums(rank), flags(rank), ...wanted(peer, rank)])),
      received: peers.flatMap((peer) => partsFor(peer, [sums(peer), flags(peer), ...wanted(rank, peer)])),
    };
    const within = (ranges: readonly ParameterRange[], of: number): Float32Array[] =>
      joined(ranges.flatMap((range) => overlap(range, slice(of)))).map((range) => cut(parameters, range));
    /** What a rank has after a step of this turn that another one lacks. */
    const news = (of: number, to: number, turn: number): Float32Array[] => {
      const others = matrices.flatMap((own, owner) => owner === to ? [] : rangesOf(own, turn));
      return within([...adamWRanges(slice(of), model, train), ...others], of);
    };
    this.updates = Array.from({ length: MUON_PERIOD }, (_, turn) => {
      const home = (owner: number, to: number) => within(rangesOf(matrices[owner]!, turn), to);
      const exchange = (of: (from: number, to: number) => Float32Array[]): Exchange => ({
        sent: peers.flatMap((peer) => partsFor(peer, of(rank, peer))),
        received: peers.flatMap((peer) => partsFor(peer, of(peer, rank))),
      });
      return { home: exchange(home), parameters: exchange((from, to) => news(from, to, turn)) };
    });
    const { m, v } = sharedMoments(shared);
    const moments = (of: number): Float32Array[] =>
      [m, v].flatMap((vector) => owned(of).map((range) => cut(vector, range)));
    this.moments = {
      sent: rank === 0 ? [] : partsFor(0, moments(rank)),
      received: rank === 0 ? peers.flatMap((peer) => partsFor(peer, moments(peer))) : [],
    };
  }
}

/** Muon's matrices of each rank: those of its workers. */
function matricesByRank(
  model: ModelConfig,
  train: TrainConfig,
  { ranks, workers }: RankPlace,
): MuonMatrix[][] {
  const matrices = train.optimizer === "muon" ? muonMatrices(model) : [];
  const shares = shareMatrices(matrices, ranks * workers);
  return Array.from(
    { length: ranks },
    (_, rank) => shares.slice(rank * workers, (rank + 1) * workers).flat(),
  );
}

/** @param turn of those that are wanted; null: of all */
function rangesOf(matrices: readonly MuonMatrix[], turn: number | null): ParameterRange[] {
  return matrices.filter((matrix) => turn === null || matrix.turn === turn).map(
    ({ offset, rows, columns }) => {
      return { begin: offset, end: offset + rows * columns };
    },
  );
}

/** The same elements in order, neighbours as one. */
function joined(ranges: readonly ParameterRange[]): ParameterRange[] {
  const found: ParameterRange[] = [];
  for (const { begin, end } of ranges.toSorted((a, b) => a.begin - b.begin)) {
    const last = found.at(-1);
    if (last?.end === begin) found[found.length - 1] = { begin: last.begin, end };
    else found.push({ begin, end });
  }
  return found;
}

function overlap(a: ParameterRange, b: ParameterRange): ParameterRange[] {
  const [begin, end] = [Math.max(a.begin, b.begin), Math.min(a.end, b.end)];
  return begin < end ? [{ begin, end }] : [];
}

/** @param first the element that the vector begins with */
function cut(vector: Float32Array, { begin, end }: ParameterRange, first = 0): Float32Array {
  return vector.subarray(begin - first, end - first);
}

function partsFor(peer: number, values: readonly (Float32Array | Float64Array)[]): Part[] {
  return values.filter(({ length }) => length > 0).map((values) => ({ peer, values }));
}
