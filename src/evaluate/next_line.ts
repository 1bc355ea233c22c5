// The lines and proofs that an evaluation asks for, and what the model is shown before them.
import type { ProofFile } from "../corpus/proof_file.ts";
import { cutProof, type Goal, goalPrompt, type PromptForm, promptRoom, proofLines } from "../prompt/mod.ts";
import { Rng } from "../rng.ts";
import type { MeasureOptions } from "./progress.ts";

/** A proof that can be asked for; its lines are all of the file's. */
export interface Proof extends Goal {
  readonly file: ProofFile;
  /** Number of its theorem. */
  readonly group: number;
}

/** A line that is asked for. */
export interface LineCase {
  readonly proof: Proof;
  /** Its number in the proof, from 0. */
  readonly line: number;
}

/** A file as a proof, or null when @P is not its last section. */
export function proofOf(file: ProofFile, group: number): Proof | null {
  const cut = cutProof(file.text);
  return cut?.isLast ? { file, group, before: cut.before, lines: proofLines(cut.proof) } : null;
}

/** Some of the lines of all proofs, each as likely as the others, in the order in which they stand. */
export function sampleLines(proofs: readonly Proof[], count: number, seed: number): LineCase[] {
  const all = proofs.flatMap((proof) => proof.lines.map((_, line) => ({ proof, line })));
  return sampleInOrder(all, count, new Rng(seed, "lines"));
}

export function sampleProofs(proofs: readonly Proof[], count: number, seed: number): Proof[] {
  return sampleInOrder(proofs, count, new Rng(seed, "proofs"));
}

/** The tokens after which the model is to write the line; cut as the prover cuts, in both forms. */
export function linePrompt(
  { proof, line }: LineCase,
  form: PromptForm,
  { tokenizer, contextLength }: Pick<MeasureOptions, "tokenizer" | "contextLength">,
): Int32Array {
  const goal = { before: proof.before, lines: proof.lines.slice(0, line) };
  return goalPrompt(tokenizer, goal, { form, room: promptRoom(contextLength) });
}

function sampleInOrder<T>(items: readonly T[], count: number, rng: Rng): T[] {
  const chosen = new Set(rng.shuffle([...items.keys()]).slice(0, count));
  return items.filter((_, i) => chosen.has(i));
}
