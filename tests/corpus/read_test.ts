import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readProofs } from "../../src/corpus/read.ts";
import { DataError } from "../../src/errors.ts";
import { withFolder } from "../temporary_folder.ts";

const PROOF = "@G\na\n@C\nnot a\n@P\n";

Deno.test("readProofs() reads the folder's own .txt files in name order", () =>
  withFolder(async (folder) => {
    for (const name of ["b.txt", "B.txt", "a_10.txt", "a_9.txt", ".hidden.txt", "notes.md"]) {
      await Deno.writeTextFile(join(folder, name), PROOF);
    }
    await Deno.mkdir(join(folder, "sub.txt"));
    await Deno.writeTextFile(join(folder, "sub.txt", "c.txt"), PROOF);
    const corpus = await readProofs(folder);
    assertEquals(corpus.files.map((file) => file.name), ["B.txt", "a_10.txt", "a_9.txt", "b.txt"]);
    assertEquals(corpus.sizeBytes, 4 * PROOF.length);
    assertEquals(corpus.problems, []);
  }));

Deno.test("readProofs() skips bad files visibly and keeps the others", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "1.txt"), "");
    await Deno.writeFile(join(folder, "2.txt"), new Uint8Array([64, 71, 10, 0xc3]));
    await Deno.writeTextFile(join(folder, "3.txt"), "@G\na\n@Z\n@C\nb\n@P\n");
    const corpus = await readProofs(folder);
    assertEquals(corpus.files.map((file) => file.name), ["3.txt"]);
    assertEquals(corpus.skippedFiles, 2);
    assertEquals(corpus.problems.map(({ file, line }) => `${file}:${line}`), [
      "1.txt:1",
      "2.txt:2",
      "3.txt:3",
    ]);
  }));

Deno.test({
  name: "readProofs() does not wait for a pipe, follow a dangling link or read a file of absurd size",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "good.txt"), PROOF);
      await Deno.symlink(join(folder, "nowhere"), join(folder, "dangling.txt"));
      await Deno.symlink("/dev/zero", join(folder, "device.txt"));
      await new Deno.Command("mkfifo", { args: [join(folder, "pipe.txt")] }).output();
      await Deno.symlink(join(folder, "pipe.txt"), join(folder, "to_pipe.txt"));
      await Deno.truncate(join(folder, "good.txt"), PROOF.length);
      const huge = await Deno.open(join(folder, "huge.txt"), { create: true, write: true });
      await huge.truncate(2 ** 40);
      huge.close();
      const corpus = await readProofs(folder);
      assertEquals(corpus.files.map((file) => file.name), ["good.txt"]);
      assertEquals(corpus.skippedFiles, 5);
      const [, device, , pipe, toPipe] = corpus.problems.map(({ message }) => message);
      assertEquals(device, 'a link to "/dev/zero", outside of the folder; the file is skipped');
      assertEquals(pipe, "cannot be read: it is a pipe, not a regular file; the file is skipped");
      assertEquals(toPipe, pipe);
    }),
});

Deno.test("readProofs() follows links within the folder and to the folder, none that leave it", () =>
  withFolder(async (parent) => {
    const [folder, link, secret] = ["proofs", "link", "secret.txt"].map((name) => join(parent, name));
    await Deno.mkdir(join(folder!, "sub"), { recursive: true });
    await Deno.writeTextFile(secret!, PROOF);
    await Deno.writeTextFile(join(folder!, "good.txt"), PROOF);
    await Deno.writeTextFile(join(folder!, "sub", "x.txt"), PROOF);
    await Deno.symlink("good.txt", join(folder!, "inside.txt"));
    await Deno.symlink("../secret.txt", join(folder!, "outside.txt"));
    await Deno.symlink("outside.txt", join(folder!, "roundabout.txt"));
    await Deno.symlink("sub/x.txt", join(folder!, "subfolder.txt"));
    await Deno.symlink("loop.txt", join(folder!, "loop.txt"));
    await Deno.symlink("sub", join(folder!, "to_folder.txt"));
    await Deno.symlink(folder!, link!);
    for (const directory of [folder!, link!]) {
      const { files, problems } = await readProofs(directory);
      assertEquals(files.map(({ name }) => name), ["good.txt", "inside.txt", "subfolder.txt"]);
      assertEquals(problems.map(({ file, message }) => [file, message.includes("outside of the folder")]), [
        ["loop.txt", false],
        ["outside.txt", true],
        ["roundabout.txt", true],
        ["to_folder.txt", false],
      ]);
    }
  }));

Deno.test("readProofs() says what to do about a missing or empty folder, and useless files", () =>
  withFolder(async (folder) => {
    const reject = async (path: string, message: string): Promise<void> => {
      const error = await assertRejects(() => readProofs(path), DataError, message);
      assert(error.hint !== undefined);
    };
    await reject(join(folder, "missing"), "does not exist");
    await reject(folder, "has no .txt files");
    await Deno.writeTextFile(join(folder, "empty.txt"), "");
    await reject(folder, "all 1 .txt files were skipped, the first for empty.txt:1: empty file");
    await reject(join(folder, "empty.txt"), "the file has none");
  }));

Deno.test({
  name: "readProofs() names a folder that may not be listed",
  permissions: { read: [import.meta.dirname!] }, // also holds for root, whom file modes do not stop
  fn: async () => {
    const error = await assertRejects(
      () => readProofs("/"),
      DataError,
      'Cannot read the proofs "/"',
    );
    assert(error.hint !== undefined);
  },
});

Deno.test({
  name: "readProofs() names a folder whose mode forbids listing, and skips a file whose mode forbids reading",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: () =>
    withFolder(async (folder) => {
      for (const name of ["a.txt", "b.txt"]) await Deno.writeTextFile(join(folder, name), PROOF);
      await Deno.chmod(join(folder, "a.txt"), 0o000);
      const { files, problems } = await readProofs(folder);
      assertEquals([files.map(({ name }) => name), problems.map(({ file }) => file)], [["b.txt"], ["a.txt"]]);
      await Deno.chmod(folder, 0o000);
      try {
        await assertRejects(() => readProofs(folder), DataError, "Cannot read the proofs' folder");
      } finally {
        await Deno.chmod(folder, 0o700);
      }
    }),
});
