/** The lines and proofs that an evaluation asks for, what the model is shown, and the chance that one of k answers is right. */
import type { ProofFile } from "../corpus/proof_file.ts";
import { cutProof, type Goal, goalPrompt, type PromptForm, promptRoom, proofLines } from "../prompt/mod.ts";
import { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** A proof that can be asked for; its lines are all of the file's. */
export interface Proof extends Goal {
  readonly file: ProofFile;
  /** Number of its theorem: proofs of one theorem are one group. */
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

/** Some of the proofs, in order. */
export function sampleProofs(proofs: readonly Proof[], count: number, seed: number): Proof[] {
  return sampleInOrder(proofs, count, new Rng(seed, "proofs"));
}

/** The tokens after which the model is to write the line. */
export function linePrompt(
  { proof, line }: LineCase,
  form: PromptForm,
  { tokenizer, contextLength }: { tokenizer: Tokenizer; contextLength: number },
): Int32Array {
  const goal = { before: proof.before, lines: proof.lines.slice(0, line) };
  return goalPrompt(tokenizer, goal, { form, room: promptRoom(contextLength) });
}

/**
 * The chance that one of k draws is right, estimated without bias from more draws of which some were (Chen et al. 2021).
 *
 * @param right of the draws
 * @param draws at least k
 */
export function passAt(k: number, right: number, draws: number): number {
  let allWrong = 1;
  for (let i = 0; i < k; i++) allWrong *= Math.max(0, draws - right - i) / (draws - i);
  return 1 - allWrong;
}

function sampleInOrder<T>(items: readonly T[], count: number, rng: Rng): T[] {
  const chosen = new Set(rng.shuffle([...items.keys()]).slice(0, count));
  return items.filter((_, i) => chosen.has(i));
}
