/** Where measured tiles are kept. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { fileTileStore, userTileStore } from "../../src/cli/tile_store.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("the file of measured tiles is made with its folders, and read back", async () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  const store = userTileStore((name) => name === "HOME" ? folder : undefined)!;
  assertEquals(await store.read(), null);
  await store.write("{}\n");
  assertEquals(await store.read(), "{}\n");
  assertEquals(await Deno.readTextFile(join(folder, ".cache", "tactics", "gpu_tiles.json")), "{}\n");
  const other = userTileStore((name) => name === "XDG_CACHE_HOME" ? join(folder, ".cache") : undefined)!;
  assertEquals(await other.read(), "{}\n");
});

Deno.test("without a folder for caches nothing is kept", () => {
  assertEquals(userTileStore(() => undefined), undefined);
});

Deno.test({
  name: "a file of tiles that may not be read or written is as good as none",
  permissions: { read: false, write: false },
  fn: async () => {
    const store = fileTileStore("/nowhere/gpu_tiles.json");
    await store.write("{}");
    assertEquals(await store.read(), null);
  },
});
