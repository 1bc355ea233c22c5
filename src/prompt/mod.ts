// The question that a model is asked: what is a proof's next line? This room owns where a proof file's text
// is cut (goal.ts), what the model is shown, as tokens (prover_prompt.ts, read it first), and which answers
// count as the same line (same_line.ts). Models run in src/infer.
export * from "./goal.ts";
export * from "./prover_prompt.ts";
export * from "./same_line.ts";
