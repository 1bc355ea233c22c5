/** Folders that appear whole or not at all. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import { checkIsFree, FolderDraft } from "../../src/io/atomic_folder.ts";
import { failingFiles } from "./failing_files.ts";
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
      await checkIsFree(directory);
      assertEquals(names(draft.path), ["a", "in"]);
      await draft.publish();
    }
    assertEquals(names(folder), ["made"]);
    assertEquals(await Deno.readFile(join(directory, "a")), FILES[0]!.bytes);
    assertEquals(names(join(directory, "in")), ["b"]);
    await assertRejects(() => checkIsFree(directory), DataError, "it is not empty");
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
    await assertRejects(() => checkIsFree(join(folder, "file")), DataError, "it is a file");
    await assertRejects(async () => {
      await using other = new FolderDraft(join(folder, "file"));
      await other.write(FILES);
      await other.publish();
    }, DataError);
    await assertRejects(() => new FolderDraft(join(folder, "file", "made")).write(FILES), DataError);
  }));

Deno.test("FolderDraft removes nothing that it has not made, and replaces no link", () =>
  withFolder(async (folder) => {
    const made = join(folder, "made");
    await Deno.mkdir(join(folder, "made.partial", "chapters"), { recursive: true });
    await Deno.mkdir(join(folder, "target"));
    await Deno.symlink(join(folder, "target"), made);
    {
      await using draft = new FolderDraft(made);
      await draft.write(FILES);
      assert(!draft.path.endsWith("made.partial"));
      await assertRejects(() => draft.publish(), DataError, made);
      // Somebody else's folder under the draft's name, which cannot be guessed, is not taken either.
      await using other = new FolderDraft(join(folder, "other"));
      await Deno.mkdir(other.path);
      await Deno.writeTextFile(join(other.path, "kept"), "");
      await assertRejects(() => other.write(FILES), DataError);
      await other[Symbol.asyncDispose]();
      assertEquals(names(other.path), ["kept"]);
      await Deno.remove(other.path, { recursive: true });
    }
    await assertRejects(() => checkIsFree(made), DataError, "it is a link");
    assertEquals(names(folder), ["made", "made.partial", "target"]);
    assertEquals([names(join(folder, "target")), names(join(folder, "made.partial"))], [[], ["chapters"]]);
    assert((await Deno.lstat(made)).isSymlink);
  }));

Deno.test("FolderDraft leaves no half of a folder whatever call fails, and tells the first error", () =>
  withFolder(async (folder) => {
    const directory = join(folder, "made");
    let isDone = false;
    for (let at = 0; !isDone; at++) {
      const { files, calls } = failingFiles({ at });
      try {
        await using draft = new FolderDraft(directory, { files });
        await draft.write(FILES);
        await draft.publish();
        isDone = true;
      } catch (error) {
        assert(error instanceof DataError && error.message.includes(directory), `${calls.at(-1)}: ${error}`);
        assert(error.message.includes("(os error 5)"), error.message);
      }
      assert(names(folder).every((name) => name === "made"), `call ${at}: ${names(folder)}`);
      if (names(folder).length > 0) assertEquals(names(directory), ["a", "in"]);
      await Deno.remove(directory, { recursive: true }).catch(() => {});
    }
  }));
