/// <reference lib="dom" />
/**
 * Exported folders in the dashboard's playground, run by headless Chromium: what the library suggests in Deno,
 * and an explanation of what cannot be loaded.
 */
import { assert, assertEquals } from "@std/assert";
import { basename, join } from "@std/path";
import type { Page } from "playwright-core";
import { openModel, type Suggestion } from "../../src/infer/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { TINY_GOAL, tinyExportedModel } from "../infer/tiny_exported_model.ts";
import { assertBarsNobody } from "./accessibility.ts";
import { browserTest, openPage } from "./chromium.ts";
import { startDashboard } from "./dashboard_server.ts";

const OPTIONS = { samples: 5, temperature: 0.9 };
/** Suggestions that the page shows. */
const SHOWN = 10;

browserTest("an exported folder in the dashboard's playground", async (test) => {
  using folder = new TemporaryFolder();
  const model = await tinyExportedModel(folder);
  const exports = join(model, "..");
  await makeDamaged(model, join(exports, "damaged"));
  await using server = startDashboard({ runs: join(folder.path, "none"), exports });
  await using browser = await openPage();
  const { page, problems } = browser;
  await page.goto(server.address);
  await page.locator("#who option").nth(2).waitFor({ state: "attached" });

  await test.step("suggests, computed in the page, what openModel() suggests in Deno", async () => {
    await using loaded = await openModel(model);
    await page.selectOption("#who", basename(model));
    const goal = TINY_GOAL.replace("@P\n", "");
    await page.fill("#goal", goal);
    await page.fill("#number", String(OPTIONS.samples));
    await page.fill("#temperature", String(OPTIONS.temperature));
    await page.click("#suggest");
    const expected = await loaded.suggest(goal, OPTIONS);
    assert(expected.length > 2);
    assertEquals(await shown(page), asShown(expected), problems.join("\n"));
    assert((await page.textContent("#status"))!.endsWith(`by export/${basename(model)}, in this page`));

    // A chosen line goes to the end of the proof, and the next one is asked for.
    const chosen = asShown(expected).at(-1)![0];
    await page.getByRole("button", { name: chosen, exact: true }).last().click();
    const longer = `${goal}@P\n${chosen}\n`;
    assertEquals(await page.inputValue("#goal"), longer);
    assertEquals(await shown(page), asShown(await loaded.suggest(longer, OPTIONS)));
    await assertBarsNobody(page);
    assertEquals(problems, []);
  });

  await test.step("explains a model that it cannot load, and then loads one that it can", async () => {
    await page.selectOption("#who", "damaged");
    await page.click("#suggest");
    await page.waitForSelector("#suggest:enabled");
    const problem = await page.textContent("#problem");
    assert(
      problem!.includes(`ONNX Runtime cannot load "${server.address}/exported/damaged/model.onnx"`),
      problem!,
    );
    assertEquals(await page.locator("#suggestions li").count(), 0);
    await page.selectOption("#who", basename(model));
    await page.fill("#goal", "a = a");
    await page.click("#suggest");
    await page.waitForSelector("#suggest:enabled");
    assert((await page.textContent("#problem"))!.includes('no line "@G"'));
    await page.fill("#goal", TINY_GOAL);
    await page.click("#suggest");
    assert((await shown(page)).length > 0);
    assertEquals(await page.textContent("#problem"), "");
  });
});

/** A copy whose model is cut. */
async function makeDamaged(model: string, copy: string): Promise<void> {
  await Deno.mkdir(copy);
  for (const name of ["config.json", "tokenizer.json"]) {
    await Deno.copyFile(join(model, name), join(copy, name));
  }
  await Deno.writeTextFile(join(copy, "model.onnx"), "cut");
}

/** The suggestions in the page, once it has them: each line with the figure below it. */
async function shown(page: Page): Promise<[string, string][]> {
  await page.waitForSelector("#suggest:enabled");
  const entries = await page.locator("#suggestions li").all();
  return await Promise.all(entries.map(async (entry): Promise<[string, string]> => [
    await entry.locator("button").textContent() ?? "",
    await entry.locator("small").getAttribute("title") ?? "",
  ]));
}

/** As the page has them: the ten best lines, the proof's end apart. */
function asShown(suggestions: readonly Suggestion[]): [string, string][] {
  return suggestions.filter(({ end }) => end === "line").slice(0, SHOWN).map((
    { line, logProbability },
  ) => [line, `logarithm of the probability: ${logProbability.toFixed(3)}`]);
}
