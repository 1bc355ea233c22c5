/**
 * The example's page in headless Chromium: it suggests what the library suggests in Deno, and explains what
 * it cannot load.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { buildPages } from "../../examples/browser/build.ts";
import { pageHandler } from "../../examples/browser/serve.ts";
import { openModel, type Suggestion } from "../../src/infer/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { TINY_GOAL, tinyExportedModel } from "../infer/tiny_exported_model.ts";
import { browserTest, openPage, serveLocally } from "./chromium.ts";

const OPTIONS = { samples: 5, temperature: 0.9, seed: 7 };
/** Suggestions that the page shows. */
const SHOWN = 10;

browserTest("the suggestion page", async (test) => {
  using folder = new TemporaryFolder();
  const [pages, model] = [join(folder.path, "pages"), await tinyExportedModel(folder)];
  await buildPages(pages);
  const files = pageHandler(pages, model);
  const withDamage = (request: Request): Response | Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/no-folder/")) return new Response("<!doctype html>");
    if (pathname === "/damaged/model.onnx") return new Response("cut");
    return files(new Request(request.url.replace("/damaged/", "/model/")));
  };
  await using site = serveLocally(withDamage, { isolated: false });
  await using otherSite = serveLocally(files, { isolated: false });
  await using browser = await openPage();
  const { page, problems } = browser;

  await test.step("suggests what openModel() suggests in Deno for the same seed", async () => {
    await using loaded = await openModel(model);
    await page.goto(site.address);
    const goal = TINY_GOAL.replace("@P\n", "");
    await page.fill("#goal", goal);
    for (const [name, value] of Object.entries(OPTIONS)) await page.fill(`#${name}`, String(value));
    await page.click("#suggest");
    const expected = await loaded.suggest(goal, OPTIONS);
    assert(expected.length > 2);
    assertEquals(await shown(page), asShown(expected), problems.join("\n"));

    // A chosen line goes to the end of the proof, and the next one is asked for.
    const chosen = asShown(expected).at(-1)![0];
    await page.getByRole("button", { name: chosen, exact: true }).last().click();
    const longer = `${goal}@P\n${chosen}\n`;
    assertEquals(await page.inputValue("#goal"), longer);
    const next = await loaded.suggest(longer, OPTIONS);
    assertEquals(await shown(page), asShown(next));
    assertEquals(problems, []);
  });

  await test.step("explains a model that it cannot load, and then loads one that it can", async () => {
    const cases: [string, string[]][] = [
      ["absent/", [`Cannot fetch "${site.address}/absent/config.json"`, "404", "tactics export"]],
      ["no-folder/", [`"${site.address}/no-folder/config.json" is not JSON`, "tactics export"]],
      ["damaged", [`ONNX Runtime cannot load "${site.address}/damaged/model.onnx"`, "damaged"]],
      [`${otherSite.address}/model`, [`Cannot fetch "${otherSite.address}/model/config.json"`, "CORS"]],
      ["http://[", ["is not an address", "https://"]],
    ];
    for (const [typed, expected] of cases) {
      await page.fill("#model", typed);
      await page.click("#suggest");
      await page.waitForSelector("#suggest:enabled");
      const problem = await page.textContent("#problem") ?? "";
      for (const words of expected) assert(problem.includes(words), `${typed}: ${problem}`);
      assertEquals(await page.locator("#suggestions li").count(), 0);
    }
    await page.fill("#model", "model");
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
