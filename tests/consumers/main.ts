/**
 * `deno task test:consumers`: exported folders in the programs that they are for: transformers.js, Python's
 * transformers with optimum, and onnxruntime-genai. A tiny model is trained and exported with our own command
 * line; each program must write our own decoder's text after every goal, alone and in a batch with filling.
 * Not part of the gate: it installs several hundred MB.
 *
 *     TACTICS_CONSUMERS_PYTHON    a python with the packages of requirements.txt: no environment is made
 *
 * A program that cannot be installed here is skipped, and said to be.
 */
import { fromFileUrl, join } from "@std/path";
import { chooseBackend, openModel } from "../../mod.ts";
import { generateTokens } from "../../src/infer/sample.ts";
import { pythonEnvironment, PythonUnavailable } from "../python/environment.ts";
import { checkTransformersJs } from "./transformers_js.ts";

/** A goal, and the text that our own decoder writes after it. */
export interface ExpectedText {
  readonly goal: string;
  readonly text: string;
}

const HERE = fromFileUrl(new URL(".", import.meta.url));
const ROOT = join(HERE, "..", "..");

const GOALS = 6;
/** Tokens to write, at most; the three programs are told the same. */
const MAX_TOKENS = 24;
const TINY_MODEL = { "context-length": 256, "d-model": 64, "n-layers": 2, "n-heads": 4, "d-mlp": 160 };
const SHORT_RUN = { "steps": 250, "batch-size": 8, "seed": 7 };

async function main(): Promise<number> {
  const work = await Deno.makeTempDir({ prefix: "tactics-consumers-" });
  try {
    const folders = await exportFolders(work);
    const expected = await expectedTexts(folders.checkpoint, join(work, "proofs"));
    await Deno.writeTextFile(
      join(work, "expected.json"),
      JSON.stringify({ maxTokens: MAX_TOKENS, expected }),
    );
    let failed = await checkTransformersJs(work, { expected, maxTokens: MAX_TOKENS });
    for (const script of ["optimum_check.py", "genai_check.py"]) failed += await runScript(script, work);
    console.log(failed === 0 ? "\nno check failed" : `\n${failed} checks failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Train and export: folders hf, hf-int8 and genai in `work`. */
async function exportFolders(work: string): Promise<{ checkpoint: string }> {
  const [proofs, checkpoints] = [join(work, "proofs"), join(work, "checkpoints")];
  const flags = (values: Record<string, string | number>): string[] =>
    Object.entries(values).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  await tactics("data", "sample", "--data-dir", proofs, "--files", "300");
  await tactics("tokenizer", "--data-dir", proofs, "--output-dir", checkpoints, "--vocab-size", "512");
  const where = ["--data-dir", proofs, "--checkpoint-dir", checkpoints];
  await tactics("train", ...where, ...flags(TINY_MODEL), ...flags(SHORT_RUN));
  const checkpoint = join(checkpoints, "best.safetensors");
  await tactics("export", checkpoint, join(work, "hf"), "--flavor", "hf");
  const int8 = ["--flavor", "hf", "--quantize", "int8", "--data-dir", proofs];
  await tactics("export", checkpoint, join(work, "hf-int8"), ...int8);
  await tactics("export", checkpoint, join(work, "genai"), "--flavor", "genai");
  return { checkpoint };
}

/** Goals of different lengths, and what our kernels write after them. */
async function expectedTexts(checkpoint: string, proofs: string): Promise<ExpectedText[]> {
  await using model = await openModel(checkpoint, { backend: await chooseBackend("auto") });
  const expected: ExpectedText[] = [];
  const names = [...Deno.readDirSync(proofs)].map(({ name }) => name).filter((name) => name.endsWith(".txt"));
  for (const name of names.sort().reverse()) {
    const [goal] = (await Deno.readTextFile(join(proofs, name))).split("@P\n", 1);
    const prompt = model.tokenizer.encode(`${goal}@P\n`);
    if (prompt.length + MAX_TOKENS > model.decoder.contextLength) continue;
    const ids: number[] = [];
    for await (const id of generateTokens(model.decoder, prompt, { temperature: 0 })) {
      ids.push(id);
      if (ids.length === MAX_TOKENS) break;
    }
    const text = model.tokenizer.decode(ids);
    if (text !== "") expected.push({ goal: `${goal}@P\n`, text });
    if (expected.length === GOALS) break;
  }
  return expected;
}

/** Run `tactics …` from this checkout. */
async function tactics(...args: string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", join(ROOT, "main.ts"), ...args],
    stdout: "piped",
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`tactics ${args.join(" ")} failed:\n${new TextDecoder().decode(stdout)}`);
}

/** Run a Python script. @returns 1 when it failed */
async function runScript(script: string, work: string): Promise<number> {
  console.log(`\n${script}`);
  let python: string;
  try {
    python = Deno.env.get("TACTICS_CONSUMERS_PYTHON") ??
      await pythonEnvironment(join(HERE, ".venv"), join(HERE, "requirements.txt"));
  } catch (error) {
    if (!(error instanceof PythonUnavailable)) throw error;
    console.log(`SKIPPED: ${error.message}`);
    return 0;
  }
  const { success } = await new Deno.Command(python, {
    args: [join(HERE, script), work],
    env: { PYTHONPATH: join(HERE, "..", "python"), HF_HUB_OFFLINE: "1" },
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  return success ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
