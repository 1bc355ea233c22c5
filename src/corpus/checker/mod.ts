// An independent judge of proofs in the built-in corpus' language: its own lexer, parser, sorted terms and
// reasoning. It shares no code with the generator (../sample/), only the text of the theories (../theories/);
// it is not a judge of other Acorn text. Read context.ts first: a proof in the making, line by line.
//
// **What is known** in a proof: the axioms of the theory that the theorem's type parameter names; the lemmas
// listed there, except, in the proof of one of them, itself and all later ones; the theorem's premises, the
// conditions of open blocks, the hypothesis (@H); the source lines before the goal (each was a goal of its
// own); the negated goal (@C, which must really be the negation of @G); and the proof's earlier lines.
//
// **A line follows** when one of these holds for it, or for each of its clauses ("and"):
//
// 1. *instance*: it is one instance of one known universal statement, taken as a clause, up to the order of
//    literals and the sides of equations. It may have further literals; literals of the instance that the
//    known ground facts refute may be missing.
// 2. *rewrite*: it is an equation whose sides differ at one position, by two subterms that are an instance.
// 3. *ground*: it follows from the known ground facts (statements without variables) by congruence closure
//    and unit propagation, without any axiom.
// 4. *witness*: it is `let x: T satisfy { B }` with new names, where something is known to exist that
//    satisfies B (by the negated goal, a premise, or an instance of an axiom whose premises hold by rule 3).
//
// So each use of an axiom, associativity and commutativity included, needs a line of its own.
//
// **A proof is complete** when the ground facts, the negated goal among them, contradict each other by rule
// 3, or when the goal is an instance (rule 1) of what is known before the first line; no line may follow.
//
// Each rule is sound, so an accepted proof is a proof, given that the source lines before the goal were
// proved (tests/corpus/source_order.ts). Only matching may take time exponential in a statement's literals.
import { ProofContext } from "./context.ts";
import { refusalOf } from "./parser.ts";
import { readSections } from "./sections.ts";

export { type LineVerdict, ProofContext } from "./context.ts";
export type { Rule } from "./knowledge.ts";

/** What the checker says about a file: `line` counts from 1 and is 0 when the prompt itself is wrong. */
export type ProofVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly line: number; readonly reason: string };

/** Judges a whole proof file: `ok`, or the first line that does not follow and why. Never throws. */
export function checkProof(text: string): ProofVerdict {
  const refused = (line: number, reason: string): ProofVerdict => ({ ok: false, line, reason });
  try {
    const { proof, proofStart } = readSections(text);
    if (proof === null) return refused(0, "section @P is missing");
    const context = ProofContext.fromPrompt(text);
    for (const [i, line] of proof.entries()) {
      if (context.isComplete()) return refused(proofStart + i, "the proof is complete before");
      const verdict = context.add(line);
      if (!verdict.ok) return refused(proofStart + i, verdict.reason);
    }
    if (context.isComplete()) return { ok: true };
    return refused(proofStart + proof.length, "the proof ends without a contradiction");
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === null) throw error;
    return refused(0, reason);
  }
}
