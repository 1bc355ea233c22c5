import { assert, assertEquals } from "@std/assert";
import { createRenderer } from "../../../src/cli/render/mod.ts";
import { progressBar } from "../../../src/cli/render/terminal.ts";
import type { TrainEvent } from "../../../src/metrics/events.ts";
import { EVENTS, stepEvent } from "./events.ts";

interface Look {
  json?: boolean;
  isTerminal?: boolean;
  color?: boolean;
  columns?: number;
}

function show(
  events: readonly TrainEvent[],
  { json = false, isTerminal = false, color = false, columns = 80 }: Look,
): string {
  let output = "";
  const renderer = createRenderer({
    json,
    isTerminal,
    color,
    write: (text) => output += text,
    columns: () => columns,
  });
  for (const event of events) renderer.render(event);
  renderer.close();
  return output;
}

/**
 * What a terminal shows in the end: a carriage return goes back to the line's start and writing replaces what
 * stood there.
 */
function screen(output: string): string[] {
  return output.split("\n").map((line) => {
    const cells: string[] = [];
    let column = 0;
    for (const character of line) {
      if (character === "\r") column = 0;
      else cells[column++] = character;
    }
    return cells.join("").trimEnd();
  });
}

const PLAIN = [
  "model: pointer, 4,787,456 parameters; wasm 6x16, 2 workers",
  "recipe: fast; architecture pointer, dModel 256, nLayers 6, nHeads 8, dMlp 1024, dropout 0.1 (fast: 0), " +
  "batchSize 8, fewestSteps 600, shards 8, optimizer muon, muonLearningRate 0.03, learningRate 0.003, " +
  "minLearningRate 0, schedule wsd, proofWeight 3, proverForm 0.75, renaming 0.25, substitution 0.25",
  "proofs: 4,497 to train on (1,411,111 tokens), 492 to validate on; split bc122bbdc6bf",
  "run: 200 steps, 141 an epoch",
  "step 100/200  loss 3.1416  lr 3.00e-4  grad 0.99  2,346 tokens/s  2,558 ms  left 1m 40s",
  "evaluation at step 100: 1.4322 bits/byte, loss 2.5000 (100 of 492 proofs), best so far",
  "sample at step 100:",
  "  > @G",
  "  > a = b",
  "  > @P",
  "    b = a",
  "    ␛[31mred",
  "checkpoint checkpoints/best.safetensors (best)",
  "warning: slow",
  "hint: use the flags",
  "step 200/200  loss 3.1416  lr 3.00e-4  grad 0.99  2,346 tokens/s  2,558 ms  left 0s",
  "evaluation at step 200: 1.5000 bits/byte, loss 2.6000",
  "finished at step 200/200 after 4m 05s; best 1.4322 bits/byte at step 100",
  "model: checkpoints/best.safetensors",
  "",
];

Deno.test("plain lines show the logged steps and everything else", () => {
  assertEquals(show(EVENTS, {}).split("\n"), PLAIN);
});

Deno.test("plain lines say where a resumed run begins", () => {
  const start = { ...EVENTS[0]!, step: 50 } as TrainEvent;
  assertEquals(show([start], {}).split("\n")[3], "run: from step 50 to 200 steps, 141 an epoch");
});

Deno.test("JSON lines are the events, without the steps that are not logged", () => {
  const lines = show(EVENTS, { json: true, isTerminal: true, color: true }).trimEnd().split("\n").map((
    line,
  ) => JSON.parse(line));
  const expected = EVENTS.filter((event) => event.kind !== "step" || event.log).map((event) => {
    const { log: _, ...rest } = event as TrainEvent & { log?: boolean };
    return rest;
  });
  assertEquals(lines, expected);
  const step = lines.find(({ kind }) => kind === "step");
  for (const key of ["step", "loss", "learningRate", "tokens", "tokensPerSecond", "stepMs"]) {
    assert(key in step, key);
  }
});

Deno.test("a terminal shows the plain lines, and of the steps only a bar that is gone at the end", () => {
  const plain = PLAIN.filter((line) => !line.startsWith("step "));
  assertEquals(screen(show(EVENTS, { isTerminal: true })), plain);
});

Deno.test("a terminal's bar stands in the last line while the run goes on, also after other lines", () => {
  const shown = progressBar(stepEvent(100), 79);
  assertEquals(screen(show(EVENTS.slice(0, 3), { isTerminal: true, columns: 79 })).slice(-2), [shown, ""]);
  assertEquals(screen(show(EVENTS.slice(0, 4), { isTerminal: true, columns: 79 })).slice(-3), [
    PLAIN[5]!,
    shown,
    "",
  ]);
  assert(shown.includes(" 50% 100/200  loss 3.142"), shown);
});

Deno.test("a shorter bar blanks the rest of a longer one", () => {
  const events = [stepEvent(1, { tokensPerSecond: 1e9 }), stepEvent(2, { tokensPerSecond: 1 })];
  assertEquals(screen(show(events, { isTerminal: true, columns: 120 }))[0], progressBar(events[1]!, 120));
});

Deno.test("progressBar() has the loss, the rate, the speed and the time left where there is room", () => {
  assertEquals(
    progressBar(stepEvent(150), 120),
    "[######################........]  75% 150/200  loss 3.142  50s left  2,346 tokens/s  lr 3.00e-4",
  );
  assertEquals(progressBar(stepEvent(150), 40), " 75% 150/200  loss 3.142  50s left");
  for (let columns = 11; columns < 200; columns++) {
    for (const step of [1, 100, 200]) {
      const bar = progressBar(stepEvent(step), columns);
      assert(bar.length < columns, `${bar.length} characters in ${columns} columns: ${bar}`);
    }
  }
});

Deno.test("the bar is not redrawn more often than ten times a second, but at the last step", () => {
  const quick = Array.from({ length: 200 }, (_, i) => stepEvent(i + 1, { elapsedSeconds: i / 1000 }));
  const output = show(quick, { isTerminal: true });
  assertEquals(output.split("\r").length - 1, 3);
  assert(output.includes("100% 200/200"));
});

Deno.test("colours come only where they are wanted, and never without a terminal", () => {
  assert(show(EVENTS, { isTerminal: true, color: true }).includes("\x1b[32mevaluation at step 100"));
  assert(!show(EVENTS, { isTerminal: true }).includes("\x1b"));
  assert(!show(EVENTS, { color: true }).includes("\x1b"));
});
