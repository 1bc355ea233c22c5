/** The training page in headless Chromium: the same run as in Deno, with the same losses, drawn. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { buildPages } from "../../examples/browser/build.ts";
import { type SampleRunOptions, trainOnSample } from "../../examples/browser/sample_run.ts";
import { pageHandler } from "../../examples/browser/serve.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { browserTest, openPage, type RecordedPage, serveLocally } from "./chromium.ts";

const RUN = { files: 60, steps: 3, backend: "wasm", workers: 2 } as const;
/** The page shows three decimals; another V8 may round an exponential differently. */
const TOLERANCE = 0.0011;

browserTest("the training page", async (test) => {
  using folder = new TemporaryFolder();
  const pages = join(folder.path, "pages");
  await buildPages(pages);
  await using browser = await openPage();
  const { page } = browser;

  await test.step("trains with two threads and has the losses that the same run has in Deno", async () => {
    await using site = serveLocally(pageHandler(pages, null));
    await page.goto(`${site.address}/train.html`);
    const blank = await page.locator("#losses").screenshot();
    await start(page, RUN);
    const losses = await lossesInDeno(RUN);
    assertSimilar(await shownLosses(browser), losses);
    assert((await page.textContent("#device"))!.startsWith("Computed with wasm, "));
    assert((await page.textContent("#sample"))!.includes("@P\n"));
    assert(!equal(await page.locator("#losses").screenshot(), blank), "nothing was drawn");
  });

  await test.step("says what is missing where it may not share memory", async () => {
    await using site = serveLocally(pageHandler(pages, null), { isolated: false });
    await page.goto(`${site.address}/train.html`);
    await start(page, { ...RUN, backend: "auto" }); // this browser has no GPU
    await page.waitForSelector("#train:enabled");
    assert((await page.textContent("#problem"))!.includes("Cross-Origin-Opener-Policy"));
    await start(page, { ...RUN, backend: "webgpu" });
    await page.waitForSelector("#train:enabled");
    assert((await page.textContent("#problem"))!.includes("No GPU adapter was found"));
  });
});

browserTest(
  "the training page with WebGPU has the losses that wasm has in Deno, and shares no memory",
  async () => {
    using folder = new TemporaryFolder();
    const pages = join(folder.path, "pages");
    await buildPages(pages);
    await using site = serveLocally(pageHandler(pages, null), { isolated: false });
    await using browser = await openPage({ gpu: true });
    const { page } = browser;
    await page.goto(`${site.address}/train.html`);
    page.setDefaultTimeout(400_000); // this adapter is slow
    await start(page, { ...RUN, steps: 1, backend: "webgpu" });
    const losses = await lossesInDeno({ ...RUN, steps: 1 });
    assertSimilar(await shownLosses(browser), losses);
    const device = (await page.textContent("#device"))!;
    assert(device.startsWith("Computed with webgpu, "), device);
  },
);

/** Fill in the form and begin. */
async function start(page: Page, { backend, ...numbers }: SampleRunOptions): Promise<void> {
  for (const [name, value] of Object.entries(numbers)) await page.fill(`#${name}`, String(value));
  await page.selectOption("#backend", backend);
  await page.click("#train");
}

/** The losses of a run's evaluations. */
async function lossesInDeno(run: SampleRunOptions): Promise<number[]> {
  const losses: number[] = [];
  for await (const event of trainOnSample(run, new AbortController().signal)) {
    if (event.kind === "evaluation") losses.push(event.loss);
  }
  return losses;
}

/** The same in the page, when it is done. */
async function shownLosses({ page, problems }: RecordedPage): Promise<number[]> {
  await page.waitForSelector("#train:enabled");
  assertEquals(problems, []);
  assertEquals(await page.textContent("#problem"), "");
  return (await page.locator("#evaluations td:nth-child(2)").allTextContents()).map(Number);
}

function assertSimilar(actual: readonly number[], expected: readonly number[]): void {
  assertEquals(actual.length, expected.length);
  for (const [i, loss] of actual.entries()) {
    assert(Math.abs(loss - expected[i]!) < TOLERANCE, `${actual} in the page, ${expected} in Deno`);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
