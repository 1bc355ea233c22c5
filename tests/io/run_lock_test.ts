import { assert, assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { DataError, LockedError } from "../../src/errors.ts";
import { lockFolder } from "../../src/io/run_lock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("lockFolder() refuses a second run until the first ends, and names it", () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  const checkpoints = join(folder, "deep", "checkpoints");
  {
    using _lock = lockFolder(checkpoints);
    const error = assertThrows(
      () => lockFolder(checkpoints),
      DataError,
      `another run (process ${Deno.pid})`,
    );
    assert(error.message.includes(checkpoints) && error.hint !== undefined);
  }
  using _again = lockFolder(checkpoints);
});

Deno.test("lockFolder() takes over what a dead process left, and overwrites nothing else", () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  const path = join(folder, "run.lock");
  for (const left of ["", "999999999\n", "7", "999999999 \n"]) {
    Deno.writeTextFileSync(path, left);
    using _lock = lockFolder(folder);
    assertEquals(Deno.readTextFileSync(path).trim(), String(Deno.pid));
  }
  for (const notes of ["ten lines of notes\n", "12\nand a long rest\n"]) {
    Deno.writeTextFileSync(path, notes);
    using _lock = lockFolder(folder);
    assertEquals(Deno.readTextFileSync(path), notes);
  }
  Deno.removeSync(path);
  Deno.writeTextFileSync(join(folder, "elsewhere"), "12345678901\n");
  Deno.linkSync(join(folder, "elsewhere"), path);
  using _lock = lockFolder(folder);
  assertEquals(Deno.readTextFileSync(join(folder, "elsewhere")), "12345678901\n");
});

Deno.test("lockFolder() follows no link and opens no folder", () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  const [path, other] = [join(folder, "run.lock"), join(folder, "notes")];
  Deno.writeTextFileSync(other, "1234\n");
  for (const target of [other, join(folder, "missing")]) {
    Deno.symlinkSync(target, path);
    assertThrows(() => lockFolder(folder), DataError, `Cannot lock "${path}": it is no file but a link`);
    Deno.removeSync(path);
  }
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["notes"]);
  assertEquals(Deno.readTextFileSync(other), "1234\n");
  Deno.mkdirSync(path);
  assertThrows(() => lockFolder(folder), DataError, "it is no file");
});

Deno.test("a lock whose file was removed, replaced or moved away with its folder is lost", () => {
  using temporary = new TemporaryFolder();
  const folder = join(temporary.path, "ck");
  const lose: [string, () => void][] = [
    ["removed", () => Deno.removeSync(join(folder, "run.lock"))],
    ["replaced", () => Deno.renameSync(join(folder, "run.lock"), join(folder, "old.lock"))],
    ["moved", () => Deno.renameSync(folder, `${folder}-moved`)],
    ["made a link", () => {
      Deno.renameSync(join(folder, "run.lock"), join(folder, "other.lock"));
      Deno.symlinkSync("other.lock", join(folder, "run.lock"));
    }],
  ];
  for (const [how, change] of lose) {
    using lock = lockFolder(folder);
    lock.check();
    change();
    const error = assertThrows(() => lock.check(), LockedError, folder);
    assert(error.hint?.includes("resume"), how);
    if (how !== "made a link") {
      using next = lockFolder(folder);
      next.check();
      assertThrows(() => lock.check(), LockedError, folder);
    }
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("lockFolder() is refused while another process holds the lock, until it is killed", async () => {
  const folder = Deno.makeTempDirSync();
  const code = `import { lockFolder } from ${JSON.stringify(import.meta.resolve("../../src/io/run_lock.ts"))};
    lockFolder(${JSON.stringify(folder)}); console.log("locked"); setInterval(() => {}, 1000);`;
  const config = fromFileUrl(import.meta.resolve("../../deno.json"));
  const script = join(folder, "holder.ts");
  Deno.writeTextFileSync(script, code);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, script],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    const reader = child.stdout.getReader();
    await reader.read();
    assertThrows(() => lockFolder(folder), DataError, `process ${child.pid}`);
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    using lock = lockFolder(folder);
    assertEquals(lock.path, join(folder, "run.lock"));
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child.status;
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("lockFolder() reports a folder that cannot be made", () => {
  const file = Deno.makeTempFileSync();
  try {
    assertThrows(() => lockFolder(join(file, "checkpoints")), DataError, "Cannot write into");
  } finally {
    Deno.removeSync(file);
  }
});
