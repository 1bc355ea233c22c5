// Acorn's world: modules read from their text, libraries with their certificates. It runs no prover and knows
// no model. Read first `source/goals.ts`: what a goal is and how its lines are cut.
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
export { CodeLibrary, type GoalCode } from "./code/goal_code.ts";
