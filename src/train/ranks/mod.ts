// A run on several machines: processes that MPI has started, its ranks, share each step. Rank 0 reads the
// proofs, decides, prints and writes, as a run alone does; it is an Engine like any other (rank_engine.ts, read
// it first). The others do what it tells them (follow.ts): their shards of a step, their part of an evaluation.
// Between them, each rank's link (link.ts) moves bytes; sums are made by the workers, in one process's order.
export { follow } from "./follow.ts";
export { type Helper, Rank } from "./rank.ts";
export { RankEngine } from "./rank_engine.ts";
