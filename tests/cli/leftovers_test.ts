/** What the program leaves when it is killed in a write: the next run in the folder removes it, and says so. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { writeSampleCorpus } from "../../src/corpus/sample/write.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { withFolder } from "../temporary_folder.ts";
import { start } from "./process.ts";

const SIZES =
  "--d-model 64 --n-layers 2 --n-heads 2 --d-mlp 256 --context-length 32 --batch-size 1 --workers 1"
    .split(" ");
const FOREIGN = [".notes.tmp", ".best.safetensors.tmp", "step_000001.safetensors.tmp"];

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

/** Kill -9 when a name of this kind appears. @returns the names of this kind that are left */
async function killedAt(
  kind: RegExp,
  folder: string,
  args: readonly string[],
  cwd: string,
): Promise<string[]> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const watcher = Deno.watchFs(folder, { recursive: false });
    const run = start(cwd, args);
    run.child.status.then(() => watcher.close());
    for await (const { kind: what, paths } of watcher) {
      if (what !== "create" || !paths.some((path) => kind.test(path))) continue;
      try {
        run.child.kill("SIGKILL");
      } catch {
        // it has ended
      }
    }
    await run.ended();
    const left = namesIn(folder).filter((name) => kind.test(name));
    if (left.length > 0) return left; // or the rename was faster
  }
  throw new Error("never killed inside a write");
}

function test(name: string, fn: (folder: string) => Promise<void>): void {
  Deno.test({ name, ignore: Deno.build.os === "windows", fn: () => withFolder(fn) });
}

async function prepare(folder: string): Promise<string> {
  await writeSampleCorpus(join(folder, "data", "proofs"), { files: 30 });
  const checkpoints = join(folder, "checkpoints");
  await Deno.mkdir(checkpoints);
  const tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
  await saveTokenizer(join(checkpoints, "tokenizer.json"), tokenizer);
  return checkpoints;
}

async function finished(folder: string, args: readonly string[]): Promise<string> {
  const { code, error } = await start(folder, args).ended();
  assertEquals(code, 0, error);
  return error;
}

test("resume removes what a run that was killed in a checkpoint's write left, and says so", async (folder) => {
  const checkpoints = await prepare(folder);
  for (const name of FOREIGN) await Deno.writeTextFile(join(checkpoints, name), "kept");
  const train = ["train", ...SIZES, "--steps", "200", "--save-interval", "1", "--eval-interval", "1000"];
  const left = await killedAt(
    /\.step_0000(?:0[3-9]|[1-9]\d)\.safetensors\..*\.tmp$/,
    checkpoints,
    train,
    folder,
  );
  const error = await finished(folder, [
    "resume",
    "--steps",
    "201",
    "--save-interval",
    "1000",
    "--workers",
    "1",
  ]);
  assert(
    /removed what killed runs left unfinished in "checkpoints", [\d.]+ \w+: \.step_/.test(error),
    error,
  );
  assert(error.includes(left[0]!), error);
  assertEquals(namesIn(checkpoints).filter((name) => name.endsWith(".tmp")), FOREIGN.toSorted());
});

test("the next run removes the checkpoint of one that was killed while it was measured", async (folder) => {
  const checkpoints = await prepare(folder);
  const train = ["train", ...SIZES, "--minutes", "1"];
  const [left] = await killedAt(/\.measured\..*\.tmp$/, checkpoints, train, folder);
  assert(/^\.\.?measured\./.test(left!), left!);
  const error = await finished(folder, ["train", ...SIZES, "--steps", "1"]);
  assert(error.includes(`${left}`), error);
  assertEquals(namesIn(checkpoints).filter((name) => name.startsWith(".")), []);
});

test("export removes the folder of an export that was killed, and says so", async (folder) => {
  await prepare(folder);
  await finished(folder, ["train", ...SIZES, "--steps", "1"]);
  const other = join(folder, ".somebody.0f0e0d0c-1111-4222-8333-444455556666.partial");
  await Deno.mkdir(other);
  await Deno.writeTextFile(join(other, "precious.txt"), "kept");
  const [left] = await killedAt(/\.x\..*\.partial$/, folder, ["export", "checkpoints", "x"], folder);
  const error = await finished(folder, ["export", "checkpoints", "y"]);
  assert(error.includes("removed what killed runs left unfinished") && error.includes(left!), error);
  assertEquals(namesIn(folder).filter((name) => name.endsWith(".partial")), [other.split("/").at(-1)]);
  assertEquals(namesIn(other), ["precious.txt"]);
  assertEquals(namesIn(join(folder, "y")), ["README.md", "config.json", "model.onnx", "tokenizer.json"]);
});
