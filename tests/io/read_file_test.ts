/** Reading with bounds: what is no regular file, too large or no text is refused, at once. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import { openRegularFile, readBounded, readStream, readTextBounded } from "../../src/io/mod.ts";
import { withFolder } from "../temporary_folder.ts";

const OPTIONS = { what: "the goal from", maxBytes: 100, hint: "try another" };
const IS_WINDOWS = Deno.build.os === "windows";

async function refusal(path: string): Promise<string> {
  const error = await assertRejects(() => readTextBounded(path, OPTIONS), DataError);
  assertEquals(error.hint, "try another");
  return error.message;
}

Deno.test("readBounded() reads files and links to files", () =>
  withFolder(async (folder) => {
    const [path, link] = [join(folder, "a"), join(folder, "b")];
    await Deno.writeTextFile(path, "x".repeat(100));
    await Deno.symlink(path, link);
    assertEquals(await readTextBounded(link, OPTIONS), "x".repeat(100));
    await Deno.writeTextFile(path, "");
    assertEquals(await readBounded(path, OPTIONS), new Uint8Array());
  }));

Deno.test("readBounded() names file, reason and way out", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a");
    assertEquals(await refusal(path), `Cannot read the goal from "${path}": it does not exist`);
    assertEquals(
      await refusal(folder),
      `Cannot read the goal from "${folder}": it is a folder, not a regular file`,
    );
    await Deno.writeTextFile(path, "x".repeat(101));
    assertStringIncludes(await refusal(path), "it has 101 bytes, at most 100 are allowed");
  }));

Deno.test("readBounded() does not allocate what a sparse file of a terabyte claims", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeTextFile(path, "");
    await Deno.truncate(path, 2 ** 40);
    assertStringIncludes(await refusal(path), `it has ${2 ** 40} bytes`);
  }));

Deno.test({
  name: "readBounded() does not wait for pipes and sockets, nor read devices",
  ignore: IS_WINDOWS,
  fn: () =>
    withFolder(async (folder) => {
      const [pipe, socket, link] = ["pipe", "socket", "link"].map((name) => join(folder, name));
      await new Deno.Command("mkfifo", { args: [pipe!] }).output();
      using _listener = Deno.listen({ transport: "unix", path: socket! });
      await Deno.symlink(pipe!, link!);
      assertStringIncludes(await refusal(pipe!), "it is a pipe, not a regular file");
      assertStringIncludes(await refusal(link!), "it is a pipe, not a regular file");
      assertStringIncludes(await refusal(socket!), "it is a socket, not a regular file");
      assertStringIncludes(await refusal("/dev/zero"), "it is a device, not a regular file");
      await assertRejects(() => openRegularFile(pipe!), TypeError, "it is a pipe");
    }),
});

Deno.test("readTextBounded() names the first byte that is not UTF-8, and UTF-16", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeFile(path, Uint8Array.of(0x40, 0x47, 0x0a, 0xe9, 0x0a));
    assertStringIncludes(await refusal(path), "it is not UTF-8: byte 0xe9 at offset 3, in line 2");
    await Deno.writeFile(path, Uint8Array.of(0xff, 0xfe, 0x40, 0));
    assertStringIncludes(await refusal(path), "byte 0xff at offset 0, in line 1 (it begins as UTF-16 does");
    await Deno.writeTextFile(path, "\ufeff@G");
    assertEquals(await readTextBounded(path, OPTIONS), "\ufeff@G");
  }));

Deno.test("readStream() ends with the stream, or at its bound", async () => {
  const stream = (): ReadableStream<Uint8Array> => ReadableStream.from([new Uint8Array(3), Uint8Array.of(7)]);
  assertEquals(await readStream(stream(), 4), Uint8Array.of(0, 0, 0, 7));
  await assertRejects(() => readStream(stream(), 3), RangeError, "it has more than 3 bytes");
  let pieces = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => (pieces++, controller.enqueue(new Uint8Array(1000))),
  });
  await assertRejects(() => readStream(endless, 10_000), RangeError);
  assert(pieces < 20, `${pieces} pieces were taken`);
});
