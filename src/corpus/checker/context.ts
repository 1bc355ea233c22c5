// A proof in the making: what is known after the lines so far, and whether one more line follows.
import { canonicalText } from "./clause.ts";
import { Knowledge, type Rule } from "./knowledge.ts";
import { type Prefix, readPrefix, readWitness } from "./prefix.ts";
import { refusalOf } from "./parser.ts";
import { readSections, type Sections } from "./sections.ts";
import type { Formula } from "./term.ts";

type Refusal = { readonly ok: false; readonly reason: string };
export type LineVerdict = { readonly ok: true; readonly rule: Rule } | Refusal;

/** Judges a proof's lines one after another; mod.ts says what "follows" means. */
export class ProofContext {
  readonly #prefix: Prefix;
  readonly #knowledge = new Knowledge();
  readonly #closedAtOnce: boolean;

  private constructor(sections: Sections) {
    const prefix = readPrefix(sections.theorem, sections.goal);
    this.#prefix = prefix;
    for (const { formula, variables } of prefix.statements) this.#knowledge.assume(formula, variables, true);
    for (const { formula, variables } of prefix.facts) this.#knowledge.assume(formula, variables);
    const { hypothesis } = sections;
    const goal = hypothesis === null ? prefix.goal : this.#assumeHypothesis(prefix.goal, hypothesis);
    this.#closedAtOnce = this.#knowledge.isInstance(goal);
    this.#assumeCounterfactual(goal, sections.counterfactual);
  }

  /** @throws {SyntaxError} when the sections cannot be read or @C is not the negation of @G */
  static fromPrompt(text: string): ProofContext {
    return new ProofContext(readSections(text));
  }

  accepts(line: string): boolean {
    return this.judge(line).ok;
  }

  /** Whether `line` follows, and by which rule or why not; nothing is added. */
  judge(line: string): LineVerdict {
    return this.#judge(line).verdict;
  }

  /** Adds a line that follows; one that does not is refused, and nothing changes. */
  add(line: string): LineVerdict {
    const { verdict, learn } = this.#judge(line);
    learn?.();
    return verdict;
  }

  isComplete(): boolean {
    return this.#closedAtOnce || this.#knowledge.contradictory;
  }

  #judge(line: string): { verdict: LineVerdict; learn?: () => void } {
    try {
      const parser = this.#prefix.parser.fork(line);
      const isWitness = parser.at("let");
      const { variables, body } = isWitness ? readWitness(parser) : { variables: [], body: parser.formula() };
      parser.end();
      const byWitness = () => this.#knowledge.hasWitness(variables, body) ? "witness" : null;
      const rule = isWitness ? byWitness() : this.#knowledge.ruleFor(body);
      if (rule === null) {
        const reason = isWitness ? "nothing of this kind is known to exist" : "does not follow";
        return { verdict: { ok: false, reason } };
      }
      const learn = () => {
        this.#prefix.parser.declare(variables);
        this.#knowledge.assume(body);
      };
      return { verdict: { ok: true, rule }, learn };
    } catch (error) {
      const reason = refusalOf(error);
      if (reason === null) throw error;
      return { verdict: { ok: false, reason } };
    }
  }

  #assumeHypothesis(goal: Formula, text: string): Formula {
    const hypothesis = this.#read(text);
    if (goal.kind !== "implies" || canonicalText(goal.left) !== canonicalText(hypothesis)) {
      throw new SyntaxError("@H is not what the goal supposes");
    }
    this.#knowledge.assume(hypothesis);
    return goal.right;
  }

  #assumeCounterfactual(goal: Formula, text: string): void {
    const negated: Formula = { kind: "not", body: goal };
    const { citation } = this.#prefix;
    const counterfactual = citation === null ? this.#read(text) : negated;
    const isNegation = citation === null
      ? canonicalText(counterfactual) === canonicalText(negated)
      : text.trim() === `not ${citation}`;
    if (!isNegation) throw new SyntaxError("@C is not the negation of @G");
    this.#knowledge.assume(counterfactual);
  }

  #read(text: string): Formula {
    const parser = this.#prefix.parser.fork(text);
    const formula = parser.formula();
    parser.end();
    return formula;
  }
}
