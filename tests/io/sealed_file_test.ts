/** What is kept to be made again is trusted whole, or not at all. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readSealed, writeSealed } from "../../src/io/mod.ts";
import { withFolder } from "../temporary_folder.ts";

Deno.test("readSealed() gives back what was written under the key, and nothing of damaged or other files", () =>
  withFolder(async (folder) => {
    const path = join(folder, "sealed");
    assertEquals(await readSealed(path, "key"), null);
    const body = Uint8Array.from({ length: 300 }, (_, i) => i);
    await writeSealed(path, "key", [body.subarray(0, 100), body.subarray(100)]);
    const read = await readSealed(path, "key");
    assertEquals([...read!], [...body]);
    assert(read!.buffer instanceof SharedArrayBuffer);
    assertEquals(await readSealed(path, "other key"), null);
    const bytes = await Deno.readFile(path);
    for (let i = 0; i < bytes.length; i++) {
      const flipped = bytes.slice();
      flipped[i]! ^= 1 << i % 8;
      for (const damaged of [flipped, bytes.subarray(0, i)]) {
        await Deno.writeFile(path, damaged);
        assertEquals(await readSealed(path, "key"), null, `${i}`);
      }
    }
    await Deno.remove(path);
    await Deno.mkdir(path);
    assertEquals(await readSealed(path, "key"), null);
  }));
