// JSON of files that somebody else may have made: a file of brackets alone would take fifty times its size.

/** Far more than a tokenizer.json of a million tokens has, or nests. */
const MAX_VALUES = 1 << 23;
const MAX_DEPTH = 64;

/** `JSON.parse`. @throws {SyntaxError} when the text is no JSON, nests too deeply or has too many values */
export function parseJson(text: string): unknown {
  let [values, depth, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (inString) {
      if (sign === "\\") i++;
      else if (sign === '"') inString = false;
    } else if (sign === '"') inString = true;
    else if (sign === "]" || sign === "}") depth--;
    else if (sign === "[" || sign === "{" || sign === ",") {
      if (sign !== "," && ++depth > MAX_DEPTH) throw new SyntaxError(`it nests more than ${MAX_DEPTH} deep`);
      if (++values > MAX_VALUES) throw new SyntaxError(`it has more than ${MAX_VALUES} values`);
    }
  }
  return JSON.parse(text);
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
