/**
 * `deno task test:acorn`: the tests of `prove` against the real prover of $ACORN, in the place of what was
 * recorded of one; with $RECORD its answers are written down. Without $ACORN nothing is tested, and that is said.
 */
import { fromFileUrl } from "@std/path";

if ((Deno.env.get("ACORN") ?? "") === "") {
  console.log("SKIPPED: set ACORN to a prover's binary, as ACORN=/path/to/acorn deno task test:acorn");
} else {
  const tests = fromFileUrl(import.meta.resolve("./prove_test.ts"));
  const child = new Deno.Command(Deno.execPath(), { args: ["test", "-A", tests] }).spawn();
  Deno.exit((await child.status).code);
}
