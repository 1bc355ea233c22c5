// Cuts a proof file at its section marks, strictly: a judge must not guess what belongs where.

/** Texts without their marks; null (theorem: empty) where the file has none. */
export interface Sections {
  readonly theorem: string;
  readonly goal: string;
  readonly hypothesis: string | null;
  readonly counterfactual: string;
  readonly proof: readonly string[] | null;
  /** The line of the file that the proof's first line is, counted from 1. */
  readonly proofStart: number;
}

/** @throws {SyntaxError} on marks that are missing (@G and @C are required), repeated or out of order */
export function readSections(text: string): Sections {
  const order = "TGHCP";
  const found = new Map<string, string[]>();
  let mark = "";
  let proofStart = 0;
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  for (const [i, line] of lines.entries()) {
    if (mark !== "P" && /^@[TGHCP]$/.test(line)) {
      if (mark !== "" && order.indexOf(line.slice(1)) <= order.indexOf(mark)) {
        throw new SyntaxError(`section ${line} out of place`);
      }
      mark = line.slice(1);
      found.set(mark, []);
      proofStart = i + 2;
    } else if (mark === "") throw new SyntaxError(`text before the first section`);
    else found.get(mark)?.push(line);
  }
  const section = (name: string) => found.get(name)?.join("\n") ?? null;
  const [goal, counterfactual] = [section("G"), section("C")];
  if (goal === null || counterfactual === null) throw new SyntaxError("sections @G and @C are required");
  const [theorem, hypothesis, proof] = [section("T") ?? "", section("H"), found.get("P") ?? null];
  return { theorem, goal, hypothesis, counterfactual, proof, proofStart };
}
