/** Words, numbers and signs, for comparing texts: "not a.inverse <= b0" is not, a, ., inverse, <, =, b0. */
export function lexicalTokens(text: string): string[] {
  return text.match(/[\p{L}_][\p{L}\p{N}_]*|\p{N}+|[^\s\p{L}\p{N}_]/gu) ?? [];
}
