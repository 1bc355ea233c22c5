// Text out of a stream of ids, as soon as it is certain: no half of a character that tokens share.
import type { DecodeOptions, Tokenizer } from "./tokenizer.ts";

/**
 * Decodes ids one by one. All pieces together are what `Tokenizer.decode` gives for all ids.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StreamDecoder, trainTokenizer } from "./mod.ts";
 *
 * const tokenizer = trainTokenizer([], { vocabularySize: 300, alphabet: "bytes" });
 * const decoder = new StreamDecoder(tokenizer);
 * let text = "";
 * for (const id of tokenizer.encode("a ∈ b")) text += decoder.push(id);
 * text += decoder.end();
 * assertEquals(text, "a ∈ b");
 * ```
 */
export class StreamDecoder {
  #tokenizer: Tokenizer;
  #skipSpecialTokens: boolean;
  #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** At the beginning of a text; the options are those of `Tokenizer.decode`. */
  constructor(tokenizer: Tokenizer, { skipSpecialTokens = true }: DecodeOptions = {}) {
    this.#tokenizer = tokenizer;
    this.#skipSpecialTokens = skipSpecialTokens;
  }

  /** The text that is certain after one more id. @throws {RangeError} when there is no such id */
  push(id: number): string {
    const bytes = this.#tokenizer.tokenBytes(id);
    if (this.#skipSpecialTokens && this.#tokenizer.isSpecial(id)) return "";
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** What is left: U+FFFD for a character that was not completed. The decoder can then be used again. */
  end(): string {
    return this.#decoder.decode();
  }
}
