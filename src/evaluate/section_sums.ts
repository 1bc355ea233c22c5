// A proof's loss by section. A token that reaches over a border counts for both sides, by its bytes; the
// lines of markers (@G and so on) count in the whole only.
import { type ProofFile, SECTION_TAGS, type SectionTag } from "../corpus/proof_file.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** What is added up over proofs. */
export interface LossSums {
  /** Losses of predicted tokens. */
  nats: number;
  /** Predicted tokens; a share of those across a border. */
  tokens: number;
  /** UTF-8 bytes of the text. */
  bytes: number;
}

/** A section's letter, or the whole file. */
export type Part = SectionTag | "all";

/** The whole, then the sections in the order in which they stand in a file. */
export const PARTS: readonly Part[] = ["all", ...SECTION_TAGS];

/** Add up a file's losses, in nats, by its tokens; that of the first, which nothing predicts, is not used. */
export function sumsOfSections(
  file: ProofFile,
  { tokens, losses, tokenizer }: { tokens: Int32Array; losses: Float32Array; tokenizer: Tokenizer },
): Record<Part, LossSums> {
  const ends = tokenizer.byteEnds(file.text, tokens);
  return sumsOfSpans({ spans: sectionSpans(file), bytes: file.sizeBytes, ends, losses });
}

/** The same of a text of so many bytes, whose sections and tokens end where they end. */
export function sumsOfSpans(
  { spans, bytes, ends, losses }: {
    readonly spans: readonly SectionSpan[];
    readonly bytes: number;
    readonly ends: Int32Array;
    readonly losses: Float32Array;
  },
): Record<Part, LossSums> {
  const sums = noSums();
  sums.all.bytes = bytes;
  for (const { tag, start, end } of spans) sums[tag].bytes += end - start;
  let at = 0;
  for (let i = 1; i < ends.length; i++) {
    const [start, end, nats] = [ends[i - 1]!, ends[i]!, losses[i]!];
    sums.all.nats += nats;
    sums.all.tokens++;
    while (at < spans.length && spans[at]!.end <= start) at++;
    for (let k = at; k < spans.length && spans[k]!.start < end; k++) {
      const overlap = Math.min(end, spans[k]!.end) - Math.max(start, spans[k]!.start);
      const share = overlap / (end - start);
      sums[spans[k]!.tag].nats += share * nats;
      sums[spans[k]!.tag].tokens += share;
    }
  }
  return sums;
}

/** Sums of nothing. */
export function noSums(): Record<Part, LossSums> {
  const none = (): LossSums => ({ nats: 0, tokens: 0, bytes: 0 });
  return { all: none(), T: none(), G: none(), H: none(), C: none(), P: none() };
}

/** Where a section's text begins and ends, in bytes. */
export interface SectionSpan {
  /** Its letter. */
  readonly tag: SectionTag;
  /** The first byte. */
  readonly start: number;
  /** Behind the last one. */
  readonly end: number;
}

/** The sections of a file. */
export function sectionSpans({ text, sections }: Pick<ProofFile, "text" | "sections">): SectionSpan[] {
  const bytesOf = (part: string): number => new TextEncoder().encode(part).length;
  return sections.map((section, i) => {
    const end = bytesOf(text.slice(0, sections[i + 1]?.start));
    return { tag: section.tag, start: end - bytesOf(section.text), end };
  });
}
