/** Signals: what a program that runs answers to Ctrl-C, to SIGTERM and to a terminal that is closed. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { loadCheckpoint, newestCheckpoint } from "../../src/checkpoint/mod.ts";
import { DataError } from "../../src/errors.ts";
import { writeSampleCorpus } from "../../src/corpus/sample/write.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { exportTiny, withEndlessLoop } from "../export/tiny_model.ts";
import { withFolder } from "../temporary_folder.ts";
import { start } from "./process.ts";

const SIZES = "--d-model 8 --n-layers 1 --n-heads 1 --d-mlp 8 --context-length 32 --batch-size 2 --workers 1"
  .split(
    " ",
  );
const TRAIN = ["train", ...SIZES, "--steps", "1000000", "--save-interval", "1000000", "--log-interval", "1"];

/** How a step's row begins. */
function stepRow(step: number): string {
  return `\n${String(step).padStart(8)} `;
}

/** A folder with proofs and a tokenizer. */
function withData(work: (folder: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    await writeSampleCorpus(join(folder, "data", "proofs"), { files: 30 });
    await Deno.mkdir(join(folder, "checkpoints"));
    const tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
    await saveTokenizer(join(folder, "checkpoints", "tokenizer.json"), tokenizer);
    await work(folder);
  });
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: Deno.build.os === "windows", fn });
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 130]] as const) {
  test(`a run that gets ${signal} twice within a millisecond ends with a checkpoint`, () =>
    withData(async (folder) => {
      const run = start(folder, TRAIN);
      await run.until(stepRow(5));
      run.child.kill(signal);
      run.child.kill(signal);
      const { code: found, out, error, ms } = await run.ended();
      assertEquals(found, code, error);
      assert(ms < 2000, `${ms} ms`);
      assert(error.includes("\nstopping after this step; Ctrl-C again in 2 s ends without saving\n"), error);
      assert(error.endsWith("\ngo on with: tactics resume\n"), error);
      const { step } = await loadCheckpoint(await newestCheckpoint(join(folder, "checkpoints")));
      assert(step >= 5 && error.includes(stepRow(step)) && out.includes(`step ${step}/`), out);
    }));
}

/** Steps of half a second (batches of 4) on a machine that does nothing else. */
const SLOW = "train --d-model 128 --n-layers 2 --n-heads 4 --d-mlp 256 --context-length 64 --workers 1"
  .split(" ").concat("--backend reference --steps 9 --log-interval 1".split(" "));

// Two signals that are sent together may reach the program as one: here it has answered the first.
test("a signal that is repeated within two seconds, as launchers do, does not end a run without saving", () =>
  withData(async (folder) => {
    const run = start(folder, [...SLOW, "--batch-size", "4"]);
    await run.until(stepRow(1));
    run.child.kill("SIGINT");
    await run.until("stopping after this step");
    for (let i = 0; i < 3; i++) run.child.kill("SIGINT");
    const { code, error } = await run.ended();
    assertEquals(code, 130, error);
    assert(error.endsWith("\ngo on with: tactics resume --backend reference\n"), error);
    const { step } = await loadCheckpoint(await newestCheckpoint(join(folder, "checkpoints")));
    assert(step >= 1, `${step}`);
  }));

test("a second signal, after two seconds, ends a run at once, in the middle of a step", () =>
  withData(async (folder) => {
    const rare = ["--eval-interval", "9", "--save-interval", "9"]; // the next step begins at once, and lasts
    const run = start(folder, [...SLOW, "--batch-size", "96", ...rare]);
    await run.until(stepRow(1));
    await new Promise((resolve) => setTimeout(resolve, 300));
    run.child.kill("SIGTERM");
    await run.until("stopping after this step");
    await new Promise((resolve) => setTimeout(resolve, 2050));
    run.child.kill("SIGINT");
    const { code, ms } = await run.ended();
    assertEquals(code, 143);
    assert(ms < 1500, `${ms} ms`);
    await assertRejects(() => newestCheckpoint(join(folder, "checkpoints")), DataError);
  }));

test("a run that is still measured ends at once, says so, and leaves nothing", () =>
  withData(async (folder) => {
    const run = start(folder, ["train", ...SIZES, "--minutes", "30"]);
    await run.until("measuring");
    run.child.kill("SIGINT");
    const { code, error, ms } = await run.ended();
    assertEquals(code, 130);
    assert(ms < 2000 && error.includes("\nstopping; Ctrl-C again in 2 s ends at once\n"), error);
    assert(
      error.endsWith("nothing is trained yet, and nothing is changed: start again in the same way\n"),
      error,
    );
    const names = Array.from(Deno.readDirSync(join(folder, "checkpoints")), ({ name }) => name);
    assertEquals(names.sort(), ["run.lock", "tokenizer.json"]);
  }));

test("with --json what a signal does is a notice", () =>
  withData(async (folder) => {
    const run = start(folder, [...TRAIN, "--json"]);
    await run.until('"kind":"step"');
    run.child.kill("SIGTERM");
    const { code, out, error } = await run.ended();
    assertEquals([code, error], [143, ""]);
    const events = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    const notices = events.flatMap(({ kind, message }) => kind === "notice" ? [message] : []);
    assertEquals(notices.slice(-2), [
      "stopping after this step; Ctrl-C again in 2 s ends without saving",
      "go on with: tactics resume",
    ]);
  }));

const ENDLESS: readonly (readonly [what: string, args: readonly string[], text: string])[] = [
  [
    "text without an end",
    ["generate", "--model", "model", "--prompt", "@T", "--max-tokens", "1000000"],
    "@T",
  ],
  ["a model that never ends", ["verify", "endless"], "inputs and outputs"],
  ["drawing from one", ["generate", "--model", "endless", "--prompt", "@T"], "@T"],
  ["standard input that stays open", ["suggest", "--model", "model"], ""],
];
for (const [what, args, text] of ENDLESS) {
  test(`${what} is ended by Ctrl-C and by SIGTERM`, () =>
    withFolder(async (folder) => {
      await exportFolders(folder);
      for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
        const { code: found, error, ms } = await endedBy(signal, { folder, args, text });
        assertEquals(found, code, error);
        assert(
          ms < 2500 && error.includes("stopping; Ctrl-C again in 2 s ends at once\n"),
          `${ms} ms: ${error}`,
        );
      }
    }));
}

/** A command's end by a signal after a text. One that says nothing may not listen yet: it is asked later, then. */
async function endedBy(
  signal: Deno.Signal,
  { folder, args, text }: { folder: string; args: readonly string[]; text: string },
): ReturnType<ReturnType<typeof start>["ended"]> {
  for (let waitMs = 500;; waitMs *= 4) {
    const run = start(folder, args);
    await run.until(text);
    if (text === "") await new Promise((resolve) => setTimeout(resolve, waitMs));
    run.child.kill(signal);
    const ended = await run.ended();
    if (text !== "" || ended.error !== "" || waitMs > 5000) return ended;
  }
}

/** An untrained model in the folder `model`, and the same behind an endless loop in `endless`. */
async function exportFolders(folder: string): Promise<void> {
  await exportTiny(folder);
  const path = join(await exportTiny(folder, "endless"), "model.onnx");
  await Deno.writeFile(path, withEndlessLoop(await Deno.readFile(path)));
}
