/** Files that appear whole or not at all. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import { writeFileAtomic } from "../../src/io/atomic_file.ts";
import type { FileSystem } from "../../src/io/temporaries.ts";
import { failingFiles } from "./failing_files.ts";
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
      DataError,
      `Cannot write "${join(folder, "no", "a")}": `,
    );
    assertEquals(names(folder), []);
  }));

Deno.test("writeFileAtomic() leaves the old or the new file whatever call fails, and names the path", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.bin");
    const [old, fresh] = [new Uint8Array(5).fill(1), new Uint8Array(7).fill(2)];
    await writeFileAtomic(path, old);
    let at = 0;
    for (let isDone = false; !isDone; at++) {
      const { files, calls } = failingFiles({ at, forGood: at % 2 === 0 });
      try {
        await writeFileAtomic(path, [fresh.subarray(0, 3), fresh.subarray(3)], { files });
        isDone = true;
      } catch (error) {
        assert(error instanceof DataError, `call ${at}, ${calls.at(-1)}: ${error}`);
        assertStringIncludes(error.message, `Cannot write "${path}": `);
        assertStringIncludes(error.message, "(os error 5)");
      }
      const found = await Deno.readFile(path);
      assertEquals(found, found.length === old.length ? old : fresh);
      await writeFileAtomic(path, old);
    }
    assert(at > 7, `${at} calls`);
  }));

Deno.test("writeFileAtomic() writes under a name that it makes itself and that nobody can guess", () =>
  withFolder(async (folder) => {
    const opened: [path: string, isNew: boolean | undefined][] = [];
    const files: FileSystem = {
      ...failingFiles({ at: Infinity }).files,
      open: (path, options) => {
        opened.push([String(path), options?.createNew]);
        return Deno.open(path, options);
      },
    };
    for (let i = 0; i < 2; i++) await writeFileAtomic(join(folder, "a"), new Uint8Array(1), { files });
    const written = opened.filter(([path]) => path !== folder);
    assertEquals(written.map(([, isNew]) => isNew), [true, true]);
    assert(written[0]![0] !== written[1]![0]);
  }));
