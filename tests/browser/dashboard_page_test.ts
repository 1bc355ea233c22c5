/// <reference lib="dom" />
/** The dashboard in headless Chromium: curves, a live update, comparison, a suggestion; nothing barred. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { evaluationOf, lines, metricsOf, writeRun } from "../dashboard/runs_fixture.ts";
import { TINY_GOAL, tinyExportedModel } from "../infer/tiny_exported_model.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { assertBarsNobody } from "./accessibility.ts";
import { browserTest, openPage } from "./chromium.ts";
import { startDashboard } from "./dashboard_server.ts";

browserTest("the dashboard", async (test) => {
  using folder = new TemporaryFolder();
  const model = await tinyExportedModel(folder);
  const runs = join(folder.path, "checkpoints");
  const path = await writeRun(join(runs, "second"), metricsOf(100, { isDone: false }));
  await Deno.utime(await writeRun(join(runs, "first"), metricsOf(40)), 1000, 1000);
  await using server = startDashboard({ runs, model });
  await using browser = await openPage();
  const { page, problems } = browser;
  await page.goto(server.address);

  await test.step("draws the newest run's curves, and says them in words", async () => {
    await page.waitForSelector("#charts figure:nth-child(6) canvas");
    await waitFor(page, () => document.querySelector("#now-title")!.textContent === "second");
    const words = await page.locator(".chart").evaluateAll((charts) =>
      charts.map((chart) => chart.ariaLabel!)
    );
    assertEquals(words.length, 6);
    for (const label of words) assert(/ from .* at .* to .* at .*, least /.test(label), label);
    assert(words[0]!.startsWith("Loss. training: from 6 at 1 to 0.6"), words[0]);
    for (const chart of await page.locator(".chart canvas").all()) {
      const colors = await chart.evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
      });
      assert(colors > 20, `${colors} colours: nothing is drawn`);
    }
    const figures = await page.textContent("#figures");
    for (const figure of ["100 of 100", "0.1500 on 7 proofs", "5,000", "60 %"]) {
      assert(figures!.includes(figure), `${figure}: ${figures}`);
    }
  });

  await test.step("shows an evaluation within two seconds, without being loaded again", async () => {
    const begun = performance.now();
    await Deno.writeTextFile(path, lines(evaluationOf(400, 40)), { append: true });
    await waitFor(
      page,
      () => document.querySelector("#figures")!.textContent!.includes("0.07500 on 7 proofs"),
    );
    const ms = performance.now() - begun;
    assert(ms < 2000, `${ms} ms`);
  });

  await test.step("shades a sample's tokens by their probability", async () => {
    const shades = await page.locator("#sample .token").evaluateAll((tokens) =>
      (tokens as HTMLElement[]).map(({ textContent, title, style }) => [textContent, title, style.background])
    );
    const shade = (share: number) => `color-mix(in srgb, var(--certain) ${share}%, transparent)`;
    assertEquals(shades, [["a =", "90 %", shade(90)], [" a", "2.8 %", shade(3)]]);
  });

  await test.step("compares runs that are ticked, by the keyboard", async () => {
    await page.locator("#run-list input").last().focus();
    await page.keyboard.press("Space");
    await waitFor(page, () => document.querySelectorAll("#comparison thead th").length === 3);
    await page.locator("#differences summary").focus();
    await page.keyboard.press("Enter");
    const rows = await page.locator("#comparison tbody tr").allTextContents();
    assert(rows[0]!.startsWith("bits a byte, best0.07500") && rows[0]!.endsWith("0.2372"), rows[0]);
    assert((await page.locator(".chart").nth(1).getAttribute("aria-label"))!.includes(". first: from"));
  });

  await test.step("suggests lines with probabilities as they are, and goes on with a chosen one", async () => {
    await page.fill("#goal", TINY_GOAL);
    await page.fill("#number", "8");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector("#suggestions li");
    const shown = await page.locator("#suggestions li").evaluateAll((items) =>
      items.map((item) => [item.querySelector("meter")!.value, item.querySelector("small")!.textContent!])
    ) as [number, string][];
    assert(shown.length > 0 && shown.length <= 10);
    for (const [value, text] of shown) {
      const told = text === "< 0.1 %" ? 0 : parseFloat(text) / 100;
      assert(Math.abs(value - told) < 0.05 * told + 0.001, `${value}: ${text}`);
    }
    const line = await page.locator("#suggestions li button").first().textContent();
    await page.locator("#suggestions li button").first().click();
    await page.waitForSelector("#suggest:enabled");
    assertEquals(await page.inputValue("#goal"), `${TINY_GOAL}${line}\n`);
    await page.fill("#goal", "a = a");
    await page.click("#suggest");
    await page.waitForSelector("#problem p");
    assert((await page.textContent("#problem"))!.includes('no line "@G"'));
  });

  await test.step("bars nobody, in light and dark: axe-core finds nothing serious", async () => {
    await assertBarsNobody(page);
  });
  // What another choice of runs ended, and the question that was to be refused.
  const expected = (problem: string): boolean => /422|no answer: .*\/events/.test(problem);
  assertEquals(problems.filter((problem) => !expected(problem)), []);
});

browserTest("the dashboard of a run of 10,000 steps is there within a second", async () => {
  using folder = new TemporaryFolder();
  await writeRun(folder.path, metricsOf(10_000));
  await using server = startDashboard({ runs: folder.path });
  await using browser = await openPage();
  const { page } = browser;
  await page.goto("about:blank");
  const begun = performance.now();
  await page.goto(server.address);
  await waitFor(page, () => document.querySelector("#figures")!.textContent!.includes("10,000 of 10,000"));
  const ms = performance.now() - begun;
  // On a machine whose cores have other work, as much longer.
  const load = Math.max(1, (1 + Deno.loadavg()[0]) / navigator.hardwareConcurrency);
  assert(ms < 1000 * load, `${ms} ms at a load of ${load.toFixed(1)} a core`);
});

async function waitFor(page: Page, isSo: () => boolean): Promise<void> {
  await page.waitForFunction(isSo, undefined, { polling: 20 });
}
