/** Provers that misbehave: scripts in the place of an acorn. What they do is a message, never a crash. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  findAcorn,
  makeScratchLibrary,
  parseVerify,
  readModuleLibrary,
  type VerifyRun,
} from "../../src/acorn/mod.ts";
import { DataError } from "../../src/errors.ts";
import { openJudge, prove, type ProveResult } from "../../src/prove/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { LIBRARY } from "./recorded_judge.ts";

const VERSION = 'if [ "$1" = --version ]; then echo "acorn 0.2.6"; exit; fi\n';

/** Asks a script for a proof. */
async function proved(script: string, seconds = 30): Promise<{ result: ProveResult; messages: string[] }> {
  using temporary = new TemporaryFolder();
  const acorn = join(temporary.path, "acorn");
  await Deno.writeTextFile(acorn, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const { library, module } = await readModuleLibrary(LIBRARY, join(LIBRARY, "src/num.ac"));
  const scratch = await makeScratchLibrary(library, module, { folder: temporary.path });
  await using judge = await openJudge({ acorn, scratch });
  const text = await Deno.readTextFile(join(LIBRARY, "src/num.ac"));
  const line = text.split("\n").indexOf("    f(a)");
  const messages: string[] = [];
  for await (const event of prove({ text, line, name: "num" }, { judge, library, seconds })) {
    if (event.kind === "trouble") messages.push(event.message);
    if (event.kind === "result") return { result: event, messages };
  }
  throw new Error("no result");
}

for (
  const [what, script, message] of [
    ["prints garbage", "head -c 100000 /dev/urandom", "it ended with code 0"],
    ["says nothing", "exit 0", "it printed nothing"],
    ["dies", "cat > /dev/null; kill -SEGV $$", "it was killed"],
    [
      "prints without an end",
      "exec yes 'num.ac, line 3: x could not be verified (timeout)'",
      "it printed too much",
    ],
    [
      "answers for another module",
      "echo 'other.ac, line 3: elaboration error: no'; exit 1",
      "other.ac, line 3",
    ],
    ["claims what it did not prove", "echo 'Verification succeeded.'; exit 9", null],
  ] as const
) {
  Deno.test({
    name: `prove() goes on with a prover that ${what}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const { result, messages } = await proved(VERSION + script);
      if (message === null) return assertEquals(result.outcome, "proved"); // who runs a liar is lied to
      assertEquals(result.outcome, "trouble");
      assert(messages.length > 0 && messages.every((text) => text.includes(message)), messages.join("\n"));
      assertEquals([result.lines, result.edit], [[], null]);
    },
  });
}

Deno.test({
  name: "prove() ends in time with a prover that hangs and forks",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const begun = performance.now();
    const { result } = await proved(`${VERSION}sleep 71 & sleep 72`, 3);
    assertEquals([result.outcome, result.lines], ["time", []]);
    assert(performance.now() - begun < 30_000);
  },
});

Deno.test({
  name: "a program that is no acorn is refused by what it says of itself",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    for (
      const script of [
        "echo hello",
        "exit 3",
        'echo "acorn"',
        'echo "acorn \u001b[31m1"',
        "sleep 0.1; kill $$",
      ]
    ) {
      await assertRejects(() => proved(script), DataError, "is no acorn's");
    }
  },
});

Deno.test("findAcorn() takes the named binary, then $ACORN, then PATH", async () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  const name = Deno.build.os === "windows" ? "acorn.exe" : "acorn";
  const [other, acorn] = [join(folder, "other"), join(folder, name)];
  for (const path of [other, acorn]) await Deno.writeTextFile(path, "");
  assertEquals(await findAcorn({ acorn: other, variable: acorn }), other);
  assertEquals(await findAcorn({ variable: other, searchPath: folder }), other);
  assertEquals(await findAcorn({ searchPath: folder }), acorn);
  await assertRejects(() => findAcorn({ variable: folder }), DataError, "that $ACORN names");
  await assertRejects(() => findAcorn({}), DataError, "in PATH");
});

Deno.test("parseVerify() reads what acorn 0.2.6 prints", () => {
  const run = (output: string, code = 1, end: VerifyRun["end"] = "exit"): VerifyRun => ({
    end,
    code,
    output,
    errors: "",
    seconds: 1,
  });
  const failed = "nat/gcd.ac, line 47: f(x) = 1, line 3: y could not be verified (timeout after 2.0s)\n";
  const checked = parseVerify(run(`verifying\n${failed}\n3/4 OK\nVerification failed.\n`), "src/nat/gcd.ac");
  assert(checked.kind === "checked" && [...checked.failed.keys()].join() === "46");
  const error = parseVerify(
    run("nat/gcd.ac, line 9: elaboration error: no x:\n  x\n  ^\n"),
    "src/nat/gcd.ac",
  );
  assert(error.kind === "error" && error.line === 8, JSON.stringify(error));
  const imported = parseVerify(run("error in 'nat' module:\nVerification succeeded.\n", 0), "src/m.ac");
  assert(imported.kind === "error" && imported.line === undefined);
  const killed = parseVerify({ ...run(failed), end: "time", code: null }, "src/nat/gcd.ac");
  assert(killed.kind === "broken" && killed.failed.size === 1);
  for (let i = 0; i < failed.length; i++) {
    assert(parseVerify(run(failed.slice(i)), "src/nat/gcd.ac").kind !== "checked");
  }
});
