/** The program as users start it: main.ts in a process of its own, in an empty folder. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { withFolder } from "../temporary_folder.ts";
import { programArguments } from "./permission_set.ts";

interface Outcome {
  code: number;
  out: string;
  error: string;
}

/** Environment of a machine without a GPU, a software one included. */
const NO_GPU = { DENO_WEBGPU_BACKEND: "vulkan", VK_ICD_FILENAMES: "/nonexistent" };

function start(folder: string, args: readonly string[], PATH = Deno.env.get("PATH")!): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: programArguments(args),
    cwd: folder,
    env: { NO_COLOR: "1", PATH, ...NO_GPU },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function tactics(folder: string, ...args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await start(folder, args).output();
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), error: decode(stderr) };
}

Deno.test("the program writes the sample, describes it, trains a tokenizer and counts tokens", () =>
  withFolder(async (folder) => {
    const sample = await tactics(folder, "data", "sample", "--files", "40");
    assertEquals([sample.code, sample.error], [0, ""]);
    assert(
      sample.out.startsWith("40 proof files, ") && sample.out.endsWith(", in data/proofs\n"),
      sample.out,
    );
    const names = Array.from(Deno.readDirSync(join(folder, "data", "proofs")), ({ name }) => name).sort();
    assertEquals([names.length, names[0], names.at(-1)], [40, "proof_00000.txt", "proof_00039.txt"]);

    const trained = await tactics(folder, "tokenizer", "--vocab_size", "300", "--json");
    assertEquals([trained.code, trained.error], [0, ""]);
    const [notice, result] = trained.out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals([notice.kind, result.kind], ["notice", "tokenizer"]);
    assertEquals([result.vocabularySize, result.merges, result.roundTrip.exact], [300, 300 - 258, true]);
    assert(result.charactersPerToken > 1);
    assert(Deno.statSync(join(folder, "checkpoints", "tokenizer.json")).isFile);

    const stats = await tactics(folder, "data", "stats");
    assertEquals([stats.code, stats.error], [0, ""]);
    assert(/^files +40$/m.test(stats.out) && /^tokens +\d/m.test(stats.out), stats.out);
  }));

Deno.test("the program explains users' mistakes without a stack trace", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "data"));
    await Deno.writeTextFile(join(folder, "data", "tactics.json"), '{\n  "seed": 7\n}\n');
    const calls: [string[], number, string][] = [
      [["tokenizer"], 1, 'error: No proofs: the folder "data/proofs" does not exist'],
      [["train"], 1, "error: Tokenizer file not found"],
      [["train", "--batch-size", "none"], 2, "error: --batch-size must be a number"],
      [["tran"], 2, 'hint: did you mean "tactics train"?'],
      [["verify"], 2, 'error: "tactics verify" needs DIR'],
      [
        ["data", "acorn", "--lib", ".", "--acorn", "none"],
        1,
        'error: The acorn binary "none" does not exist',
      ],
      [["data", "acorn"], 2, "error: tactics data acorn needs --lib"],
      [["data", "acornlib"], 2, "error: tactics data acornlib needs --lib"],
      [
        ["data", "acornlib", "--lib", ".", "--rules", "claims"],
        2,
        'error: --rules: there is no rule "claims"',
      ],
      [["data", "acornlib", "--lib", "."], 1, 'error: "." is no Acorn library: it has no folder src/'],
      [["data", "stats", "--config", "none.json"], 2, 'error: Cannot read the options\' file "none.json"'],
    ];
    const outcomes = await Promise.all(calls.map(([args]) => tactics(folder, ...args)));
    for (const [i, [args, code, message]] of calls.entries()) {
      const { code: found, error, out } = outcomes[i]!;
      assertEquals([args, found, out], [args, code, ""], error);
      assert(error.includes(message), `${args}: ${error}`);
      assert(!/^ +at /m.test(error), error);
    }
  }));

Deno.test("training says which backend it chose and why, and that there is no GPU where one is wanted", () =>
  withFolder(async (folder) => {
    await tactics(folder, "data", "sample", "--files", "20");
    await tactics(folder, "tokenizer", "--vocab-size", "280");
    const sizes = [
      "--d-model",
      "8",
      "--n-layers",
      "1",
      "--n-heads",
      "1",
      "--d-mlp",
      "8",
      "--context-length",
      "16",
    ];
    const train = ["train", "--steps", "1", "--batch-size", "1", "--workers", "1", ...sizes];
    const [automatic, asked] = [
      await tactics(folder, ...train),
      await tactics(folder, ...train, "--backend", "webgpu"),
    ];
    assertEquals(automatic.code, 0, automatic.error);
    assert(automatic.error.includes("backend: wasm (no GPU adapter found)\n"), automatic.error);
    assertEquals([asked.code, asked.out], [1, ""]);
    assert(/^error: No GPU adapter was found.*\nhint: Use --backend wasm/.test(asked.error), asked.error);
  }));

Deno.test("the program does not mind that nobody reads its output", () =>
  withFolder(async (folder) => {
    const child = start(folder, ["train", "--help"]);
    await child.stdout.cancel();
    const error = await new Response(child.stderr).text();
    assertEquals([(await child.status).code, error], [0, ""]);
  }));

Deno.test({
  name: "the program ends with 130 when it is interrupted",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const acorn = join(folder, "acorn");
      await Deno.writeTextFile(acorn, "#!/bin/sh\necho ready\nexec sleep 60\n", { mode: 0o755 });
      const child = start(folder, ["data", "acorn", "--lib", "."], `${folder}:/usr/bin:/bin`);
      let error = "";
      for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) {
        if (!error.includes("ready") && (error + piece).includes("ready")) child.kill("SIGINT");
        error += piece;
      }
      await child.stdout.cancel();
      assertEquals(
        [(await child.status).code, error],
        [130, "ready\n\nstopping; Ctrl-C again in 2 s ends at once\n"],
      );
    }),
});
