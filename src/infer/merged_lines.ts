// Finished paths merged into suggestions: by their text, without regard to spacing.
import { normalLine } from "../prompt/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { FinishedPath, PathEnd } from "./line_paths.ts";
import { logAdd } from "./probabilities.ts";

/** One suggested line. */
export interface Suggestion {
  /** The line, without its newline. Empty: the proof ends here. */
  readonly line: string;
  /** Natural log of its probability at temperature 1, end included; with a prefix, among lines with it. */
  readonly logProbability: number;
  /** What ranks: `logProbability`, or with candidates the logarithm of the mixture with theirs. */
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
type MergedLine = { -readonly [K in keyof Omit<Suggestion, "score">]: Suggestion[K] } & { best: number };

/** Different paths to one line are disjoint events: their probabilities add up. */
export class MergedLines {
  readonly #lines = new Map<string, MergedLine>();
  readonly #paths = new Set<string>();

  constructor(readonly tokenizer: Tokenizer, readonly prefixLogProbability: number) {}

  add(path: FinishedPath, found: { samples?: number; beam?: boolean; candidate?: number }): void {
    const { end, logProbability, tokens } = path;
    const line = this.tokenizer.decode(tokens).split("\n", 1)[0]!;
    const words = normalLine(line);
    if (words === "" && end !== "proof") return; // white space only
    const key = `${end} ${words}`;
    const unknown = { line, samples: 0, beam: false, candidate: 0, end };
    const known = this.#lines.get(key) ?? { ...unknown, logProbability: -Infinity, best: -Infinity };
    this.#lines.set(key, known);
    known.samples += found.samples ?? 0;
    known.beam ||= found.beam ?? false;
    known.candidate += found.candidate ?? 0;
    if (logProbability > known.best) [known.line, known.best] = [line, logProbability];
    const pathKey = `${end} ${tokens.join()}`;
    if (this.#paths.has(pathKey)) return;
    this.#paths.add(pathKey);
    known.logProbability = logAdd(known.logProbability, logProbability - this.prefixLogProbability);
  }

  /** Best first; `share` is the candidates' of the mixture that ranks. */
  ranked(share: number): Suggestion[] {
    const suggestions = [...this.#lines.values()].map(({ best: _, ...line }) => ({
      ...line,
      score: share === 0
        ? line.logProbability
        : logAdd(Math.log(1 - share) + line.logProbability, Math.log(share * line.candidate)),
    }));
    return suggestions.sort((a, b) =>
      b.score - a.score || b.logProbability - a.logProbability || (a.line < b.line ? -1 : 1)
    );
  }
}
