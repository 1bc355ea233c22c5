/**
 * `deno task test:python`: everything that is checked against Python (PyTorch, HuggingFace tokenizers, onnx.checker, native ONNX Runtime).
 * It makes the virtual environment, trains a tiny model of each architecture with our own command line, and runs the scripts beside this
 * file on what came out. Each script prints its checks; the last line here is "N passed, N failed".
 *
 *     --if-possible     where no Python can be used, say so and end well (for machines that only happen to have one)
 *     TACTICS_PYTHON    a python that has the packages of requirements.txt: no environment is made then
 */
import { fromFileUrl, join } from "@std/path";
import { pythonEnvironment, PythonUnavailable } from "./environment.ts";

const HERE = fromFileUrl(new URL(".", import.meta.url));
const ROOT = join(HERE, "..", "..");

/** Files of the sample corpus to train on, and further ones to measure bits a byte on. */
const TRAINING_FILES = 400;
const MEASURED_FILES = 100;
/** Largest difference of bits a byte between `tactics eval` and bits_per_byte.py. */
const BITS_LIMIT = 1e-3;

const TINY_MODEL = [
  "--context-length",
  "256",
  "--d-model",
  "48",
  "--n-layers",
  "2",
  "--n-heads",
  "4",
  "--d-mlp",
  "100",
];
const SHORT_RUN = ["--steps", "60", "--batch-size", "16", "--learning-rate", "0.003", "--seed", "7"];

/** Counts over all scripts. */
class Tally {
  passed = 0;
  failed = 0;

  check(name: string, good: boolean, detail: string): void {
    if (good) this.passed++;
    else this.failed++;
    console.log(`${good ? "ok" : "FAILED"}  ${name}: ${detail}`);
  }
}

/** What a program printed, and whether it ended well. */
interface Outcome {
  readonly success: boolean;
  readonly output: string;
}

/** Run a program in the project's folder; its errors go to the terminal. */
async function run(program: string, args: readonly string[]): Promise<Outcome> {
  const command = new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    stdout: "piped",
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  return { success, output: new TextDecoder().decode(stdout) };
}

/** Run `tactics …` from this checkout. */
async function tactics(...args: string[]): Promise<string> {
  const { success, output } = await run(Deno.execPath(), [
    "run",
    "--quiet",
    "-A",
    join(ROOT, "main.ts"),
    ...args,
  ]);
  if (!success) throw new Error(`tactics ${args.join(" ")} failed:\n${output}`);
  return output;
}

/** How the scripts end: "N passed, N failed", or "N comparisons, N differences", which together are one check. */
const COUNTS = /(\d+) (passed|comparisons), (\d+) (?:failed|differences)$/;

/** Run a script that ends with its counts, and add them. */
async function runScript(tally: Tally, python: string, script: string, ...args: string[]): Promise<void> {
  console.log(`\n${script}`);
  const { success, output } = await run(python, [join(HERE, script), ...args]);
  console.log(output.trimEnd());
  const counts = output.trimEnd().match(COUNTS);
  if (counts?.[2] === "passed") {
    tally.passed += Number(counts[1]);
    tally.failed += Number(counts[3]);
  } else if (counts !== null) {
    tally.check(script, counts[3] === "0", counts[0]);
  }
  if (counts === null || success !== (counts[3] === "0")) {
    tally.check(
      script,
      false,
      counts === null ? "ended without counts" : "its exit code contradicts its counts",
    );
  }
}

/** Sample proofs and a tokenizer in `work`: folders train, measured and checkpoints. */
async function makeCorpus(work: string): Promise<void> {
  const all = join(work, "all");
  await tactics("data", "sample", "--data-dir", all);
  const names = [...Deno.readDirSync(all)].map((entry) => entry.name).filter((name) => name.endsWith(".txt"))
    .sort();
  const slices = { train: names.slice(0, TRAINING_FILES), measured: names.slice(-MEASURED_FILES) };
  for (const [folder, slice] of Object.entries(slices)) {
    await Deno.mkdir(join(work, folder));
    for (const name of slice) await Deno.copyFile(join(all, name), join(work, folder, name));
  }
}

