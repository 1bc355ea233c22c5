/** What the tasks may do: their sets in deno.json, and what is left of them for a call. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { tinyExportedModel } from "../infer/tiny_exported_model.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { CONFIG, permissions, programArguments, tasks } from "./permission_set.ts";

const RUNS_MAIN = Object.entries(tasks).filter(([, task]) => /^deno run .* main\.ts\b/.test(task));
/** Commands that run a program, by the first word of their names. */
const LISTENERS = COMMANDS.filter(({ listens }) => listens).map(({ name }) => name);
const RUNNERS = COMMANDS.filter(({ runsProgram }) => runsProgram).map(({ name }) => name.split(" ")[0]!);

Deno.test("every command's task has a set of its own, and nothing beside it", () => {
  const names = RUNS_MAIN.map(([name]) => name);
  for (const { name } of COMMANDS) {
    assert(names.includes(name.split(" ")[0]!) || ["schema", "completions"].includes(name), name);
  }
  for (const [name, task] of RUNS_MAIN) {
    const command = name === "tactics" ? "" : ` ${name}`;
    const asks = ["data", "tactics"].includes(name) ? "" : " --no-prompt";
    const fast = ["quickstart", "train", "resume", "sweep"].includes(name) ? " --env-file=v8.env" : "";
    // V8 lets the heap grow to four times what lives before it collects: a library's proofs took 1.3 GB.
    const flags = name === "data" ? " --v8-flags=--heap-growing-percent=40" : fast;
    assertEquals(task, `deno run -q${asks}${flags} -P=${name} main.ts${command}`);
  }
});

Deno.test("what runs a program, what listens, and who only reads may write nothing", () => {
  assertEquals([RUNNERS, LISTENERS], [["data", "prove", "serve", "lsp"], [
    "train",
    "resume",
    "dashboard",
    "serve",
  ]]);
  for (const [name, { write, env = [], sys, run, net, ffi, ...others }] of Object.entries(permissions)) {
    assertEquals(others, { read: true }, name);
    const program = RUNNERS.includes(name) ? ["acorn"] : undefined;
    // Which library MPI is, is known only when it is asked.
    const shares = COMMANDS.some((command) =>
      command.name === name && command.options.includes("distributed")
    );
    assertEquals(ffi, shares || name === "tactics" ? true : undefined, name);
    // The user names the binary, and the processes that it leaves are to be killed.
    assertEquals(run, ["prove", "serve", "lsp", "tactics"].includes(name) ? true : program, name);
    assertEquals(net, ["browser", "tactics", ...LISTENERS].includes(name) ? ["127.0.0.1"] : undefined, name);
    assert(
      env !== true &&
        (sys === undefined ||
          sys !== true && sys.every((kind) => ["systemMemoryInfo", "statfs"].includes(kind))),
      name,
    );
    const writes = COMMANDS.some((command) =>
      command.writesIn !== undefined && [command.name.split(" ")[0], "tactics"].includes(name)
    );
    assertEquals(write, writes ? [name === "quickstart" ? name : "/"] : undefined, name);
  }
});

