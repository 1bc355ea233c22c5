/** The soak (tools/soak), briefly: kills, flipped bytes, mutated inputs, an interrupted run; nothing is lost. */
import { assert, assertEquals } from "@std/assert";
import { flip } from "../../tools/soak/flip.ts";
import { kill } from "../../tools/soak/kill.ts";
import { attack } from "../../tools/soak/mutate.ts";
import { parsers } from "../../tools/soak/parsers.ts";
import type { Part, Row } from "../../tools/soak/part.ts";
import { steps } from "../../tools/soak/steps.ts";

const BRIEF = { seed: 1, progress: () => {} };

async function brief(part: Part, runs: number): Promise<void> {
  check(await part.run({ ...BRIEF, runs }));
}

function check(rows: readonly Row[]): void {
  for (const { what, tried, lost } of rows) {
    assertEquals(lost, [], what);
    assert(tried > 0, what);
  }
}

Deno.test({
  name: "runs that are killed, one of them inside a write, end with the bytes of one that was not",
  ignore: Deno.build.os === "windows",
  fn: () => brief(kill, 3),
});

Deno.test({
  name: "a run that is interrupted and goes on ends with the bytes of one that was not",
  ignore: Deno.build.os === "windows",
  fn: () => brief(steps, 200),
});

Deno.test("a checkpoint of which a byte is changed is refused", () => brief(flip, 100));

for (const parser of parsers()) {
  Deno.test(`a thousand mutated inputs (${parser.name}) are taken or refused, with its own errors`, () => {
    check([attack(parser, { ...BRIEF, runs: 1000 })]);
  });
}

Deno.test("a parser that crashes, hangs or says too much is found", () => {
  const parser = { name: "broken", good: [Uint8Array.of(1, 2, 3)], errors: [RangeError] };
  let calls = 0;
  const reasons: [parse: () => void, reason: string][] = [
    [() => void (calls++ > 0 && fail(new TypeError("crash"))), "TypeError: crash"],
    [() => void (calls++ > 0 && fail(new RangeError("x".repeat(3000)))), "a message without end"],
  ];
  for (const [parse, reason] of reasons) {
    calls = 0;
    const { lost } = attack({ ...parser, parse }, { ...BRIEF, runs: 1 });
    assertEquals(lost, [`input 0: ${reason}`]);
  }
});

function fail(error: Error): never {
  throw error;
}
