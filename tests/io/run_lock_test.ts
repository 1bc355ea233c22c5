import { assert, assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { DataError } from "../../src/errors.ts";
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

Deno.test("lockFolder() takes over what a dead process left, whatever the file holds", () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  Deno.writeTextFileSync(join(folder, "run.lock"), "999999999\nand a long rest\n");
  using lock = lockFolder(folder);
  assertEquals(Deno.readTextFileSync(lock.path), `${Deno.pid}\n`);
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
