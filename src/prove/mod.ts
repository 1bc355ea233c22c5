// The search for lines that prove a goal, and who says what is proved. Begin with prove.ts; the prover itself
// is run in src/acorn/binary, models are in src/infer.
export { drawLines } from "./draw_lines.ts";
export { editedText, type LineEdit, proofEdit, unifiedDiff } from "./edit.ts";
export type { ProveEvent, ProveResult } from "./events.ts";
export { type Judge, type JudgeRequest, openJudge } from "./judge.ts";
export { prove, type ProveOptions, type ProveRequest } from "./prove.ts";
