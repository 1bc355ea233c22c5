/**
 * The pre-tokenizers: how text is cut into words before BPE, which merges only inside a word. Each is a scanner over UTF-8
 * bytes here, and a JSON object in tokenizer.json.
 */
import { nextGpt2 } from "./gpt2_scanner.ts";
import { nextLine } from "./line_scanner.ts";
import { nextPhrase } from "./phrase_scanner.ts";

/** `gpt2`: GPT-2's pattern; `phrase`: a line's indentation, brackets, commas, what stands between them; `line`: indentation, a line's text. */
export type PreTokenizerName = "gpt2" | "phrase" | "line";

/** Gives the end of the word that begins at `start` in the well-formed UTF-8 bytes[start, end). */
export type NextWord = (bytes: Uint8Array, start: number, end: number) => number;

/** The names of the pre-tokenizers. */
export const PRE_TOKENIZERS: readonly PreTokenizerName[] = ["gpt2", "phrase", "line"];

/** The patterns by which text is split, as tokenizer.json spells them; `gpt2` is built into the format. */
export const SPLIT_PATTERNS = {
  phrase: "\n[ ]*|[(){}\\[\\],]|[^\n(){}\\[\\],]+",
  line: "\n[ ]*|[^\n]+",
} as const satisfies Partial<Record<PreTokenizerName, string>>;

/** The scanner of a pre-tokenizer. */
export function nextWordOf(name: PreTokenizerName): NextWord {
  return { gpt2: nextGpt2, phrase: nextPhrase, line: nextLine }[name];
}

/** What HuggingFace writes as `pre_tokenizer`. */
export function preTokenizerToJson(name: PreTokenizerName): unknown {
  const byteLevel = {
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: name === "gpt2",
  };
  if (name === "gpt2") return byteLevel;
  const split = {
    type: "Split",
    pattern: { Regex: SPLIT_PATTERNS[name] },
    behavior: "Isolated",
    invert: false,
  };
  return { type: "Sequence", pretokenizers: [split, byteLevel] };
}
