/**
 * The commands of these pages, as they are written there: each block is run from the checkout. Test files
 * that a page names without a filter run with all others, so that here they only have to be there. README's,
 * docs/usage.md's and docs/sweeps.md's run one after the other in a checkout of their own, with a small
 * library beside it and runs of four steps; what clones, tests or sends traces elsewhere is left out, and
 * quickstart has a test of its own.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { isThere, LAUNCHERS } from "./distributed/mpi_job.ts";
import { withFolder } from "./temporary_folder.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const PAGES = ["docs/determinism.md", "docs/extending.md"];

for (const page of PAGES) {
  const blocks = blocksOf(page);
  Deno.test(`${page} has commands`, () => assert(blocks.length > 0));
  for (const [i, block] of blocks.entries()) {
    Deno.test({
      name: `the commands of ${page}, block ${i + 1}, do what is said`,
      ignore: Deno.build.os === "windows",
      fn: () => runBlock(block, ROOT),
    });
  }
}

Deno.test({
  name: "the commands of README.md, docs/usage.md and docs/sweeps.md do what is said, one after the other",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const checkout = await makeCheckout(folder);
      await writeLibrary(join(folder, "acornlib"));
      await Deno.writeTextFile(join(checkout, "goal.txt"), "@G\nglue(a, b) = a\n@C\nglue(a, b) != a\n");
      const lines = ["README.md", "docs/usage.md", "docs/sweeps.md"].flatMap(blocksOf).join("").split("\n")
        .filter((line) => !/^(git|npx) |^OTEL_DENO=/.test(line)).map((line) =>
          line.replace(" --minutes 30", "").replace('"minutes": 10', '"recipe": "short", "steps": 4').replace(
            "--d-model 384",
            "--d-model 192",
          )
            .replace(/^deno task train\b(?!.*--dry-run)/, "deno task train --recipe short --steps 4")
        );
      assert(lines.filter((line) => line.includes("deno task")).length >= 15);
      await runBlock(lines.join("\n"), checkout);
      const left = (path: string): string[] =>
        [...Deno.readDirSync(join(checkout, path))].map(({ name }) => name);
      assert(left("checkpoints").includes("wide") && left("export").some((name) => name.endsWith(".zip")));
      assert(left("my-model/onnx").includes("model.onnx"));
    }),
});

Deno.test({
  name: "the commands of docs/distributed.md do what is said, one after the other",
  ignore: !LAUNCHERS.some((launcher) => launcher.name === "Open MPI" && isThere(launcher)),
  fn: () =>
    withFolder(async (folder) => {
      const checkout = await makeCheckout(folder);
      await runBlock("deno task data sample --files 60\ndeno task tokenizer", checkout);
      const lines = blocksOf("docs/distributed.md").join("").split("\n").map((line) =>
        line.replace("mpirun ", "mpirun.openmpi --allow-run-as-root --oversubscribe ")
          .replace("deno task train", "deno task train --recipe short --steps 4 --workers 1")
      );
      assert(lines.filter((line) => line.includes("mpirun")).length >= 4);
      await runBlock(lines.join("\n"), checkout);
      const checkpoints = join(checkout, "checkpoints");
      for (const path of ["step_000008", "nodes/step_000004", "slow/step_000004"]) {
        assert((await Deno.stat(join(checkpoints, `${path}.safetensors`))).isFile, path);
      }
    }),
});

/** The program's files in a folder of their own, for what commands write. */
async function makeCheckout(folder: string): Promise<string> {
  const checkout = join(folder, "tactics");
  await Deno.mkdir(checkout);
  for (const name of ["deno.json", "deno.lock", "main.ts", "mod.ts", "v8.env"]) {
    await Deno.copyFile(join(ROOT, name), join(checkout, name));
  }
  for (const name of ["node_modules", "src", "tools"]) {
    await Deno.symlink(join(ROOT, name), join(checkout, name));
  }
  return checkout;
}

const PROOF = ["glue(a, b) = a", "glue(b, a) = b", "glue(a, a) = a"];

/** A library of 2025 with thirty theorems in a module. */
async function writeLibrary(folder: string): Promise<void> {
  const names = Array.from({ length: 30 }, (_, i) => `glue_${i}`);
  const theorems = names.map((name) => `theorem ${name}(a: Word, b: Word) { glue(a, b) = a }\n\n`);
  const word =
    "inductive Word {\n    empty\n    next(Word)\n}\n\ndefine glue(a: Word, b: Word) -> Word { a }\n\n";
  const certificates = names.map((goal) => `${JSON.stringify({ goal, proof: PROOF })}\n`);
  for (const name of ["src", "build"]) await Deno.mkdir(join(folder, name), { recursive: true });
  await Deno.writeTextFile(join(folder, "src", "word.ac"), word + theorems.join(""));
  await Deno.writeTextFile(join(folder, "build", "word.jsonl"), certificates.join(""));
}

function blocksOf(page: string): string[] {
  return [...Deno.readTextFileSync(ROOT + page).matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1]!);
}

async function runBlock(block: string, cwd: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-euc", block.replace(/^deno test -A (\S+)$/gm, "test -e $1")],
      cwd,
      env: {
        NO_COLOR: "1",
        TMPDIR: folder,
        PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
      },
    }).output();
    const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(code, 0, `${out}\n${error}`);
    // A filter that fits no test proves nothing.
    assert(!/\b0 passed/.test(out!), out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
