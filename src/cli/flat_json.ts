// A parser for what tactics.json may hold: one JSON object whose values are strings, numbers and booleans; and
// for a sweep's file, where a value may be a list of such. JSON.parse does not say in which line an error is,
// and it hides keys that stand twice.

/** A value that is no list and no object. */
export type Scalar = string | number | boolean;

export interface FlatJsonEntry<Value = Scalar> {
  key: string;
  value: Value;
  /** Where the key begins, both counted from 1. */
  line: number;
  column: number;
}

const SCALARS = "a text in double quotes, a number, true or false";
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-\[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

/** Parse a text, which messages call `source`. @throws {SyntaxError} with source, line and column */
export function parseFlatJson(text: string, source: string): FlatJsonEntry[] {
  return parse(text, source, false) as FlatJsonEntry[];
}

/** The same, where a value may also be a list. */
export function parseFlatLists(text: string, source: string): FlatJsonEntry<Scalar | Scalar[]>[] {
  return parse(text, source, true);
}

function parse(text: string, source: string, mayBeList: boolean): FlatJsonEntry<Scalar | Scalar[]>[] {
  let offset = text.startsWith("\ufeff") ? 1 : 0;
  const take = (token: RegExp): string | null => {
    token.lastIndex = offset;
    const found = token.exec(text)?.[0] ?? null;
    if (found !== null) offset += found.length;
    return found;
  };
  const takeSymbol = (symbol: string): boolean => {
    take(SPACE);
    if (text[offset] !== symbol) return false;
    offset++;
    return true;
  };
  const fail = (wanted: string): SyntaxError => {
    const { line, column } = position(text, offset);
    const code = text.codePointAt(offset);
    const found = code === undefined ? "the end" : JSON.stringify(String.fromCodePoint(code));
    return new SyntaxError(`${source}:${line}:${column}: expected ${wanted}, found ${found}`);
  };

  const takeScalar = (wanted: string): Scalar => {
    take(SPACE);
    const value = take(STRING) ?? take(SCALAR);
    if (value === null) throw fail(wanted);
    return JSON.parse(value);
  };
  const takeList = (): Scalar[] => {
    const list: Scalar[] = [];
    if (takeSymbol("]")) return list;
    do list.push(takeScalar(`${SCALARS} in the list`)); while (takeSymbol(","));
    if (!takeSymbol("]")) throw fail('"," or "]"');
    return list;
  };

  const entries: FlatJsonEntry<Scalar | Scalar[]>[] = [];
  if (!takeSymbol("{")) throw fail('"{"');
  if (!takeSymbol("}")) {
    do {
      take(SPACE);
      const { line, column } = position(text, offset);
      const key = take(STRING);
      if (key === null) throw fail("an option's name in double quotes");
      const name = JSON.parse(key) as string;
      if (entries.some((entry) => entry.key === name)) {
        throw new SyntaxError(`${source}:${line}:${column}: ${key} is given twice`);
      }
      if (!takeSymbol(":")) throw fail('":"');
      const isList = mayBeList && takeSymbol("[");
      const value = isList ? takeList() : takeScalar(mayBeList ? `${SCALARS}, or a list` : SCALARS);
      entries.push({ key: name, value, line, column });
    } while (takeSymbol(","));
    if (!takeSymbol("}")) throw fail('"," or "}"');
  }
  take(SPACE);
  if (offset < text.length) throw fail("nothing more");
  return entries;
}

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - (before.lastIndexOf("\n") + 1) + 1 };
}
