/** What is given away: the npm package starts without the checkout, and `compile` says what it lacks. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { missingRuntime } from "../../tools/compile.ts";
import { VERSION } from "../../src/version.ts";
import { withFolder } from "../temporary_folder.ts";

const ROOT = fromFileUrl(import.meta.resolve("../.."));

async function deno(cwd: string, ...args: string[]): Promise<string> {
  const env = { NO_COLOR: "1", DENO_NO_PACKAGE_JSON: "1" };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd, env }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 0, error);
  return out!;
}

Deno.test("the npm package has all that the program reads, and names what runs it", () =>
  withFolder(async (folder) => {
    const out = join(folder, "node_modules", "@acorn", "tactics");
    await deno(ROOT, "run", "-A", "tools/npm_package.ts", out, "https://example.org/a/b");
    const { version, bin, dependencies, repository } = JSON.parse(
      await Deno.readTextFile(join(out, "package.json")),
    );
    assertEquals([version, bin, repository.url], [
      VERSION,
      { tactics: "tactics.mjs" },
      "git+https://example.org/a/b.git",
    ]);
    assert(/^\d+\.\d+\.\d+$/.test(dependencies.deno));
    const program = [
      "run",
      "-q",
      "--no-prompt",
      "--config",
      join(out, "deno.json"),
      "-P=tactics",
      join(out, "main.ts"),
    ];
    assert((await deno(folder, ...program, "--version")).startsWith(`tactics ${VERSION} `));
    await deno(folder, ...program, "data", "sample", "--files", "20");
    await deno(folder, ...program, "tokenizer");
    assert(Deno.statSync(join(folder, "checkpoints", "tokenizer.json")).isFile);
  }));

Deno.test("compile says in one line what it needs where nothing can be downloaded, and what DENORT_BIN does", () => {
  const said = "Caused by:\n    0: Setting up base binary.\n    1: error sending request for url " +
    "(https://example.org/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip): dns error\n";
  const text = missingRuntime(said)!;
  assertEquals(text.split("\n").length, 1);
  for (const part of ["denort", Deno.version.deno, "x86_64-unknown-linux-gnu", "DENORT_BIN=FILE"]) {
    assert(text.includes(part), text);
  }
  assertEquals(missingRuntime("error: Module not found"), null);
});

Deno.test("the Deno of the workflows is the one that README names", () => {
  const version = /npx -y deno@(\d+\.\d+\.\d+)/.exec(Deno.readTextFileSync(join(ROOT, "README.md")))![1]!;
  for (
    const path of [
      ".ci/run",
      ".github/workflows/kernels.yml",
      ".github/workflows/release.yml",
      "CONTRIBUTING.md",
    ]
  ) {
    const text = Deno.readTextFileSync(join(ROOT, path));
    const named = [...text.matchAll(/\bdeno@(\d+\.\d+\.\d+)/g)].map((match) => match[1]);
    assert(named.length > 0 && named.every((other) => other === version), `${path}: ${named}`);
  }
});
