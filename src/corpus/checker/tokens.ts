/** The checker's lexer: text to tokens that know their line. Comments run from `//` to the line's end. */

/** One token. `line` counts from 0 in the given text. */
export interface Token {
  readonly kind: "name" | "number" | "symbol" | "end";
  readonly text: string;
  readonly line: number;
}

const PATTERN = /[ ]+|\/\/[^\n]*|\n|([A-Za-z_][A-Za-z0-9_]*)|([0-9]+)|(!=|<=|->|[(){}\[\],:.=*+-])|([^])/g;

/**
 * Cuts `text` into tokens, closed by one of kind "end".
 *
 * @throws SyntaxError on a character that the language does not have.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 0;
  for (const [whole, name, number, symbol, other] of text.matchAll(PATTERN)) {
    if (other !== undefined) throw new SyntaxError(`unexpected character ${JSON.stringify(other)}`);
    if (whole === "\n") line++;
    else if (name !== undefined) tokens.push({ kind: "name", text: name, line });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, line });
    else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol, line });
  }
  return [...tokens, { kind: "end", text: "", line }];
}
