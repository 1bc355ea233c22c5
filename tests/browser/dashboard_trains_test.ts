/** A run in the dashboard's page, in headless Chromium: the same as in Deno, with the same losses, drawn. */
import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { type SampleRunOptions, trainOnSample } from "../../src/dashboard/page/sample_run.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { assertBarsNobody } from "./accessibility.ts";
import { browserTest, openPage, type RecordedPage } from "./chromium.ts";
import { startDashboard } from "./dashboard_server.ts";

const RUN = { files: 60, steps: 3, backend: "wasm", workers: 2 } as const;
/** The page shows three decimals; another V8 may round an exponential differently. */
const TOLERANCE = 0.0011;

browserTest("a run in the dashboard's page", async (test) => {
  using folder = new TemporaryFolder();
  await using browser = await openPage();
  const { page } = browser;

  await test.step("trains with two threads and has the losses that the same run has in Deno", async () => {
    await using server = startDashboard({ runs: folder.path });
    await page.goto(server.address);
    await start(page, RUN);
    const losses = await lossesInDeno(RUN);
    assertSimilar(await shownLosses(browser), losses);
    assert((await page.textContent("#train-device"))!.startsWith("Computed with wasm, "));
    assert((await page.textContent("#train-sample"))!.includes("@P\n"));
    const words = await page.getAttribute("#train-losses .chart", "aria-label");
    assert(
      /^Loss\. training: from .* at 1 to .* at 3, .*held-out proofs: from .* at 0 /.test(words!),
      words!,
    );
    assert(await page.locator("#train-losses canvas").count() > 0);
    await page.click("#training summary");
    await assertBarsNobody(page);
  });

  await test.step("stops when it is asked to, and can be begun again", async () => {
    await using server = startDashboard({ runs: folder.path });
    await page.goto(server.address);
    await start(page, { ...RUN, steps: 100_000 });
    await page.waitForFunction(() =>
      document.querySelector("#train-status")!.textContent!.startsWith("Step ")
    );
    await page.focus("#train-stop");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#train-start:enabled");
    assert(/^Done: \d+ steps? /.test((await page.textContent("#train-status"))!));
    await start(page, { ...RUN, steps: 1 });
    await page.waitForSelector("#train-start:enabled");
    assert((await page.textContent("#train-status"))!.startsWith("Done: 1 step in"));
  });

  await test.step("says what is missing where it may not share memory", async () => {
    await using server = startDashboard({ runs: folder.path, isolated: false });
    await page.goto(server.address);
    await start(page, { ...RUN, backend: "auto" }); // this browser has no GPU
    await page.waitForSelector("#train-start:enabled");
    assert((await page.textContent("#train-problem"))!.includes("Cross-Origin-Opener-Policy"));
    await start(page, { ...RUN, backend: "webgpu" });
    await page.waitForSelector("#train-start:enabled");
    assert((await page.textContent("#train-problem"))!.includes("No GPU adapter was found"));
  });
});

browserTest(
  "a run in the dashboard's page has with WebGPU the losses of wasm in Deno, and shares no memory",
  async () => {
    using folder = new TemporaryFolder();
    await using server = startDashboard({ runs: folder.path, isolated: false });
    await using browser = await openPage({ gpu: true });
    const { page } = browser;
    await page.goto(server.address);
    page.setDefaultTimeout(400_000); // this adapter is slow
    await start(page, { ...RUN, steps: 1, backend: "webgpu" });
    const losses = await lossesInDeno({ ...RUN, steps: 1 });
    assertSimilar(await shownLosses(browser), losses);
    const device = (await page.textContent("#train-device"))!;
    assert(device.startsWith("Computed with webgpu, "), device);
  },
);

/** Fill in the form and begin. */
async function start(page: Page, { backend, ...numbers }: SampleRunOptions): Promise<void> {
  for (const [name, value] of Object.entries(numbers)) {
    await page.fill(`#train-${name === "workers" ? "threads" : name}`, String(value));
  }
  await page.selectOption("#train-backend", backend);
  await page.click("#train-start");
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
  await page.waitForSelector("#train-start:enabled");
  assertEquals(problems, []);
  assertEquals(await page.textContent("#train-problem"), "");
  return (await page.locator("#train-evaluations td:nth-child(2)").allTextContents()).map(Number);
}

function assertSimilar(actual: readonly number[], expected: readonly number[]): void {
  assertEquals(actual.length, expected.length);
  for (const [i, loss] of actual.entries()) {
    assert(Math.abs(loss - expected[i]!) < TOLERANCE, `${actual} in the page, ${expected} in Deno`);
  }
}
