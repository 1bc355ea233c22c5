// Finding added tokens (special tokens, mostly) in a text, before it is cut into words, as HuggingFace does:
// the leftmost match, of several there the longest; without overlaps; tokens marked `normalized` in a second
// pass, in what the first one left over.
import type { AddedToken } from "./model.ts";

/** A stretch of text without added tokens, or an added token. */
export type TextPart = { kind: "text"; text: string } | { kind: "token"; id: number };

export class AddedTokenSplitter {
  #passes: AddedToken[][];

  constructor(tokens: readonly AddedToken[]) {
    this.#passes = [tokens.filter((token) => !token.normalized), tokens.filter((token) => token.normalized)]
      .filter((pass) => pass.length > 0)
      .map((pass) => pass.sort((a, b) => b.content.length - a.content.length));
  }

  /** The parts of a text in order, none of them empty. Special tokens may be left in it as text. */
  split(text: string, specialAsText: boolean): TextPart[] {
    let parts: TextPart[] = text === "" ? [] : [{ kind: "text", text }];
    for (const pass of this.#passes) {
      parts = parts.flatMap((part) =>
        part.kind === "text" ? splitOnce(part.text, pass, specialAsText) : [part]
      );
    }
    return parts;
  }
}

/** @param tokens longest first */
function splitOnce(text: string, tokens: readonly AddedToken[], specialAsText: boolean): TextPart[] {
  const parts: TextPart[] = [];
  /** Where each token occurs next. */
  const nextAt = tokens.map((token) => text.indexOf(token.content));
  let done = 0;
  for (;;) {
    let best = -1;
    for (let i = 0; i < tokens.length; i++) {
      if (nextAt[i]! >= 0 && (best < 0 || nextAt[i]! < nextAt[best]!)) best = i;
    }
    if (best < 0) break;
    const { id, content, special } = tokens[best]!;
    const start = nextAt[best]!;
    const end = start + content.length;
    // A special token that is to stay text still hides other tokens that overlap it.
    if (!(special && specialAsText)) {
      if (start > done) parts.push({ kind: "text", text: text.slice(done, start) });
      parts.push({ kind: "token", id });
      done = end;
    }
    for (let i = 0; i < tokens.length; i++) {
      if (nextAt[i]! >= 0 && nextAt[i]! < end) nextAt[i] = text.indexOf(tokens[i]!.content, end);
    }
  }
  if (done < text.length) parts.push({ kind: "text", text: text.slice(done) });
  return parts;
}
