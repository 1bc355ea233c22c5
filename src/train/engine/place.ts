// Where a worker stands in a run. A run has ranks (processes; mostly one, more with MPI: ../ranks/), each with
// as many workers. Shards, slices and matrices are dealt to all workers of all ranks in one row, rank by rank,
// so that a rank's shares are neighbours, and who computes what depends on the row's length alone.
import { subtrees, type TreeNode } from "../gradient_tree.ts";
import { shardRange } from "../shards.ts";

/** One rank of a run. */
export interface RankPlace {
  readonly rank: number;
  readonly ranks: number;
  /** Of each rank. */
  readonly workers: number;
}

/** A worker's place in the row of all. @param worker of its rank */
export function memberOf(
  { rank, ranks, workers }: RankPlace,
  worker: number,
): { member: number; members: number } {
  return { member: rank * workers + worker, members: ranks * workers };
}

/** Who waits at a rank's barrier: its workers, and where there are other ranks the link to them. */
export function partiesOf({ ranks, workers }: RankPlace): number {
  return ranks > 1 ? workers + 1 : workers;
}

/** Which subtrees a rank's workers hand over to each other, from the left: slot i holds entry i. */
export function gradientSlots(place: RankPlace, shards: number): TreeNode<null>[] {
  return Array.from({ length: place.workers }, (_, worker) => {
    const { member, members } = memberOf(place, worker);
    const { first, end } = shardRange(member, members, shards);
    return subtrees(first, end);
  }).flat();
}

/** Which subtrees a rank hands over to the others, when its own workers' are added. */
export function rankSubtrees(rank: number, ranks: number, shards: number): readonly TreeNode<null>[] {
  const { first, end } = shardRange(rank, ranks, shards);
  return subtrees(first, end);
}
