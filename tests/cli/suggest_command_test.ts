/**
 * `tactics suggest` and `tactics generate` with a random model: what is printed, and what is said of wrong
 * input.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../src/cli/main.ts";
import { isStatement } from "../../src/infer/lines/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { type SavedModels, saveModels } from "../infer/saved_models.ts";

interface Outcome {
  code: number;
  out: string;
  error: string;
}

const GOAL = "@G\n    a * b = b * a\n@C\nnot (a * b = b * a)\n";
const PROOF = `${GOAL}@P\na * b = c\nc = b * a\n`;

async function tactics(words: readonly string[], input = ""): Promise<Outcome> {
  const outcome = { code: -1, out: "", error: "" };
  outcome.code = await run(words, {
    terminal: {
      writeOut: (text) => outcome.out += text,
      writeError: (text) => outcome.error += text,
      isTerminal: false,
      columns: () => 80,
      env: () => undefined,
      readInput: () => Promise.resolve(input),
    },
  });
  return outcome;
}

/** Runs a test with a model and files; the kernels are those that need no warm-up. */
async function withModels(
  test: (models: SavedModels & { path: string; goal: string; proof: string }) => Promise<void>,
): Promise<void> {
  using folder = new TemporaryFolder();
  const models = await saveModels(folder.path, "pointer");
  const [goal, proof] = [join(folder.path, "goal.txt"), join(folder.path, "proof.txt")];
  await Deno.writeTextFile(goal, GOAL);
  await Deno.writeTextFile(proof, PROOF);
  await test({ ...models, path: folder.path, goal, proof });
}

const QUICK = ["--samples", "4", "--beam", "2", "--max-tokens", "12", "--backend", "reference"];

Deno.test("suggest prints a table, the same from a checkpoint, an exported folder and standard input", () =>
  withModels(async ({ checkpoints, exported, goal, proof }) => {
    const table = await tactics(["suggest", "--goal", goal, "--checkpoint-dir", checkpoints, ...QUICK]);
    assertEquals(table.code, 0, table.error);
    const [heading, ...rows] = table.out.trimEnd().split("\n");
    assert(/^probability +score +samples +beam +line$/.test(heading!), heading);
    const shown = rows.filter((row) => !row.startsWith("the proof may end here: "));
    assert(shown.length >= 2 && shown.every((row) => /^ *(< )?[\d.]+ % +-\d/.test(row)), table.out);
    const lines = (out: string): string[] =>
      out.split("\n").map((row) => row.slice(heading!.indexOf("line")));
    const others = [
      await tactics(["suggest", "--goal", proof, "--model", exported, ...QUICK]),
      await tactics(["suggest", "--model", exported, ...QUICK], PROOF.replaceAll("\n", "\r\n")),
    ];
    for (const { out } of others) assertEquals(lines(out), lines(table.out));
  }));

Deno.test("suggest --json gives everything that is known; --after-lines, --prompt-form and --prefix", () =>
  withModels(async ({ exported, proof }) => {
    const json = async (...more: string[]): Promise<Record<string, unknown>> => {
      const { out, code, error } = await tactics([
        "suggest",
        "--json",
        "--goal",
        proof,
        "--model",
        exported,
        ...QUICK,
        ...more,
      ]);
      assertEquals([code, error], [0, ""]);
      return JSON.parse(out.trimEnd().split("\n").at(-1)!);
    };
    const plain = await json();
    assertEquals([plain.kind, plain.model, plain.prompt], ["suggestions", exported, `${GOAL}@P\n`]);
    const suggestions = plain.suggestions as Record<string, unknown>[];
    assertEquals(
      Object.keys(suggestions[0]!).sort(),
      ["beam", "candidate", "end", "line", "logProbability", "samples", "score"],
    );
    assertEquals((await json("--after-lines", "1")).prompt, `${GOAL}@P\na * b = c\n`);
    assertEquals(
      (await json("--prompt-form", "prover", "--after-lines", "1")).prompt,
      `${GOAL}\na * b = c\n`,
    );
    // So small a model seldom ends a statement: any lines.
    const prefixed = (await json("--prefix", "a * b", "--syntax", "any")).suggestions as { line: string }[];
    assert(prefixed.length > 0 && prefixed.every(({ line }) => line.startsWith("a * b")));
  }));

