import { assert, assertEquals } from "@std/assert";
import { LiveRegion } from "../../../src/cli/live_region.ts";
import { createRenderer } from "../../../src/cli/render/mod.ts";
import { eventLines } from "../../../src/cli/render/plain.ts";
import { History } from "../../../src/cli/render/sparkline.ts";
import { progressBar } from "../../../src/cli/render/terminal.ts";
import type { TrainEvent } from "../../../src/metrics/events.ts";
import { screen } from "../screen.ts";
import { EVENTS, stepEvent } from "./events.ts";

interface Look {
  json?: boolean;
  quiet?: boolean;
  samples?: boolean;
  isTerminal?: boolean;
  color?: boolean;
  columns?: number;
}

/** Both streams as they come, or one of them. */
function show(events: readonly TrainEvent[], look: Look, stream?: "out" | "error"): string {
  const { json = false, quiet = false, samples = true, isTerminal = false, color = false, columns = 80 } =
    look;
  let output = "";
  const write = (name: "out" | "error", text: string): void => {
    if (stream === undefined || stream === name) output += text;
  };
  const writeError = (text: string): void => write("error", text);
  const region = new LiveRegion({ writeError, columns: () => columns }, isTerminal);
  const renderer = createRenderer({ json, quiet, samples, color, region, write, columns: () => columns });
  for (const event of events) renderer.render(event);
  return output;
}

const START = [
  "model: pointer, 4,787,456 parameters; wasm 6x16, 2 workers",
  "recipe: fast, dropout 0.1 instead of 0",
  "proofs: 4,497 to train on (1,411,111 tokens), 492 held out; split bc122bbdc6bf",
  "run: 200 steps, 141 an epoch",
];
const HEADER = "    step      time    loss  bits/byte";
const BEST = "     100    1m 00s  2.5000     1.4322  best so far, on 100 of 492 proofs";
const SAMPLE = ["sample at step 100:", "  > @G", "  > a = b", "  > @P", "    b = a", "    ␛[31mred"];
const PLAIN = [
  ...START,
  HEADER,
  "     100    1m 40s  3.1416          -  2,346 tokens/s, 1m 40s left",
  BEST,
  ...SAMPLE,
  "warning: slow",
  "hint: use the flags",
  "     200    3m 20s  3.1416          -  2,346 tokens/s, 0s left",
  "     200    1m 00s  2.6000     1.5000  on 492 proofs",
  "finished at step 200/200 after 4m 05s; best 1.4322 bits/byte at step 100",
  "model: checkpoints/best.safetensors",
  "",
];

Deno.test("plain lines show logged steps and evaluations as rows of one table, and everything else", () => {
  assertEquals(show(EVENTS, {}).split("\n"), PLAIN);
});

Deno.test("a plan is steps, time, memory and disk, with what is there where that is known", () => {
  const plan = {
    kind: "plan",
    steps: 4140,
    epochs: 2.46,
    minutes: 52,
    memoryBytes: 420e6,
    availableBytes: 5e9,
    diskBytes: 190e6,
    checkpoints: 5,
    freeBytes: 40e9,
    checkpointDir: "checkpoints",
  } as const;
  assertEquals(eventLines(plan), [
    "this run: 4,140 steps (2.5 epochs), about 52m 00s",
    "memory: about 420 MB, 5.00 GB available",
    "disk: about 190 MB for 5 checkpoints in checkpoints, 40.0 GB free",
  ]);
  const [run, memory, disk] = eventLines({ ...plan, epochs: 30, availableBytes: null, freeBytes: null });
  assertEquals([run, memory], ["this run: 4,140 steps (30 epochs), about 52m 00s", "memory: about 420 MB"]);
  assertEquals(disk, "disk: about 190 MB for 5 checkpoints in checkpoints");
});

Deno.test("how a run ended is a result, and everything else is progress", () => {
  assertEquals(show(EVENTS, {}, "out").split("\n"), PLAIN.slice(-3));
  assertEquals(show(EVENTS, { isTerminal: true }, "out").split("\n"), PLAIN.slice(-3));
});

