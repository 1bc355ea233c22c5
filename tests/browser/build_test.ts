/** The library in a page's bundle, as far as it can be told without a browser. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { buildPages } from "../../examples/browser/build.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("the pages' scripts import nothing that a browser does not have", async () => {
  using folder = new TemporaryFolder();
  await buildPages(folder.path);
  for (const name of ["suggest.js", "suggest_worker.js", "train.js", "train_worker.js", "worker.js"]) {
    const script = await Deno.readTextFile(join(folder.path, name));
    assertEquals(script.match(/^(import|export)\b.*(["']).+\2;?$/gm), null, name);
  }
});