Deno.test("suggest shows the best ten, or --limit; the proof's end stands apart, no bracket stays open", () =>
  withModels(async ({ exported, goal }) => {
    const call = ["suggest", "--goal", goal, "--model", exported, "--samples", "256"];
    const ANY = ["--syntax", "any", "--max-tokens", "4"];
    const json = async (...more: string[]) =>
      JSON.parse((await tactics([...call, "--json", ...more])).out.trimEnd().split("\n").at(-1)!);
    const any = await json(...ANY, "--temperature", "2");
    assertEquals([any.suggestions.length, any.found > 10], [10, true]);
    const more = await json(...ANY, "--temperature", "2", "--limit", "256");
    assertEquals(more.suggestions.length, any.found);
    assertEquals(more.suggestions.slice(0, 10), any.suggestions);
    const scores = more.suggestions.map(({ score }: { score: number }) => score);
    assertEquals(scores, scores.toSorted((a: number, b: number) => b - a));
    assert(more.suggestions.every(({ end }: { end: string }) => end !== "proof"));
    const ends = await json(...ANY, "--temperature", "50");
    assertEquals(ends.proofEnd.end, "proof");
    const statements = (await json("--max-tokens", "20")).suggestions;
    assert(statements.length > 0 && statements.every(({ line }: { line: string }) => isStatement(line)));
    const text = await tactics([...call, ...ANY, "--temperature", "50"]);
    assert(/\n\d+ more with --limit \d+\nthe proof may end here: .* %, score -\d/.test(text.out), text.out);
  }));

Deno.test("suggest --knn blends in lines of the nearest proofs", () =>
  withModels(async ({ exported, goal, path }) => {
    const proofs = join(path, "proofs");
    await Deno.mkdir(proofs);
    await Deno.writeTextFile(join(proofs, "proof_00000.txt"), PROOF);
    await Deno.writeTextFile(join(proofs, "proof_00001.txt"), "@G\np\n@C\nnot p\n@P\nnot q\n");
    const call = ["suggest", "--goal", goal, "--model", exported, ...QUICK, "--knn", "1"];
    const { out, error } = await tactics([...call, "--data-dir", proofs]);
    assert(/ knn +line\n/.test(out), error);
    assert(/66\.67 % +a \* b = c\n/.test(out) && /33\.33 % +c = b \* a\n/.test(out), out);
    const missing = await tactics([...call, "--data-dir", join(path, "none")]);
    assert(missing.code === 1 && missing.error.includes("No proofs"), missing.error);
  }));

