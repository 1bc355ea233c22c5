/** Proof text as the words that people see in it, for comparing texts; not the tokens of a model. */

/**
 * The names, numbers and signs of a text: "not a.inverse <= b0" is not, a, ., inverse, <, =, b0.
 *
 * @param text any text; white space only separates
 */
export function lexicalTokens(text: string): string[] {
  return text.match(/[\p{L}_][\p{L}\p{N}_]*|\p{N}+|[^\s\p{L}\p{N}_]/gu) ?? [];
}