/** Train, export and measure one architecture; Python must agree with every number. */
async function checkArchitecture(
  tally: Tally,
  python: string,
  work: string,
  architecture: string,
): Promise<void> {
  const [train, measured] = [join(work, "train"), join(work, "measured")];
  const checkpoints = join(work, `checkpoints-${architecture}`);
  const exported = join(work, `export-${architecture}`);
  await tactics("tokenizer", "--data-dir", train, "--output-dir", checkpoints, "--vocab-size", "512");
  const folders = ["--data-dir", train, "--checkpoint-dir", checkpoints];
  await tactics("train", "--architecture", architecture, ...folders, ...TINY_MODEL, ...SHORT_RUN);
  await runScript(tally, python, "tensorboard_check.py", checkpoints);
  const checkpoint = newestCheckpoint(checkpoints);
  await tactics("export", checkpoint, exported);
  const check = (folder: string): Promise<void> =>
    runScript(tally, python, "onnx_check.py", folder, checkpoint, "--proofs", measured);
  await check(exported);
  await tactics("export", checkpoint, `${exported}-int8`, "--quantize", "int8", "--data-dir", train);
  await check(`${exported}-int8`);
  if (architecture === "reference") {
    await checkForeignExport(tally, python, checkpoint, `${exported}-pytorch`);
  }

  console.log("\nbits_per_byte.py");
  const ours = lastJson(
    await tactics("eval", checkpoint, "--all", "--lines", "0", "--data-dir", measured, "--json"),
  );
  const script = [join(HERE, "bits_per_byte.py"), checkpoint, join(exported, "tokenizer.json"), measured];
  const oracle = lastJson((await run(python, script)).output);
  const difference = Math.abs(ours.bitsPerByte! - oracle.bitsPerByte!);
  const detail = `${ours.bitsPerByte} and ${oracle.bitsPerByte}`;
  tally.check(`bits a byte, ${architecture}`, difference < BITS_LIMIT, detail);
}

/** What is wrong with a folder that PyTorch's exporter made, and that verification finds it, and nothing else. */
const FOREIGN_FAULTS = [
  "no weights are stored twice",
  "an empty and a zero first cache are the same",
  "the model goes on beyond its context",
];

async function checkForeignExport(
  tally: Tally,
  python: string,
  checkpoint: string,
  folder: string,
): Promise<void> {
  console.log("\nreference_export.py");
  const { success, output } = await run(python, [join(HERE, "reference_export.py"), checkpoint, folder]);
  if (!success) throw new Error(`reference_export.py failed:\n${output}`);
  const verified = await run(Deno.execPath(), [
    "run",
    "--quiet",
    "-A",
    join(ROOT, "main.ts"),
    "verify",
    folder,
    "--json",
  ]);
  tally.check("verify refuses what PyTorch exports", !verified.success, "its exit code");
  const checks = verified.output.split("\n").filter((line) => line.includes('"kind":"check"'))
    .map((line) => JSON.parse(line) as { name: string; ok: boolean; detail: string });
  for (const { name, ok, detail } of checks) {
    tally.check(`verify: ${name}`, ok !== FOREIGN_FAULTS.includes(name), `${ok ? "ok" : "wrong"}, ${detail}`);
  }
  tally.check("verify made all checks", checks.length === 16, `${checks.length}`);
}

function newestCheckpoint(folder: string): string {
  const files = [...Deno.readDirSync(folder)].filter((entry) => entry.name.endsWith(".safetensors"))
    .map((entry) => join(folder, entry.name))
    .map((path) => ({ path, time: Deno.statSync(path).mtime?.getTime() ?? 0 }))
    .sort((a, b) => b.time - a.time);
  if (files.length === 0) throw new Error(`no checkpoint in ${folder}`);
  return files[0]!.path;
}

/** The last line that is a JSON object with bits a byte. */
function lastJson(output: string): { bitsPerByte?: number } {
  const line = output.trimEnd().split("\n").findLast((text) =>
    text.startsWith("{") && text.includes("bitsPerByte")
  );
  if (line === undefined) throw new Error(`no line with bitsPerByte in:\n${output}`);
  return JSON.parse(line) as { bitsPerByte?: number };
}

async function main(): Promise<number> {
  const python = Deno.env.get("TACTICS_PYTHON") ??
    await pythonEnvironment(join(ROOT, ".venv"), join(HERE, "requirements.txt"));
  const tally = new Tally();
  const deno = ["--deno", Deno.execPath()];
  await runScript(tally, python, "gradients.py", ...deno);
  const work = await Deno.makeTempDir({ prefix: "tactics-python-" });
  try {
    await makeCorpus(work);
    await runScript(tally, python, "tokenizer_check.py", join(work, "measured"), ...deno);
    for (const architecture of ["pointer", "reference"]) {
      await checkArchitecture(tally, python, work, architecture);
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (!(error instanceof PythonUnavailable)) throw error;
    const possible = Deno.args.includes("--if-possible");
    console.error(`${possible ? "skipped: " : ""}The Python checks cannot run: ${error.message}`);
    Deno.exit(possible ? 0 : 1);
  }
}