Deno.test("suggest explains wrong input", () =>
  withModels(async ({ checkpoints, exported, goal, path }) => {
    const other = join(path, "other");
    await Deno.mkdir(other);
    for (const { name } of Deno.readDirSync(exported)) {
      await Deno.copyFile(join(exported, name), join(other, name));
    }
    const small = JSON.parse(await Deno.readTextFile(join(other, "tokenizer.json")));
    const [last] = Object.entries(small.model.vocab).sort((a, b) => (b[1] as number) - (a[1] as number));
    delete small.model.vocab[last![0]];
    small.model.merges.pop();
    await Deno.writeTextFile(join(other, "tokenizer.json"), JSON.stringify(small));
    const model = ["--model", exported];
    const latin1 = join(path, "latin1.txt");
    await Deno.writeFile(latin1, Uint8Array.of(0x40, 0x47, 0x0a, 0xe9, 0x0a));
    const calls: [words: string[], input: string, code: number, message: RegExp][] = [
      [model, "", 1, /There is no goal: the text is empty\nhint: /],
      [model, "a = b\n", 1, /There is no goal: no line "@G"/],
      [
        [...model, "--goal", join(path, "none.txt")],
        "",
        1,
        /Cannot read the goal from .*: it does not exist/,
      ],
      [[...model, "--goal", latin1], "", 4, /it is not UTF-8: byte 0xe9 at offset 3, in line 2\nhint: /],
      [[...model, "--goal", path], "", 1, /it is a folder, not a regular file\nhint: .*standard input/],
      [[...model, "--prefix", "\ufffd\ufffd"], GOAL, 2, /is not UTF-8, or has .* U\+FFFD/],
      [["--model", join(path, "none"), "--goal", goal], "", 1, /No checkpoint found/],
      [["--checkpoint-dir", join(path, "none"), "--goal", goal], "", 1, /No checkpoint found/],
      [["--model", "none", "--goal", goal], "", 1, /There is no model "none": .*\nhint: `tactics runs`/],
      [["--model", other, "--goal", goal], "", 4, /has 320 tokens, its tokenizer 319\nhint: /],
      [[...model, "--prefix", "a\nb"], GOAL, 2, /--prefix .* has a newline/],
      [[...model, "--after-lines", "1"], GOAL, 2, /--after-lines 1: the given proof has 0 lines/],
      [[...model, "--samples", "0", "--beam", "0"], GOAL, 2, /--samples and --beam are 0/],
      [[...model, "--min-p", "2"], GOAL, 2, /--min-p must be .* at most 1/],
      [["--checkpoint-dir", checkpoints, "--knn", "many"], GOAL, 2, /--knn must be/],
    ];
    for (const [words, input, code, message] of calls) {
      const outcome = await tactics(["suggest", ...words], input);
      assertEquals([outcome.code, outcome.out], [code, ""], `${words.join(" ")}: ${outcome.error}`);
      assert(message.test(outcome.error) && !/^ +at /m.test(outcome.error), outcome.error);
    }
  }));

Deno.test("generate writes a goal's proof, and says whether it ended", () =>
  withModels(async ({ checkpoints, exported, goal, proof }) => {
    const call = ["generate", "--model", exported, "--max-tokens", "5"];
    const streamed = await tactics([...call, "--goal", proof, "--after-lines", "1"]);
    assert(streamed.out.startsWith(`${GOAL}@P\na * b = c\n`) && streamed.out.endsWith("\n"), streamed.out);
    assert(/^stopped after 5 tokens.*\nhint: --max-tokens/m.test(streamed.error), streamed.error);

    const json = async (...words: string[]): Promise<Record<string, unknown>> => {
      const { out } = await tactics(["generate", "--json", "--backend", "reference", ...words]);
      return JSON.parse(out.trimEnd().split("\n").at(-1)!);
    };
    const cut = await json("--model", exported, "--max-tokens", "5", "--goal", goal);
    assertEquals([cut.kind, cut.prompt, cut.tokens, cut.end], ["generation", `${GOAL}@P\n`, 5, "length"]);
    assertEquals(
      (await json("--checkpoint-dir", checkpoints, "--max-tokens", "5", "--goal", goal)).text,
      cut.text,
    );
    // All tokens are about as likely at this temperature, the proof's end is one of 320.
    const random = ["--temperature", "50", "--syntax", "any"];
    const long = ["--model", exported, "--max-tokens", "3000", ...random, "--goal", goal];
    for (const seed of ["0", "1", "2"]) {
      const { end, tokens } = await json(...long, "--seed", seed);
      assert(end === "proof" && (tokens as number) < 3000, `${end} after ${tokens} tokens`);
    }
  }));

Deno.test("generate takes one prompt only", async () => {
  const both = await tactics(["generate", "--goal", "a", "--prompt", "b"]);
  assertEquals([both.code, both.error], [2, "error: Give only one of --goal and --prompt\n"]);
  const { code, error } = await tactics(["generate", "--after-lines", "2"]);
  assert(code === 2 && error.includes("--after-lines"), error);
});
