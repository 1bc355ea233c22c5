/**
 * The whole way as a user goes it, with a tiny model: every command, and the mistakes that need a trained
 * model to be made.
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { TemporaryFolder } from "../temporary_folder.ts";
import { programArguments } from "./permission_set.ts";

const TINY = [
  "--d-model",
  "16",
  "--n-layers",
  "1",
  "--n-heads",
  "2",
  "--d-mlp",
  "24",
  "--context-length",
  "48",
];
const SHORT = ["--steps", "4", "--batch-size", "4", "--workers", "2"];

interface Outcome {
  code: number;
  out: string;
  error: string;
}

async function tactics(folder: string, args: readonly string[], input = ""): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args: programArguments(args),
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), error: decode(stderr) };
}

async function succeed(folder: string, args: readonly string[], input = ""): Promise<string> {
  const { code, out, error } = await tactics(folder, args, input);
  assertEquals(code, 0, `${args.join(" ")}: ${error}`);
  return out;
}

function events(out: string): Record<string, unknown>[] {
  return out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("proofs in, an exported model out, and what goes wrong on the way is explained", async () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  await succeed(folder, ["data", "sample", "--files", "60"]);
  await succeed(folder, ["tokenizer", "--vocab-size", "400"]);

  const planned = events(await succeed(folder, ["train", ...TINY, ...SHORT, "--dry-run", "--json"]));
  assertEquals(planned.find(({ kind }) => kind === "plan")?.steps, 4);
  assert(!planned.some(({ kind }) => kind === "start"));
  const untouched = Array.from(Deno.readDirSync(join(folder, "checkpoints")), ({ name }) => name).sort();
  assertEquals(untouched, ["run.lock", "tokenizer.json"]);

  const trained = events(
    await succeed(folder, ["train", ...TINY, ...SHORT, "--json", "--log-interval", "1"]),
  );
  const steps = trained.filter((event) => event.kind === "step");
  assertEquals(steps.map((event) => event.step), [1, 2, 3, 4]);
  for (const name of ["loss", "learningRate", "tokens", "tokensPerSecond", "stepMs"]) {
    assert(steps.every((event) => typeof event[name] === "number"), name);
  }
  const evaluations = trained.filter((event) => event.kind === "evaluation");
  assert(evaluations.length >= 2 && evaluations.every((event) => typeof event.bitsPerByte === "number"));
  assert(trained.some((event) => event.kind === "sample"));
  assertEquals(trained.at(-1)!.kind, "done");
  const plan = trained.find((event) => event.kind === "plan")!;
  assert((plan.freeBytes as number) > (plan.diskBytes as number) && (plan.minutes as number) > 0);
  const from = ["--from", "latest", "--name", "new", "--steps", "2", "--dry-run", "--workers", "1"];
  await succeed(folder, ["train", ...from]);
  assert(!Array.from(Deno.readDirSync(join(folder, "checkpoints"))).some(({ isDirectory }) => isDirectory));

  const complete = await tactics(folder, ["resume"]);
  assertEquals(complete.code, 0);
  assert(complete.error.includes("is complete: 4 of 4 steps"), complete.error);
  // A run killed between its last two files: the best checkpoint is there, the last step's is not.
  const [best, last] = ["best", "step_000004"].map((name) =>
    join(folder, "checkpoints", `${name}.safetensors`)
  );
  const [bestBytes, lastBytes] = await Promise.all([best!, last!].map((path) => Deno.readFile(path)));
  await Deno.rename(last!, best!);
  await succeed(folder, ["resume"]);
  assertEquals(await Deno.readFile(last!), lastBytes);
  await Deno.writeFile(best!, bestBytes!);
  const longer = events(await succeed(folder, ["resume", "--steps", "6", "--json"]));
  assertEquals(longer.find((event) => event.kind === "start")?.step, 4);
  assertEquals(longer.at(-1)!.step, 6);

  const evaluation = ["eval", "--all", "--train-dir", "data/proofs", "--lines", "2", "--json"];
  const score = events(await succeed(folder, evaluation)).at(-1)!;
  const done = longer.at(-1)!;
  assertEquals([score.kind, score.documents, score.step], ["evaluation", 60, done.bestStep]);
  const heldOut = await succeed(folder, ["eval", "--lines", "0"]);
  assert(/held out +[1-9] proofs of /.test(heldOut) && heldOut.includes("@P proof"), heldOut);

  const exported = await succeed(folder, ["export", "checkpoints/step_000006.safetensors", "out/model"]);
  assert(exported.startsWith("out/model\n"), exported);
  assertEquals(
    [...Deno.readDirSync(join(folder, "out", "model"))].map((entry) => entry.name).sort(),
    ["README.md", "config.json", "model.onnx", "tokenizer.json"],
  );
  assert(!(await succeed(folder, ["verify", "out/model"])).includes("FAILED"));

  const smaller = events(
    await succeed(folder, ["export", "--json", "--quantize", "int8", "--bake", "min-p=0.1"]),
  );
  const { quantizationLoss, form } = smaller.find(({ kind }) => kind === "export") as Record<
    string,
    Record<string, unknown>
  >;
  assertEquals(form, { flavor: "acorn", operators: "ort", quantization: "int8", bake: { minP: 0.1 } });
  assert(Math.abs(quantizationLoss!.loss as number) < 0.01 && (quantizationLoss!.tokens as number) > 100);

  await succeed(folder, ["export", "checkpoints/step_000006.safetensors", "out/hf", "--flavor", "hf"]);
  assert((await succeed(folder, ["verify", "out/hf"])).includes("not for the prover"));

  // The same model, seed and prompt give the same text on our kernels and in ONNX Runtime.
  const sampling = ["--max-tokens", "12", "--seed", "3"];
  const checkpoint = "checkpoints/step_000006.safetensors";
  const texts = await Promise.all([
    succeed(folder, ["generate", "--prompt", "@T\ntheorem ", "--model", checkpoint, ...sampling]),
    succeed(folder, ["generate", "--model", "out/model", ...sampling], "@T\ntheorem "),
    succeed(folder, ["generate", "--model", "out/hf", ...sampling], "@T\ntheorem "),
  ]);
  assert(texts[0]!.startsWith("@T\ntheorem "));
  assertEquals(texts, [texts[0], texts[0], texts[0]]);

  // What a run leaves beside its checkpoints, also after it was gone on with.
  const record = JSON.parse(await Deno.readTextFile(join(folder, "checkpoints", "run.json")));
  assertEquals(record.parts.map(({ step }: { step: number }) => step), [0, 4, 4]);
  const start = longer.find((event) => event.kind === "start")!;
  assertEquals([record.splitHash, record.options], [start.splitHash, start.options]);
  const heldOut6 = (await Deno.readTextFile(join(folder, "checkpoints", "held_out.txt"))).trimEnd().split(
    "\n",
  );
  assertEquals(heldOut6.length, start.validationDocuments);
  assert(heldOut6.every((name) => Deno.statSync(join(folder, "data", "proofs", name)).isFile));
  assert((await Deno.readTextFile(join(folder, "checkpoints", "samples.txt"))).includes("sample at step "));

  // A new run leaves the earlier one's checkpoints alone, in a folder of its name.
  const again = await tactics(folder, ["train", ...TINY, ...SHORT]);
  assertEquals(again.code, 0, again.error);
  const earlier = join(folder, "checkpoints", record.name);
  assert(/^\d{4}(-\d\d){5}$/.test(record.name) && again.error.includes(record.name), again.error);
  assert(Deno.statSync(join(earlier, "step_000006.safetensors")).isFile);
  await namedRuns(folder, record.name);

  await mistakes(folder);

  // Another tokenizer moves them aside too, with the one they need.
  const other = await tactics(folder, ["tokenizer", "--vocab-size", "300"]);
  assertEquals(other.code, 0, other.error);
  const kept = [...Deno.readDirSync(join(folder, "checkpoints"))].filter((entry) => entry.isDirectory);
  assertEquals(kept.length, 3);
  assert(other.error.includes("are now, with it, in checkpoints/"), other.error);
});

/** Runs with names, and what names, `latest` and `best` mean where a model is asked for. */
async function namedRuns(folder: string, earlier: string): Promise<void> {
  await succeed(folder, ["train", ...TINY, ...SHORT, "--name", "wide"]);
  const wide = join(folder, "checkpoints", "wide");
  assert(Deno.statSync(join(wide, "tokenizer.json")).isFile && Deno.statSync(join(wide, "run.json")).isFile);
  const taken = await tactics(folder, ["train", ...TINY, ...SHORT, "--name", "wide"]);
  assertEquals(taken.code, 2);
  assert(taken.error.includes('There is a run "wide" in "checkpoints/wide" already'), taken.error);
  assertEquals((await tactics(folder, ["train", "--name", "../wide"])).code, 2);
  const source = async (...model: string[]): Promise<unknown> => {
    const words = ["generate", "--prompt", "@T", "--max-tokens", "1", "--json", ...model];
    return events(await succeed(folder, words)).at(-1)!.model;
  };
  const [inWide, inEarlier] = ["wide", earlier].map((name) => `checkpoints/${name}/best.safetensors`);
  const places = [[], ["latest"], ["runs/wide"], [earlier], ["out"]].map((given) =>
    source(...given.length === 0 ? [] : ["--model", ...given])
  );
  assertEquals(await Promise.all(places), [inWide, inWide, inWide, inEarlier, "out/hf"]);
  const score = events(await succeed(folder, ["eval", earlier, "--lines", "0", "--json"])).at(-1)!;
  assertEquals(score.model, inEarlier);
  const resumed = await succeed(folder, ["resume", "wide", "--steps", "5"]);
  assert(/at step 5\/5 [^]*model: checkpoints\/wide\//.test(resumed), resumed);
  assert(
    (await tactics(folder, ["resume"])).error.includes("checkpoints/wide/step_000005.safetensors is comp"),
  );
}

/** Mistakes that need a trained model; each is explained, without a stack trace. */
async function mistakes(folder: string): Promise<void> {
  const checkpoint = join(folder, "checkpoints", "step_000004.safetensors");
  const bytes = await Deno.readFile(checkpoint);
  await Deno.mkdir(join(folder, "bad"));
  const tokenizer = await Deno.readFile(join(folder, "checkpoints", "tokenizer.json"));
  await Deno.writeFile(join(folder, "bad", "tokenizer.json"), tokenizer);
  await Deno.writeFile(join(folder, "bad", "cut.safetensors"), bytes.subarray(0, bytes.length - 5));
  await succeed(folder, ["tokenizer", "--vocab-size", "300", "--output-dir", "other"]);
  await Deno.copyFile(checkpoint, join(folder, "other", "step_000004.safetensors"));
  await Deno.writeTextFile(join(folder, "occupied"), "a file where a folder should be");

  const calls: [string[], number, RegExp][] = [
    [
      ["export", "bad/cut.safetensors"],
      4,
      /error: Cannot load checkpoint "bad\/cut.safetensors": .*\nhint: /,
    ],
    [["export", "other"], 4, /error: .*vocabulary of 400.*300\nhint: /],
    [["resume", "--checkpoint-dir", "other", "--steps", "9"], 4, /error: .*tokenizer.*\nhint: /],
    [["export", "checkpoints", "occupied/model"], 1, /error: Cannot write the folder/],
    [["export", "checkpoints", "out/model"], 1, /error: Cannot export into .* not empty\nhint: /],
    [["export", "--bake", "top-p=0.9"], 2, /error: --bake: "top-p=0.9" is none of .*\nhint: /],
    [["eval", "--data-dir", "other"], 1, /error: No proofs in "other"/],
    [["train", "--checkpoint-dir", "occupied/run"], 1, /error: /],
    [["train", "--context-length", "60000", "--batch-size", "900"], 2, /error: Not enough memory.*\nhint: /],
  ];
  const outcomes = await Promise.all(calls.map(([args]) => tactics(folder, args)));
  for (const [i, [args, code, message]] of calls.entries()) {
    const { code: found, error } = outcomes[i]!;
    assertEquals(found, code, `${args.join(" ")}: ${error}`);
    assert(message.test(error), `${args.join(" ")}: ${error}`);
    assert(!/^ +at /m.test(error), error);
  }
}
