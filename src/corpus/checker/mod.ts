// An independent judge of proofs in the built-in corpus' language: it shares no code with the generator
// (../sample/), only the text of the theories (../theories/). Read context.ts first. Known are the theory's
// axioms and earlier lemmas, the theorem's premises, open blocks' conditions, @H, the source lines before the
// goal, the negated goal (@C must be it) and the proof's earlier lines. A line follows when for each of its
// clauses one of these holds:
//
// 1. *instance*: it is one instance of one known universal clause, up to the order of literals and sides of
//    equations. It may have more literals; those of the instance that ground facts refute may be missing.
// 2. *rewrite*: it is an equation whose sides differ at one position, by two subterms that are an instance.
// 3. *ground*: it follows from the known ground facts by congruence closure and unit propagation alone.
// 4. *witness*: it is `let x: T satisfy { B }` with new names, and something is known to exist that satisfies
//    B (by the negated goal, a premise, or an axiom's instance whose premises hold by rule 3).
//
// A proof is complete when the ground facts contradict each other by rule 3, or the goal is an instance of
// what is known before the first line; no line may follow. Each rule is sound, given that the source lines
// before the goal were proved (tests/corpus/source_order.ts).
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
