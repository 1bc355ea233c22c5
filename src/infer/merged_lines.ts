/** Finished paths merged into suggestions: by their text, without regard to spacing. */
import { normalLine } from "../prompt/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { type FinishedPath, logAdd, type PathEnd } from "./line_paths.ts";

/** One suggested line. */
export interface Suggestion {
  /** The line, without its newline. Empty: the proof ends here. */
  readonly line: string;
  /**
   * Natural logarithm of its probability at temperature 1, its end included: summed over the tokenizations and ways of spacing that were found;
   * with a prefix, among the lines that begin with it.
   */
  readonly logProbability: number;
  /** What the ranking goes by: `logProbability`, or with candidates the logarithm of the mixture with theirs. */
  readonly score: number;
  /** How many samples gave it. */
  readonly samples: number;
  /** Whether beam search found it. */
  readonly beam: boolean;
  /** Its probability among the candidates; 0 when it is none. */
  readonly candidate: number;
  /** Whether the line is complete, is the proof's end, or was cut for its length. */
  readonly end: PathEnd;
}

/** What is known of a line; its spelling is that of the likeliest path. */
interface MergedLine {
  line: string;
  best: number;
  logProbability: number;
  samples: number;
  beam: boolean;
  candidate: number;
  end: PathEnd;
}

/** Lines by their text without regard to spacing. Different paths to one line are disjoint events: their probabilities add up. */
export class MergedLines {
  readonly #tokenizer: Tokenizer;
  readonly #prefixLogProbability: number;
  readonly #lines = new Map<string, MergedLine>();
  readonly #paths = new Set<string>();

  /** @param prefixLogProbability what lines' probabilities are divided by: that of their prefix */
  constructor(tokenizer: Tokenizer, prefixLogProbability: number) {
    this.#tokenizer = tokenizer;
    this.#prefixLogProbability = prefixLogProbability;
  }

  /** Adds a path, and who found it. */
  add(path: FinishedPath, found: { samples?: number; beam?: boolean; candidate?: number }): void {
    const line = this.#tokenizer.decode(path.tokens).split("\n", 1)[0]!;
    const words = normalLine(line);
    if (words === "" && path.end !== "proof") return; // white space only
    const key = `${path.end} ${words}`;
    const known = this.#lines.get(key) ?? {
      line,
      best: -Infinity,
      logProbability: -Infinity,
      samples: 0,
      beam: false,
      candidate: 0,
      end: path.end,
    };
    this.#lines.set(key, known);
    known.samples += found.samples ?? 0;
    known.beam ||= found.beam ?? false;
    known.candidate += found.candidate ?? 0;
    if (path.logProbability > known.best) [known.line, known.best] = [line, path.logProbability];
    const pathKey = `${path.end} ${path.tokens.join()}`;
    if (this.#paths.has(pathKey)) return;
    this.#paths.add(pathKey);
    known.logProbability = logAdd(known.logProbability, path.logProbability - this.#prefixLogProbability);
  }

  /** The lines, best first. @param candidateShare of the mixture that ranks */
  ranked(candidateShare: number): Suggestion[] {
    const suggestions = [...this.#lines.values()].map(({ best: _, ...line }) => ({
      ...line,
      score: mixture(line.logProbability, line.candidate, candidateShare),
    }));
    return suggestions.sort((a, b) =>
      b.score - a.score || b.logProbability - a.logProbability || (a.line < b.line ? -1 : 1)
    );
  }
}

function mixture(logProbability: number, candidate: number, share: number): number {
  if (share === 0) return logProbability;
  return logAdd(Math.log(1 - share) + logProbability, Math.log(share * candidate));
}
