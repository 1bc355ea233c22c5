// Acorn's world: modules read from their text, goals in normalised code, and the user's prover run with limits
// (`binary/`). It knows no model. Read first `source/goals.ts`: what a goal is and how its lines are cut.
export {
  type AcornModule,
  buildOrder,
  type EnclosingBlock,
  goalAtLine,
  goalDocument,
  type GoalOptions,
  goalsOf,
  parseModule,
  type SourceGoal,
} from "./source/goals.ts";
export type { Body, SourceProblem, Statement, StatementKind, TokenRange } from "./source/statement.ts";
export { KEYWORDS, type Token, tokenize, type TokenKind } from "./source/tokens.ts";
export { type AcornLibrary, type LibraryModule, type LibraryProblem, readLibrary } from "./library.ts";
export { STEP_RULES } from "./certificates.ts";
export { type LibraryProofsOptions, type ModuleProofs, StepCount } from "./library_proofs.ts";
export { writeLibraryProofs, type WriteProofsOptions, type WrittenModule } from "./write_proofs.ts";
export { GoalReader, moduleName, type ModulePlace } from "./goal_reader.ts";
export { libraryAbove } from "./library_root.ts";
export { CodeLibrary, type GoalCode } from "./code/goal_code.ts";
export { claimProblem } from "./code/line_check.ts";
export {
  acornVersion,
  parseVerify,
  runVerify,
  type VerifyAnswer,
  type VerifyRequest,
  type VerifyRun,
} from "./binary/acorn.ts";
export { type AcornPlaces, findAcorn } from "./binary/find_acorn.ts";
export { runLimited, type RunLimits, type RunResult } from "./binary/run_limited.ts";
export {
  makeScratchLibrary,
  readModuleLibrary,
  type ScratchLibrary,
  withoutProofs,
} from "./binary/scratch.ts";
