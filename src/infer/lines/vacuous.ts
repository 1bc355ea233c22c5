// Lines that hold whatever their names mean, by their text alone: `a = a`, `p or not p`, with anything else
// joined to them by `or`. They parse, are accepted, and help no proof.

/** Whether a line, with single spaces, says nothing. */
export function isVacuous(line: string): boolean {
  const clauses = splitOutside(line, " or ");
  const said = new Set(clauses);
  return clauses.some((clause) => {
    if (clause === "true" || clause === "not false") return true;
    if (clause.startsWith("not ") && said.has(clause.slice(4))) return true;
    const sides = splitOutside(clause, " = ");
    return sides.length === 2 && sides[0] === sides[1];
  });
}

/** Split where no bracket is open. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    if ("([{".includes(text[at]!)) depth++;
    else if (")]}".includes(text[at]!)) depth--;
    else if (depth === 0 && text.startsWith(separator, at)) {
      parts.push(text.slice(start, at));
      at += separator.length - 1;
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}
