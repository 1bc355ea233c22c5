/**
 * The prover's question: given a goal and the proof's first lines, what is the next line? Which lines are asked for, what the model is shown,
 * and what counts as an answer.
 *
 * `client` is what the prover shows: everything before @P, cut at the front to contextLength - 100 tokens, a newline token, then each line with a
 * newline token behind it. `training` is the text as it stands in a proof file, with its @P line, cut to the same length.
 */
import { type ProofFile, sectionText } from "../corpus/proof_file.ts";
import { type GoalForm, goalPrompt } from "../infer/goal.ts";
import { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** Most tokens of a line, and the room that is left for it in the context. */
export const LINE_TOKENS = 100;

/** A proof that can be asked for. */
export interface Proof {
  readonly file: ProofFile;
  /** Number of its theorem: proofs of one theorem are one group. */
  readonly group: number;
  /** Everything before the @P line. */
  readonly before: string;
  /** Its lines as they stand in the file, without empty ones. */
  readonly lines: readonly string[];
}

/** A line that is asked for. */
export interface LineCase {
  readonly proof: Proof;
  /** Its number in the proof, from 0. */
  readonly line: number;
}

/** A file as a proof, or null when @P is not its last section. */
export function proofOf(file: ProofFile, group: number): Proof | null {
  const last = file.sections.at(-1);
  if (last?.tag !== "P" || sectionText(file, "P") !== last.text) return null;
  const before = file.text.split("\n", last.line - 1).join("\n");
  return {
    file,
    group,
    before: last.line === 1 ? "" : `${before}\n`,
    lines: last.text.split("\n").filter((line) => line.trim() !== ""),
  };
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
  form: GoalForm,
  { tokenizer, contextLength }: { tokenizer: Tokenizer; contextLength: number },
): Int32Array {
  const room = Math.max(1, contextLength - LINE_TOKENS);
  return goalPrompt(tokenizer, proof.before, { form, lines: proof.lines.slice(0, line), room });
}

/** A line without white space at its ends, and with single spaces inside: what is compared. */
export function normalLine(line: string): string {
  return line.trim().replace(/\s+/g, " ");
}

/** A proof's text, line by line normalised, without empty lines. */
export function normalProof(text: string): string {
  return text.split("\n").map(normalLine).filter((line) => line !== "").join("\n");
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
