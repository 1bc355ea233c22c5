/** What the program prints, and streams that do not take it. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { MetricsFile } from "../../src/cli/metrics_files.ts";
import { Output, type OutputStream, type StreamName } from "../../src/cli/output.ts";
import { exportTiny } from "../export/tiny_model.ts";
import { EVENTS } from "./render/events.ts";
import { withFolder } from "../temporary_folder.ts";
import { start } from "./process.ts";

/** A stream that keeps what it takes: at each call as much as `takes` says, or it throws that error. */
class Stream implements OutputStream {
  text = "";
  readonly #takes: (number | Error)[];

  constructor(takes: (number | Error)[] = []) {
    this.#takes = takes;
  }

  write(bytes: Uint8Array): Promise<number> {
    const next = this.#takes.shift() ?? bytes.length;
    if (next instanceof Error) return Promise.reject(next);
    this.text += new TextDecoder().decode(bytes.subarray(0, next));
    return Promise.resolve(Math.min(next, bytes.length));
  }
}

const FULL = new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");
const GONE = new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
const DISK = new Error("No space left on device (os error 28)");
const LINES: readonly (readonly [StreamName, string])[] = [["out", "one\n"], ["out", "two\n"], [
  "error",
  "three\n",
]];

const CASES: readonly (readonly [what: string, out: Stream, wanted: string, error: string])[] = [
  ["a pipe that takes a little at a time", new Stream([1, 2]), "one\ntwo\n", "three\n"],
  ["a pipe that is full for now", new Stream([2, FULL, FULL, 1, FULL]), "one\ntwo\n", "three\n"],
  ["a pipe that nobody reads any more", new Stream([2, GONE]), "on", "three\n"],
  [
    "a disk that is full for one line",
    new Stream([2, DISK]),
    "on\ntwo\n",
    `three\nwarning: standard output cannot be written (${DISK.message}): what it is to get is left out\n`,
  ],
  [
    "a terminal that is gone",
    new Stream([DISK, DISK]),
    "",
    `three\nwarning: standard output cannot be written (${DISK.message}): what it is to get is left out\n`,
  ],
];

for (const [what, out, wanted, wantedError] of CASES) {
  Deno.test(`Output gets along with ${what}`, async () => {
    const error = new Stream();
    let left = 14;
    const output = new Output({ out, error }, (characters) => left -= characters);
    for (const [name, text] of LINES) output.write(name, text);
    await output.drained();
    assertEquals([out.text, error.text], [wanted, wantedError]);
    assert(left <= 0, "each text is counted when it has left");
    output.write("out", "");
    await output.drained();
    assertEquals(output.isIncomplete, wantedError !== "three\n");
  });
}

Deno.test("Output gives up where neither stream takes anything", async () => {
  const output = new Output({ out: new Stream(Array(9).fill(DISK)), error: new Stream(Array(9).fill(DISK)) });
  for (const [name, text] of [...LINES, ...LINES]) output.write(name, text);
  await output.drained();
});

Deno.test("a metrics file on a full disk costs lines of the file and is told once", () =>
  withFolder((folder) => {
    const told: string[] = [];
    using metrics = new MetricsFile(join(folder, "missing"), (message) => told.push(message));
    for (const event of EVENTS) metrics.render(event);
    assertEquals(told.length, 1);
    assert(/metrics\.jsonl" cannot be written \(.*\): events are left out$/.test(told[0]!), told[0]);
    return Promise.resolve();
  }));

Deno.test({
  name: "a text that goes on for long ends when nobody reads it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const script = join(folder, "head.sh");
      await Deno.writeTextFile(script, '#!/bin/sh\n"$@" | head -c 3\n', { mode: 0o755 });
      await exportTiny(folder);
      const words = ["generate", "--model", "model", "--prompt", "@T", "--max-tokens", "1000000"];
      const { code, out, error } = await start(folder, words, [script]).ended();
      assertEquals([code, out.slice(0, 2), error], [0, "@T", ""]);
    }),
});

Deno.test({
  name: "results that a full disk refuses are a failure",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const script = join(folder, "full.sh");
      await Deno.writeTextFile(script, '#!/bin/sh\nexec "$@" > /dev/full\n', { mode: 0o755 });
      const run = start(folder, ["schema"], [script]);
      const { code, error } = await run.ended();
      assertEquals(code, 1);
      assert(error.startsWith("warning: standard output cannot be written (No space left"), error);
    }),
});
