/** How many tokens a tokenizer.json has: all that export and verification need to know of it. */

/**
 * The vocabulary's size: the largest id of `model.vocab` and `added_tokens`, plus one.
 *
 * @throws {SyntaxError} when the text is not a tokenizer.json with a vocabulary of names and ids
 */
export function tokenizerSize(json: string): number {
  const root: unknown = JSON.parse(json);
  const vocab = property(property(root, "model"), "vocab");
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab)) {
    throw new SyntaxError("there is no object `model.vocab`");
  }
  const added = property(root, "added_tokens") ?? [];
  if (!Array.isArray(added)) throw new SyntaxError("`added_tokens` is not an array");
  const ids = [...Object.values(vocab), ...added.map((token) => property(token, "id"))];
  let size = 0;
  for (const id of ids) {
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) {
      throw new SyntaxError(`a token has the id ${JSON.stringify(id)}`);
    }
    size = Math.max(size, id + 1);
  }
  return size;
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
