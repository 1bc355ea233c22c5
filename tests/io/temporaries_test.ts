/** Temporary files that killed processes leave, and who removes them: real processes, really killed. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { writeFileAtomic } from "../../src/io/atomic_file.ts";
import { FolderDraft } from "../../src/io/atomic_folder.ts";
import { removeLeftovers } from "../../src/io/temporaries.ts";
import { withFolder } from "../temporary_folder.ts";

const UUID = "0f0e0d0c-1111-4222-8333-444455556666";
const CONTENTS = ["model.onnx", "onnx/model.onnx"];

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

function test(name: string, fn: (folder: string) => Promise<void>): void {
  Deno.test({ name, ignore: Deno.build.os === "windows", fn: () => withFolder(fn) });
}

/** Run a program in a process of its own, which kills itself or is to be killed. */
function spawn(program: string, folder: string): Deno.ChildProcess {
  const url = (path: string): string => JSON.stringify(import.meta.resolve(`../../src/io/${path}.ts`));
  const code = `import { writeFileAtomic } from ${url("atomic_file")};
    import { FolderDraft } from ${url("atomic_folder")};
    const [folder] = Deno.args;
    ${program}`;
  const file = join(folder, "..", `${crypto.randomUUID()}.ts`);
  Deno.writeTextFileSync(file, code);
  const config = fromFileUrl(import.meta.resolve("../../deno.json"));
  const args = ["run", "-A", "--no-check", "--quiet", "--config", config, file, folder];
  return new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
}

/** A checkpoint's pieces, and kill -9 between two of them. */
const KILLED_IN_A_WRITE = `
  await writeFileAtomic(folder + "/best.safetensors", {
    *[Symbol.iterator]() {
      yield new Uint8Array(5000);
      Deno.kill(Deno.pid, "SIGKILL");
      yield new Uint8Array(5000);
    },
  });`;

const KILLED_WITH_A_DRAFT = `
  const draft = new FolderDraft(folder + "/model");
  const file = (name, size) => ({ name, bytes: new Uint8Array(size) });
  await draft.write([file("model.onnx", 700), file("onnx/model.onnx", 7)]);
  Deno.kill(Deno.pid, "SIGKILL");`;

async function killed(program: string, folder: string): Promise<string> {
  const before = names(folder);
  const { signal } = await spawn(program, folder).output();
  assertEquals(signal, "SIGKILL");
  const left = names(folder).filter((name) => !before.includes(name));
  assertEquals(left.length, 1, `${left}`);
  return left[0]!;
}

test("what a process that was killed in a write left is removed, and nothing else", async (outer) => {
  const folder = join(outer, "checkpoints");
  await Deno.mkdir(folder);
  await writeFileAtomic(join(folder, "best.safetensors"), new Uint8Array(3));
  const left = await killed(KILLED_IN_A_WRITE, folder);
  assert(left.startsWith(".best.safetensors.") && left.endsWith(".tmp"), left);
  const kept = [
    `best.safetensors.${UUID}.tmp`, // not hidden
    `.notes.${UUID}.tmp`, // not a name of ours
    ".best.safetensors.tmp",
    `.best.safetensors.${UUID.toUpperCase()}.tmp`,
    `.best.safetensors.${UUID}.tmp~`,
    `.best.safetensors.${UUID}.partial`,
  ];
  for (const name of kept) await Deno.writeTextFile(join(folder, name), "kept");
  await Deno.mkdir(join(folder, `.step_000001.safetensors.${UUID}.tmp`));
  await Deno.symlink(join(folder, "best.safetensors"), join(folder, `.step_000002.safetensors.${UUID}.tmp`));
  const before = names(folder).filter((name) => name !== left);
  const isOwn = (name: string): boolean => /^(best|step_\d+)\.safetensors$/.test(name);
  assertEquals(await removeLeftovers(folder, { isOwn }), { names: [left], sizeBytes: 5000 });
  assertEquals(names(folder), before);
  assertEquals((await Deno.readFile(join(folder, "best.safetensors"))).length, 3);
  assertEquals(await removeLeftovers(join(folder, "none"), { isOwn }), { names: [], sizeBytes: 0 });
});

