/** The WebGPU kernels in Chromium, whose compiler for WGSL is another than Deno's and stricter. */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { TemporaryFolder } from "../temporary_folder.ts";
import { serveOnLoopback } from "../../src/serve/mod.ts";
import { browserTest, openPage } from "./chromium.ts";

browserTest("every operation on Chromium's GPU equals the reference's", async () => {
  using folder = new TemporaryFolder();
  const script = join(folder.path, "page.js");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--platform=browser",
      `--output=${script}`,
      fromFileUrl(import.meta.resolve("./gpu_operations_page.ts")),
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const files: Record<string, [type: string, text: string]> = {
    "/": ["text/html", '<title>running</title><script type="module" src="page.js"></script>'],
    "/page.js": ["text/javascript", await Deno.readTextFile(script)],
  };
  await using site = serveOnLoopback((request) => {
    const file = files[new URL(request.url).pathname];
    if (file === undefined) return new Response(null, { status: 204 });
    return new Response(file[1], { headers: { "content-type": file[0] } });
  }, { port: 0 });
  await using browser = await openPage({ gpu: true });
  await browser.page.goto(site.address);
  await browser.page.locator("#done").waitFor({ state: "attached" }); // the pages' policy forbids evaluating text
  assertEquals(await browser.page.title(), "all 14 right");
  assertEquals(browser.problems, []);
});
