/** Files that appear whole or not at all. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { writeFileAtomic } from "../../src/io/atomic_file.ts";
import { withFolder } from "../temporary_folder.ts";

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

Deno.test("writeFileAtomic() writes a file, replaces it, and leaves nothing else behind", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.bin");
    for (const bytes of [new Uint8Array([1, 2, 3]), new Uint8Array(300_000).fill(7), new Uint8Array()]) {
      await writeFileAtomic(path, bytes);
      assertEquals(await Deno.readFile(path), bytes);
    }
    assertEquals(names(folder), ["a.bin"]);
  }));

Deno.test("writeFileAtomic() keeps what was there when it fails, and removes its temporary file", () =>
  withFolder(async (folder) => {
    const path = join(folder, "taken");
    await Deno.mkdir(join(path, "inside"), { recursive: true });
    await assertRejects(() => writeFileAtomic(path, new Uint8Array([1])));
    assertEquals(names(folder), ["taken"]);
    assertEquals(names(path), ["inside"]);
  }));

Deno.test("writeFileAtomic() does not make folders", () =>
  withFolder(async (folder) => {
    await assertRejects(
      () => writeFileAtomic(join(folder, "no", "a"), new Uint8Array([1])),
      Deno.errors.NotFound,
    );
    assertEquals(names(folder), []);
  }));
