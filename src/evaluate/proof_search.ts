// Search for whole proofs in the built-in corpus' language: a source proposes lines, the corpus' own checker
// accepts those that follow, until what is known contradicts the negated goal. Every accepted line is known
// from then on, whichever way led to it, for a line that follows goes on following. What counts is how many
// lines were tried, so that a model and those who only copy can be measured by the same rule. Best-first, as
// Polu and Sutskever (2020) do it: the likeliest lines so far are gone on from first.
import { checkProof, ProofContext } from "../corpus/checker/mod.ts";
import { goalPrompt, normalLine, promptRoom, PROVER_TEMPERATURE } from "../prompt/mod.ts";
import type { Proof } from "./next_line.ts";
import type { MeasureOptions } from "./progress.ts";
import type { AskedModel } from "./requests.ts";

/** What came of a search. */
export interface FoundProof {
  /** The lines that end the proof, none that can be left out; null where the search found none. */
  readonly lines: readonly string[] | null;
  /** Lines that the checker was asked about. */
  readonly tried: number;
}

/** Lines to try; `accepted` tells, after each, whether it is known now. */
type LineSource = (search: ProofSearch) => AsyncIterable<void> | Iterable<void>;

/** Whether the goal needs a proof of one line at least, and the checker reads it. */
export function isOpenGoal({ before, file }: Proof): boolean {
  return checkProof(file.text).ok && !ProofContext.fromPrompt(before).isComplete();
}

/** Try the lines that a source proposes, at most `budget`. */
export async function findProof(
  { before }: Pick<Proof, "before">,
  source: LineSource,
  budget: number,
): Promise<FoundProof> {
  const search = new ProofSearch(before, budget);
  for await (const _ of source(search)) if (search.isOver) break;
  return { lines: search.proof(), tried: search.tried };
}

/** Lines in a fixed order, each tried once, then those that did not follow again. */
export function listed(lines: readonly string[]): LineSource {
  return function* (search) {
    for (let before = -1; before < search.known;) {
      before = search.known;
      for (const line of lines) {
        search.accepts(line);
        yield;
      }
    }
  };
}

/** Lines that a model draws: after nothing first, then after the likeliest lines that were accepted. */
export function drawn(
  model: AskedModel,
  { before }: Pick<Proof, "before">,
  options: DrawnOptions,
): LineSource {
  const { tokenizer, contextLength, draws, rounds, seed, lineTokens } = options;
  const room = promptRoom(contextLength, lineTokens);
  return async function* (search) {
    const waiting: Way[] = [{ lines: [], score: 0, visits: 0 }];
    const seen = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      waiting.sort((a, b) => b.score - a.score);
      const way = waiting[0]!;
      const tokens = goalPrompt(tokenizer, { before, lines: way.lines }, { room });
      const found = await model.draw({ tokens, unit: "line", maxTokens: lineTokens }, {
        draws,
        temperature: PROVER_TEMPERATURE,
        seed,
        stream: `search ${way.visits} ${before}${way.lines.join("\n")}`,
      });
      for (const { text, draws: times } of found.sort((a, b) => b.draws - a.draws)) {
        const isKnown = search.accepts(text);
        yield;
        const lines = [...way.lines, text];
        const key = [...lines].sort().join("\n");
        if (!isKnown || way.lines.includes(text) || seen.has(key)) continue;
        seen.add(key);
        waiting.push({ lines, score: way.score + Math.log(times / draws), visits: 0 });
      }
      way.visits++;
      way.score -= AGAIN;
    }
  };
}

/** Options of {@linkcode drawn}. */
export interface DrawnOptions extends Omit<MeasureOptions, "signal"> {
  /** Lines to draw in a round. */
  readonly draws: number;
  /** Rounds, at most. */
  readonly rounds: number;
  /** Most tokens of a line. */
  readonly lineTokens: number;
}

/** Lines that were accepted one after the other, and where more may be drawn. */
interface Way {
  readonly lines: readonly string[];
  /** Log of the share of draws that gave them, less a little for each time that it was gone on from. */
  score: number;
  visits: number;
}

/** What a way's score falls by when lines were drawn after it: they would be much the same again. */
const AGAIN = 2;

/** What is known of a goal, and what was tried. */
class ProofSearch {
  tried = 0;
  readonly #context: ProofContext;
  readonly #accepted: string[] = [];
  readonly #known = new Set<string>();
  /** Lines that did not follow, with how many were known then. */
  readonly #refused = new Map<string, number>();

  constructor(readonly before: string, readonly budget: number) {
    this.#context = ProofContext.fromPrompt(before);
  }

  /** Lines that follow. */
  get known(): number {
    return this.#known.size;
  }

  get isOver(): boolean {
    return this.#context.isComplete() || this.tried >= this.budget;
  }

  /** Whether a line follows; it is known from then on. Nothing is tried twice as long as nothing is new. */
  accepts(line: string): boolean {
    const text = normalLine(line);
    if (this.#known.has(text)) return true;
    if (text === "" || this.isOver || this.#refused.get(text) === this.known) return false;
    this.tried++;
    if (!this.#context.add(text).ok) {
      this.#refused.set(text, this.known);
      return false;
    }
    this.#known.add(text);
    this.#accepted.push(text);
    return true;
  }

  /** The accepted lines without those that the proof does not need; null where it does not end. */
  proof(): string[] | null {
    if (!this.#context.isComplete()) return null;
    const isProof = (lines: readonly string[]): boolean =>
      checkProof([`${this.before}@P`, ...lines, ""].join("\n")).ok;
    let lines = this.#accepted;
    for (const line of lines.toReversed()) {
      const fewer = lines.filter((other) => other !== line);
      if (isProof(fewer)) lines = fewer;
    }
    if (!isProof(lines)) throw new Error("internal: the checker refuses a proof that the search found");
    return lines;
  }
}
