/**
 * `deno task test:acorn`: the tests of `prove`, `serve` and `lsp` against the real prover of $ACORN, in the place of what was
 * recorded of one; with $RECORD its answers are written down. Without $ACORN nothing is tested, and that is said.
 */
import { fromFileUrl } from "@std/path";

if ((Deno.env.get("ACORN") ?? "") === "") {
  console.log("SKIPPED: set ACORN to a prover's binary, as ACORN=/path/to/acorn deno task test:acorn");
} else {
  const tests = ["./prove_test.ts", "../serve/real_prover_test.ts"];
  const files = tests.map((path) => fromFileUrl(import.meta.resolve(path)));
  const child = new Deno.Command(Deno.execPath(), { args: ["test", "-A", ...files] }).spawn();
  Deno.exit((await child.status).code);
}
