/**
 * The question that a model is asked: what is a proof's next line? This room owns where a proof file's text
 * is cut (goal.ts), what the model is shown, as tokens, in training's form and in the prover's
 * (prover_prompt.ts), and which answers count as the same line (same_line.ts). Training documents,
 * suggestions and evaluations all import it, so they ask alike. It runs no model and draws no answer:
 * src/infer does. Read prover_prompt.ts first.
 */
export { type CutProof, cutProof, type Goal, parseGoal, proofLines } from "./goal.ts";
export {
  goalPrompt,
  LINE_TOKENS,
  type PromptForm,
  type PromptOptions,
  promptRoom,
  PROVER_TEMPERATURE,
  type ProverPrompt,
  proverPrompt,
} from "./prover_prompt.ts";
export { normalLine, normalProof } from "./same_line.ts";
