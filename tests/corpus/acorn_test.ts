import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { runAcorn } from "../../src/corpus/acorn.ts";
import { DataError } from "../../src/errors.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** Runs a test with a library folder and a shell script that plays the prover. */
function acornTest(
  name: string,
  script: string,
  test: (folder: string, acorn: string) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      using temporary = new TemporaryFolder();
      const folder = temporary.path;
      await Deno.mkdir(join(folder, "lib"));
      const acorn = join(folder, "acorn");
      await Deno.writeTextFile(acorn, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      await test(folder, acorn);
    },
  });
}

const WRITES_TWO =
  'echo "$1 $2 $3"; printf "50%%\\r" >&2; for i in 1 2; do echo "@G" > "$4/proof_$i.txt"; done';

acornTest(
  "runAcorn() runs --lib LIB training OUTPUT and counts the proofs",
  WRITES_TWO,
  async (folder, acorn) => {
    const [lib, output] = [join(folder, "lib"), join(folder, "new", "proofs")];
    const lines: string[] = [];
    const result = await runAcorn({ lib, output, acorn, onLine: (line) => lines.push(line) });
    assertEquals(result, { acorn, proofs: 2, proofsBefore: 0 });
    assertEquals(lines.sort(), [`--lib ${lib} training`, "50%"].sort());
  },
);

acornTest("runAcorn() finds the binary in the search path", WRITES_TWO, async (folder, acorn) => {
  const searchPath = `${join(folder, "nowhere")}:${folder}`;
  const result = await runAcorn({ lib: join(folder, "lib"), output: join(folder, "out"), searchPath });
  assertEquals(result.acorn, acorn);
});

acornTest("runAcorn() says where it looked for a missing binary", "true", async (folder) => {
  const options = { lib: join(folder, "lib"), output: join(folder, "out") };
  const searchPath = join(folder, "lib");
  const error = await assertRejects(
    () => runAcorn({ ...options, searchPath }),
    DataError,
    'no "acorn" in PATH',
  );
  assert(error.hint!.includes("--acorn FILE"), error.hint);
  await assertRejects(
    () => runAcorn({ ...options, acorn: join(folder, "none") }),
    DataError,
    "does not exist",
  );
});

acornTest("runAcorn() needs the library's folder", "true", async (folder, acorn) => {
  const options = { output: join(folder, "out"), acorn };
  await assertRejects(() => runAcorn({ ...options, lib: join(folder, "none") }), DataError, "missing");
  await assertRejects(() => runAcorn({ ...options, lib: acorn }), DataError, "not a folder");
});

acornTest(
  "runAcorn() quotes the prover's last lines when it fails",
  "echo first; echo no cache here >&2; exit 3",
  async (folder, acorn) => {
    const options = { lib: join(folder, "lib"), output: join(folder, "out"), acorn };
    const error = await assertRejects(() => runAcorn(options), DataError, "ended with code 3");
    assert(error.message.includes("  no cache here"), error.message);
  },
);

acornTest(
  "runAcorn() offers `data acornlib` where the prover has no command `training`",
  "echo \"error: unrecognized subcommand 'training'\" >&2; exit 2",
  async (folder, acorn) => {
    const options = { lib: join(folder, "lib"), output: join(folder, "out"), acorn };
    const error = await assertRejects(() => runAcorn(options), DataError, "ended with code 2");
    assert(error.hint!.includes("tactics data acornlib --lib PATH"), error.hint);
  },
);

acornTest("runAcorn() notices that nothing was written", "exit 0", async (folder, acorn) => {
  const options = { lib: join(folder, "lib"), output: join(folder, "out"), acorn };
  await assertRejects(() => runAcorn(options), DataError, "wrote no .txt files");
});

acornTest("runAcorn() reports a file that is no program", "true", async (folder) => {
  const acorn = join(folder, "text");
  await Deno.writeTextFile(acorn, "hello");
  const options = { lib: join(folder, "lib"), output: join(folder, "out"), acorn };
  await assertRejects(() => runAcorn(options), DataError, "Cannot start");
});

acornTest("runAcorn() stops when it is aborted", "echo ready; exec sleep 60", async (folder, acorn) => {
  const abort = new AbortController();
  const options = { lib: join(folder, "lib"), output: join(folder, "out"), acorn, signal: abort.signal };
  const error = await assertRejects(() => runAcorn({ ...options, onLine: () => abort.abort() }), Error);
  assertEquals(error.name, "AbortError");
});
