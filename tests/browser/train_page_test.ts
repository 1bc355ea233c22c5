/** The training page in headless Chromium: the same run as in Deno, with the same losses, drawn. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { buildPages } from "../../examples/browser/build.ts";
import { trainOnSample } from "../../examples/browser/sample_run.ts";
import { pageHandler } from "../../examples/browser/serve.ts";
import { TemporaryFolder } from "../export/temporary_folder.ts";
import { browserTest, openPage, serveLocally } from "./chromium.ts";

const RUN = { files: 60, steps: 3, workers: 2 };
/** The page shows three decimals; another V8 may round an exponential differently. */
const TOLERANCE = 0.0011;

browserTest("the training page", async (test) => {
  using folder = new TemporaryFolder();
  const pages = join(folder.path, "pages");
  await buildPages(pages);
  await using browser = await openPage();
  const { page, problems } = browser;

  await test.step("trains with two threads and has the losses that the same run has in Deno", async () => {
    await using site = serveLocally(pageHandler({ pages, model: null, isolated: true }));
    await page.goto(`${site.address}/train.html`);
    const blank = await page.locator("#losses").screenshot();
    for (const [name, value] of Object.entries(RUN)) await page.fill(`#${name}`, String(value));
    await page.click("#train");
    const losses: number[] = [];
    for await (const event of trainOnSample(RUN, new AbortController().signal)) {
      if (event.kind === "evaluation") losses.push(event.loss);
    }
    await page.waitForSelector("#train:enabled");
    assertEquals(problems, []);
    assertEquals(await page.textContent("#problem"), "");
    const shown = await page.locator("#evaluations td:nth-child(2)").allTextContents();
    assertEquals(shown.length, RUN.steps + 1);
    for (const [i, text] of shown.entries()) {
      assert(Math.abs(Number(text) - losses[i]!) < TOLERANCE, `${shown} in the page, ${losses} in Deno`);
    }
    assert((await page.textContent("#sample"))!.includes("@P\n"));
    assert(!equal(await page.locator("#losses").screenshot(), blank), "nothing was drawn");
  });

  await test.step("says what is missing where it may not share memory", async () => {
    await using site = serveLocally(pageHandler({ pages, model: null, isolated: false }));
    await page.goto(`${site.address}/train.html`);
    await page.fill("#files", String(RUN.files));
    await page.click("#train");
    await page.waitForSelector("#train:enabled");
    assert((await page.textContent("#problem"))!.includes("Cross-Origin-Opener-Policy"));
  });
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