Deno.test("what the model writes is shown on request", () => {
  const without = PLAIN.filter((line) => !SAMPLE.includes(line));
  assertEquals(show(EVENTS, { samples: false }).split("\n"), without);
});

Deno.test("quiet leaves the result, and warnings", () => {
  assertEquals(show(EVENTS, { quiet: true }).split("\n"), [
    "warning: slow",
    "hint: use the flags",
    ...PLAIN.slice(-3),
  ]);
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

Deno.test("a terminal shows the plain lines, and of the steps only a region that is gone at the end", () => {
  const plain = PLAIN.filter((line) => !line.endsWith(" left"));
  plain.splice(START.length, 2, HEADER, BEST);
  assertEquals(screen(show(EVENTS, { isTerminal: true })), plain);
});

Deno.test("a terminal's region stands below everything else while the run goes on", () => {
  const columns = 79;
  const shown = screen(show(EVENTS.slice(0, 4), { isTerminal: true, columns }));
  assertEquals(shown, [
    ...START,
    HEADER,
    BEST,
    progressBar(stepEvent(100), columns),
    "loss 3.142 ▁▁   bits/byte 1.432 ▁",
  ]);
  assert(shown.at(-2)!.endsWith(" 50%  1m 40s left  step 100 of 200  2,346 tokens/s"), shown.at(-2));
});

Deno.test("a region that got narrower with its terminal leaves no rest", () => {
  let columns = 120;
  let output = "";
  const terminal = { writeError: (text: string) => void (output += text), columns: () => columns };
  const region = new LiveRegion(terminal, true);
  region.show(["x".repeat(100), "y"], true);
  columns = 60; // the first line is two rows now, as the test's screen has it when it is that wide
  assertEquals(screen(output, 60), ["x".repeat(60), "x".repeat(40), "y"]);
  region.show(["z"], true);
  assertEquals(screen(output, 60), ["z"]);
  region.clear();
  assertEquals(screen(output, 60), [""]);
});

Deno.test("a region that was left stands where others write below it", () => {
  let output = "";
  const region = new LiveRegion({ writeError: (text) => void (output += text), columns: () => 80 }, true);
  region.show(["50%", "loss"], true);
  region.leave();
  output += "\nstopping\n";
  region.show(["51%", "loss"], true);
  region.clear();
  assertEquals(screen(output), ["50%", "loss", "stopping", ""]);
});

Deno.test("a sparkline has the least and the largest value at its ends, however many there are", () => {
  const history = new History();
  assertEquals(history.sparkline(8), "");
  for (let i = 0; i < 5000; i++) history.add(Math.exp(-i / 500));
  assertEquals(history.sparkline(8), "█▇▆▅▄▃▂▁");
  const rising = new History();
  for (const value of [1, 2, 4]) rising.add(value);
  assertEquals(rising.sparkline(8), "▁▅█");
});

Deno.test("progressBar() has the time left, the step and the speed where there is room", () => {
  assertEquals(
    progressBar(stepEvent(150), 120),
    "██████████████████████░░░░░░░░  75%  50s left  step 150 of 200  2,346 tokens/s",
  );
  assertEquals(progressBar(stepEvent(150), 40), " 75%  50s left  step 150 of 200");
  for (let columns = 11; columns < 200; columns++) {
    for (const step of [1, 100, 200]) {
      const bar = progressBar(stepEvent(step), columns);
      assert(bar.length < columns, `${bar.length} characters in ${columns} columns: ${bar}`);
    }
  }
});

Deno.test("the region is not redrawn more often than ten times a second, but at the last step", () => {
  const quick = Array.from({ length: 200 }, (_, i) => stepEvent(i + 1));
  const begun = performance.now();
  const output = show(quick, { isTerminal: true });
  const most = 2 + Math.ceil((performance.now() - begun) / 100);
  assert(output.split("tokens/s").length - 1 <= most, output);
  assert(output.includes("100%"));
});

Deno.test("colours come only where they are wanted, and never without a terminal", () => {
  assert(show(EVENTS, { isTerminal: true, color: true }).includes(`\x1b[32m${BEST}`));
  assert(!show(EVENTS, { isTerminal: true }).includes("\x1b[0m"));
  assert(!show(EVENTS, { color: true }).includes("\x1b"));
});
