import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { parseModule } from "../../src/acorn/mod.ts";
import { editedText, prove, type ProveEvent, type ProveResult } from "../../src/prove/mod.ts";
import { ACORN, LIBRARY, recordedJudge } from "./recorded_judge.ts";

/** Takes lines away from a module, and has the goal at another line, the next of its text, proved. */
async function rescue(
  file: string,
  removed: readonly string[],
  goal: string,
  name: string,
): Promise<{ events: ProveEvent[]; result: ProveResult; text: string; whole: string }> {
  const whole = await Deno.readTextFile(join(LIBRARY, file));
  const lines = whole.split("\n");
  const gone = removed.map((text) => lines.findIndex((line) => line.trim() === text));
  const text = lines.filter((_, i) => !gone.includes(i)).join("\n");
  const isTheorem = goal.startsWith("theorem");
  const line = text.split("\n").findIndex((line, i) => (isTheorem || i >= gone[0]!) && line.trim() === goal);
  const recorded = await recordedJudge(file, name);
  await using judge = recorded.judge;
  const { library, module } = recorded;
  library.add(module.name, text);
  const events: ProveEvent[] = [];
  // By the clock of the answers, so that the same is asked on every machine. The library is small: what its
  // prover proves it proves at once.
  const clock = (): number => judge.asked.length;
  const options = { judge, library, seconds: 400, trySeconds: 0.3, processes: 1, clock };
  for await (const event of prove({ text, line, name: module.name }, options)) events.push(event);
  return { events, result: events.at(-1) as ProveResult, text, whole };
}

const where = ACORN === undefined ? "as acorn 0.2.6 said" : `by ${ACORN}`;

for (
  const [file, removed, goal] of [
    ["src/num.ac", "g(Num.zero)", "g(b)"],
    ["src/commute.ac", "h(Num.zero)", "h(b)"],
    ["src/commute.ac", "k(Num.zero)", "k(c)"],
  ] as const
) {
  Deno.test(`prove() finds ${removed}, without which ${goal} fails, ${where}`, async () => {
    const { events, result, text } = await rescue(file, [removed], goal, removed.split("(")[0]!);
    assertEquals(result.outcome, "proved", JSON.stringify(events));
    assertEquals(result.lines, [removed]);
    assert(result.tried > 0 && result.accepted > 0 && !result.isRestated);
    const edited = parseModule(editedText(text, result.edit!));
    assertEquals(edited.problems, []);
    assert(events.some(({ kind }) => kind === "accepted") && events[0]!.kind === "start");
    assertEquals(structuredClone(events), events); // plain data
  });
}

Deno.test(`prove() says that a goal needs no line, ${where}`, async () => {
  const { result } = await rescue("src/num.ac", ["f(Num.zero)"], "f(a)", "needless");
  assertEquals([result.outcome, result.lines, result.edit, result.runs], ["proved", [], null, 2]);
});

Deno.test(`prove() puts two lines together, neither of which helps alone, ${where}`, async () => {
  const theorem = "theorem both(a: Num, b: Num, c: Num) {";
  const { events, result } = await rescue("src/both.ac", ["h(c)", "k(c)"], theorem, "both");
  assertEquals(result.outcome, "proved", JSON.stringify(events));
  // What both inductions end with; the first is as good at the next number.
  assertEquals(result.lines.toSorted(), ["h(Num.suc(c))", "k(c)"]);
});