test("what a living process writes stays, until it is killed", async (outer) => {
  const folder = join(outer, "checkpoints");
  await Deno.mkdir(folder);
  const waits = `await new Promise((resolve) => { console.log("ready"); setTimeout(resolve, 60_000); });`;
  const programs = [
    [
      KILLED_IN_A_WRITE.replace(
        /^.*SIGKILL.*$/m,
        `console.log("ready"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);`,
      ),
      {},
    ],
    [KILLED_WITH_A_DRAFT.replace(/^.*SIGKILL.*$/m, waits), { contents: CONTENTS }],
  ] as const;
  for (const [program, options] of programs) {
    const child = spawn(program, folder);
    const reader = child.stdout.getReader();
    await reader.read();
    const [written] = names(folder);
    assertEquals((await removeLeftovers(folder, { isOwn: () => true, ...options })).names, []);
    assertEquals(names(folder), [written]);
    child.kill("SIGKILL");
    await Promise.all([child.status, reader.cancel()]);
    assertEquals((await removeLeftovers(folder, { isOwn: () => true, ...options })).names, [written]);
    assertEquals(names(folder), []);
  }
});

test("a killed export's folder is removed where only the export's files are in it", async (outer) => {
  const folder = join(outer, "export");
  await Deno.mkdir(folder);
  const options = { isOwn: () => true, contents: CONTENTS };
  for (const other of ["precious.txt", "model.onnx/precious.txt", "onnx/precious.txt", "more/model.onnx"]) {
    const left = await killed(KILLED_WITH_A_DRAFT, folder);
    const path = join(folder, left, other);
    if (other.startsWith("model.onnx")) await Deno.remove(join(folder, left, "model.onnx"));
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, "mine");
    const before = [names(join(folder, left)), names(join(folder, left, "onnx"))];
    assertEquals((await removeLeftovers(folder, options)).names, []);
    assertEquals([names(join(folder, left)), names(join(folder, left, "onnx"))], before);
    await Deno.remove(join(folder, left), { recursive: true });
  }
  // A link to a folder elsewhere, in the place of a folder of ours, is not followed.
  const left = await killed(KILLED_WITH_A_DRAFT, folder);
  await Deno.rename(join(folder, left, "onnx"), join(outer, "elsewhere"));
  await Deno.symlink(join(outer, "elsewhere"), join(folder, left, "onnx"));
  assertEquals((await removeLeftovers(folder, options)).names, []);
  assertEquals(names(join(outer, "elsewhere")), ["model.onnx"]);
  await Deno.remove(join(folder, left, "onnx"));
  await Deno.rename(join(outer, "elsewhere"), join(folder, left, "onnx"));
  assertEquals(await removeLeftovers(folder, options), { names: [left], sizeBytes: 707 });
  assertEquals(names(folder), []);
});

test("what is removed just when it is made is made again", async (folder) => {
  let thefts = 0;
  /** Another process that removes what was made before its maker holds it. */
  const files = {
    rename: Deno.rename,
    remove: Deno.remove,
    mkdir: Deno.mkdir,
    open: async (path: string | URL, options?: Deno.OpenOptions): Promise<Deno.FsFile> => {
      const file = await Deno.open(path, options);
      if (thefts < 1 && /\.(tmp|partial)$/.test(String(path))) {
        thefts++;
        await Deno.remove(path);
      }
      return file;
    },
  };
  await writeFileAtomic(join(folder, "a"), new Uint8Array(9), { files });
  assertEquals([names(folder), thefts], [["a"], 1]);
  thefts = 0;
  await using draft = new FolderDraft(join(folder, "b"), { files });
  await draft.write([{ name: "c", bytes: new Uint8Array() }]);
  await draft.publish();
  assertEquals([names(folder), thefts], [["a", "b"], 1]);
});
