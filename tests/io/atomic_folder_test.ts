/** Folders that appear whole or not at all. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import { FolderDraft, isEmptyOrMissing } from "../../src/io/atomic_folder.ts";
import { withFolder } from "../temporary_folder.ts";

const FILES = [{ name: "a", bytes: new Uint8Array([1]) }, { name: "in/b", bytes: new Uint8Array() }];

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

Deno.test("FolderDraft gives its last files, and only them, the folder's name", () =>
  withFolder(async (folder) => {
    const directory = join(folder, "made");
    await Deno.mkdir(directory);
    {
      await using draft = new FolderDraft(directory);
      await draft.write([{ name: "earlier", bytes: new Uint8Array() }]);
      await draft.write(FILES);
      assertEquals(await isEmptyOrMissing(directory), true);
      assertEquals(names(draft.path), ["a", "in"]);
      await draft.publish();
    }
    assertEquals(names(folder), ["made"]);
    assertEquals(await Deno.readFile(join(directory, "a")), FILES[0]!.bytes);
    assertEquals([names(join(directory, "in")), await isEmptyOrMissing(directory)], [["b"], false]);
  }));

Deno.test("FolderDraft leaves nothing behind when it is not published, or stopped", () =>
  withFolder(async (folder) => {
    {
      await using draft = new FolderDraft(join(folder, "made"));
      await draft.write(FILES);
      await assertRejects(() => draft.write(FILES, AbortSignal.abort()), DOMException);
    }
    assertEquals(names(folder), []);
  }));

Deno.test("FolderDraft does not take the place of a folder with content, nor of a file", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "taken", "inside"), { recursive: true });
    await using draft = new FolderDraft(join(folder, "taken"));
    await draft.write(FILES);
    await assertRejects(
      () => draft.publish(),
      DataError,
      `Cannot write the folder "${join(folder, "taken")}"`,
    );
    assertEquals(names(join(folder, "taken")), ["inside"]);
    await Deno.writeFile(join(folder, "file"), new Uint8Array());
    await assertRejects(() => isEmptyOrMissing(join(folder, "file")), DataError);
    await assertRejects(() => new FolderDraft(join(folder, "file", "made")).write(FILES), DataError);
  }));
