import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { runLimited } from "../../src/acorn/binary/run_limited.ts";
import { DataError } from "../../src/errors.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** Runs a test with a shell script that plays a program. */
function programTest(
  name: string,
  script: string,
  test: (program: string, folder: string) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      using temporary = new TemporaryFolder();
      const program = join(temporary.path, "program");
      await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      await test(program, temporary.path);
    },
  });
}

programTest(
  "runLimited() passes words and input as they are",
  'printf "%s|" "$@"; cat; exit 3',
  async (program) => {
    const args = ["a b", '$(id) "', "--x"];
    const { end, code, output, errors } = await runLimited(program, { args, input: "né\n", seconds: 20 });
    assertEquals({ end, code, output, errors }, {
      end: "exit",
      code: 3,
      output: 'a b|$(id) "|--x|né\n',
      errors: "",
    });
  },
);

programTest(
  "runLimited() kills what hangs, and what that has started",
  'sleep 61 & echo $! > /dev/stdout; trap "" TERM; sleep 62',
  async (program) => {
    const { end, code, output } = await runLimited(program, { args: [], seconds: 0.5 });
    assertEquals([end, code], ["time", null]);
    await assertGone(Number(output));
  },
);

programTest("runLimited() does not wait for what goes on behind", "sleep 63 & echo $!", async (program) => {
  const { end, code, output, seconds } = await runLimited(program, { args: [], seconds: 30 });
  assertEquals([end, code], ["exit", 0]);
  assert(seconds < 20);
  await assertGone(Number(output));
});

programTest("runLimited() ends a flood", "exec yes tactics", async (program) => {
  const { end, output } = await runLimited(program, { args: [], seconds: 60, outputBytes: 1e6 });
  assertEquals(end, "flood");
  assert(output.length <= 1e6);
});

programTest("runLimited() lets it write no file", "echo x > written; echo $?", async (_, folder) => {
  const program = join(folder, "program");
  const script = `#!/bin/sh\ntrap "" XFSZ\necho x > '${folder}/written'\necho "$?"\n`;
  await Deno.writeTextFile(program, script);
  const { output } = await runLimited(program, { args: [], seconds: 20 });
  assert(output.trim() !== "0", output);
  assertEquals((await Deno.stat(join(folder, "written"))).size, 0);
});

programTest(
  "runLimited() bounds its memory",
  "exec awk 'BEGIN { s = \"x\"; while (length(s) < 4e9) s = s s; print length(s) }'",
  async (program) => {
    const { code, output } = await runLimited(program, { args: [], seconds: 60, memoryBytes: 2 ** 28 });
    assert(code !== 0 && output === "", output);
  },
);

programTest(
  "runLimited() survives garbage and a death by signal",
  "printf '\\377\\000x'; kill -SEGV $$",
  async (program) => {
    const { end, code, output } = await runLimited(program, {
      args: [],
      input: "y".repeat(1e6),
      seconds: 20,
    });
    assertEquals({ end, code, output }, { end: "signal", code: null, output: "\ufffd\0x" });
  },
);

programTest("runLimited() stops when asked", "exec sleep 64", async (program) => {
  const signal = AbortSignal.timeout(200);
  const { end } = await runLimited(program, { args: [], seconds: 60, signal });
  assertEquals(end, "stopped");
});

Deno.test("runLimited() says that a program cannot be started", async () => {
  if (Deno.build.os === "windows") {
    await assertRejects(() => runLimited("no such program", { args: [], seconds: 1 }), DataError);
  } else {
    const { code } = await runLimited("/no/such/program", { args: [], seconds: 10 });
    assertEquals(code, 127); // the shell's word for it
  }
});

/** A process that was killed may take a moment to go. */
async function assertGone(pid: number): Promise<void> {
  assert(pid > 1);
  for (let i = 0; i < 200; i++) {
    if ((await new Deno.Command("kill", { args: ["-0", String(pid)], stderr: "null" }).output()).code !== 0) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`process ${pid} still runs`);
}
