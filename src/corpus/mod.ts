/** The corpus: reading and checking proof files, theorems, split, figures, the built-in corpus, and having the Acorn prover write proofs. */

export * from "./acorn.ts";
export * from "./groups.ts";
export * from "./nearest_goals.ts";
export * from "./proof_file.ts";
export * from "./read.ts";
export * from "./sample/mod.ts";
export * from "./sample/write.ts";
export * from "./split.ts";
export * from "./stats.ts";
