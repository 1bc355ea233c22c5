// The corpus: reading and checking proof files, in folders or all in one, which of them belong to one
// theorem, the split, figures, goals that are alike, running the Acorn prover, the built-in corpus (sample/)
// and its judge (checker/, not exported here). It knows no tokens and no model; what a model is shown of a
// file is in src/prompt. Read proof_file.ts first.
export * from "./acorn.ts";
export * from "./groups.ts";
export * from "./nearest_goals.ts";
export {
  MAX_PROBLEMS_A_FILE,
  MAX_PROOF_BYTES,
  parseProofFile,
  parseProofText,
  SECTION_TAGS,
} from "./proof_file.ts";
export {
  type ParsedProof,
  type ProofFile,
  type ProofProblem,
  type ReadPiece,
  sectionText,
} from "./proof_file.ts";
export type { Section, SectionTag } from "./proof_file.ts";
export { formatProofModules, type IndexedModule, PROOF_MODULES_FILE } from "./proof_modules.ts";
export type { ProofModule } from "./proof_modules.ts";
export { listProofNames } from "./proof_folder.ts";
export { openProofs, type ProofSource } from "./proof_source.ts";
export { type Corpus, readEach, type ReadEachOptions, readProofs, type ReadReport } from "./read.ts";
export * from "./sample/mod.ts";
export * from "./sample/write.ts";
export * from "./split.ts";
export * from "./stats.ts";