async function outcome(args: readonly string[], cwd: string): Promise<{ code: number; text: string }> {
  const environment = {
    NO_COLOR: "1",
    PATH: `${cwd}:${Deno.env.get("PATH")}`,
    HOME: cwd,
    XDG_CACHE_HOME: join(cwd, "cache"),
  };
  const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd, env: environment, stdin: "null" });
  const { code, stdout, stderr } = await child.output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test("of the right to write anywhere, only the folders that a call's options name are left", async () => {
  using temporary = new TemporaryFolder();
  const script = join(temporary.path, "script.ts");
  await Deno.writeTextFile(
    script,
    `import { run } from ${JSON.stringify(import.meta.resolve("../../src/cli/main.ts"))};
    import { processTerminal } from ${JSON.stringify(import.meta.resolve("../../src/cli/terminal.ts"))};
    const terminal = processTerminal({ writeOut: console.log, writeError: console.error });
    const state = (path) => Deno.permissions.querySync({ name: "write", path }).state;
    const acorn = { name: "run", command: "acorn" };
    const host = { name: "net", host: "127.0.0.1" };
    const ffi = () => Deno.permissions.querySync({ name: "ffi" }).state;
    const writes = ["mine/a", "place/a", "cache/tactics/b", "cache/c", "checkpoints/d", "/e"];
    const command = (name, more) => ({ name, summary: "", examples: [], options: ["checkpointDir", "backend", "distributed"],
      run: () => { console.log(writes.map(state).join(), Deno.permissions.querySync(acorn).state, Deno.permissions.querySync(host).state, ffi()); return Promise.resolve(); }, ...more });
    const writesIn = ({ settings }) => [settings.checkpointDir];
    const commands = [command("a", { writesIn }), command("b", {}), command("c", { runsProgram: true }), command("d", { listens: true })];
    await run([...Deno.args, "--checkpoint-dir", "mine"], { terminal, commands, confined: true });`,
  );
  await Deno.writeTextFile(join(temporary.path, "acorn"), "#!/bin/sh\n", { mode: 0o755 });
  await Deno.mkdir(join(temporary.path, "place"));
  await Deno.symlink("place", join(temporary.path, "mine"));
  const bare = ["run", "-q", "--no-prompt", "--no-check", "--config", CONFIG, "--allow-read", "--allow-env"];
  const listed = [
    ...bare,
    "--allow-write=/",
    "--allow-run=acorn",
    "--allow-net=127.0.0.1",
    "--allow-ffi",
    script,
  ];
  const names = [["a"], ["b"], ["c"], ["d"], ["b", "--distributed", "mpi"]];
  const calls = names.map((words) => outcome([...listed, ...words], temporary.path));
  assertEquals((await Promise.all(calls)).map(({ text }) => text), [
    "granted,granted,granted,prompt,prompt,prompt prompt prompt prompt\n",
    "prompt,prompt,granted,prompt,prompt,prompt prompt prompt prompt\n",
    "prompt,prompt,granted,prompt,prompt,prompt granted prompt prompt\n",
    "prompt,prompt,granted,prompt,prompt,prompt prompt granted prompt\n",
    "prompt,prompt,granted,prompt,prompt,prompt prompt prompt granted\n",
  ]);
});

Deno.test("a program that the user names runs only where Deno allows it, and the error says how", async () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  await Deno.mkdir(join(folder, "lib"));
  const acorn = join(folder, "mine");
  await Deno.writeTextFile(acorn, "#!/bin/sh\necho '@P' > \"$4/p.txt\"\n", { mode: 0o755 });
  const args = programArguments(["data", "acorn", "--lib", "lib", "--acorn", acorn]);
  const refused = await outcome(args, folder);
  assertEquals(refused.code, 1, refused.text);
  assert(/error: Cannot start .*\nhint: .*--allow-run="/.test(refused.text), refused.text);
  if (Deno.build.os === "windows") return;
  const allowed = await outcome(args.toSpliced(1, 0, `--allow-run=${acorn}`), folder);
  assertEquals([allowed.code, allowed.text], [0, "1 proof files in data/proofs\n"]);
});

Deno.test("commands that may open somebody's model.onnx have bounds checks, and refuse to without", async () => {
  using temporary = new TemporaryFolder();
  const model = await tinyExportedModel(temporary);
  const goal = ["--prompt", "@G"];
  for (
    const [task, ...args] of [["verify", model], ["eval", model], ["generate", "--model", model, ...goal]]
  ) {
    assert(!/v8\.env|v8-flags/.test(tasks[task!]!), task);
    const flags = `--env-file=${join(CONFIG, "..", "v8.env")}`;
    const { code, text } = await outcome(
      programArguments([task!, ...args]).toSpliced(1, 0, flags),
      temporary.path,
    );
    assertEquals(code, 2, text);
    assert(text.includes("is not opened in ONNX Runtime here") && text.includes(`deno task ${task}`), text);
  }
  assert(!/v8\.env|v8-flags/.test(tasks.suggest! + tasks.export! + tasks.tactics!));
});
