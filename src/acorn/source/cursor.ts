// A place in a module's tokens that moves on: over words, groups in brackets, expressions. It knows where an
// expression ends, not what is in it.
import { MAX_DEPTH } from "./statement.ts";
import { beginsTopLevel, type Token } from "./tokens.ts";

/** Behind these operators an expression goes on in the next line. */
const CONTINUES: ReadonlySet<string> = new Set(["=", "!=", "or", "and", "+", "-", "*", "/"]);
const BINDERS: ReadonlySet<string> = new Set(["forall", "exists", "function", "choose"]);

export class TokenCursor {
  /** Index of the next token. */
  at = 0;
  /** Index behind the last token of the block that is read. */
  end = 0;

  constructor(
    readonly tokens: readonly Token[],
    readonly partner: Int32Array,
    readonly report: (line: number, message: string) => void,
  ) {}

  /**
   * Where the expression from `from` on ends: at the word or sign that is asked for ("=" also asks for
   * "satisfy", "by" and "line{" for a newline), at a closing bracket, at the block's end.
   */
  expressionEnd(from: number, stop: "newline" | "=" | "satisfy" | "by" | "{" | "line{", depth = 0): number {
    const endsWithLine = stop === "newline" || stop === "by" || stop === "line{";
    const sign = stop === "line{" ? "{" : stop;
    let at = from;
    while (at < this.end) {
      const { kind, text } = this.tokens[at]!;
      if (kind === "newline" && endsWithLine || text === sign || kind === "doc") return at;
      if (stop === "=" && text === "satisfy" || beginsTopLevel(this.tokens[at]!)) return at;
      if (kind === "symbol" && (text === ")" || text === "]" || text === "}")) return at;
      if (this.partner[at]! >= 0) {
        at = this.behind(this.partner[at]!);
      } else if (kind === "keyword" && BINDERS.has(text)) {
        at = this.behindGroups(at + 1, "[({");
      } else if (kind === "keyword" && text === "if" && depth < MAX_DEPTH) {
        at = this.behindGroups(this.expressionEnd(at + 1, "{", depth + 1), "{");
        if (this.tokens[at]?.text === "else") at = this.behindGroups(at + 1, "{");
      } else if (text === "match" && depth < MAX_DEPTH && this.tokens[at - 1]?.text !== ".") {
        at = this.behindGroups(this.expressionEnd(at + 1, "{", depth + 1), "{");
      } else {
        at++;
        if (CONTINUES.has(text)) { while (at < this.end && this.tokens[at]!.kind === "newline") at++; }
      }
    }
    return Math.min(at, this.end);
  }

  /** Behind the brackets that stand here, at most one of each kind, in this order. */
  behindGroups(from: number, brackets: string): number {
    let at = from;
    for (const bracket of brackets) {
      if (at < this.end && this.tokens[at]!.text === bracket) at = this.behind(this.partner[at]!);
    }
    return at;
  }

  /** The index behind a closing bracket; an unclosed group ends before the token that ended it. */
  behind(close: number): number {
    const token = this.tokens[close];
    const isBracket = token?.kind === "symbol" && ")]}".includes(token.text);
    return Math.min(isBracket ? close + 1 : close, this.end);
  }

  is(text: string): boolean {
    return this.at < this.end && this.tokens[this.at]!.text === text;
  }

  skip(text: string): boolean {
    const is = this.is(text);
    if (is) this.at++;
    return is;
  }

  skipNewlines(): void {
    while (this.at < this.end && this.tokens[this.at]!.kind === "newline") this.at++;
  }

  skipLine(): void {
    while (this.at < this.end && this.tokens[this.at]!.kind !== "newline") {
      this.at = Math.max(this.at + 1, this.behind(this.partner[this.at]!));
      if (this.at < this.end && beginsTopLevel(this.tokens[this.at]!)) return;
    }
  }
}
