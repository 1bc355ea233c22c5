/** The library in a page's bundle, as far as it can be told without a browser. */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("the library's bundle for pages imports nothing that a browser does not have", async () => {
  using folder = new TemporaryFolder();
  const script = join(folder.path, "page.js");
  const library = fromFileUrl(import.meta.resolve("../../mod.ts"));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--platform=browser", `--output=${script}`, library],
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  const imported = (await Deno.readTextFile(script)).match(/^import\b.*(["']).+\1;?$/gm);
  assertEquals(imported, null);
});
