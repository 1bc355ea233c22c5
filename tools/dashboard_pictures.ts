/// <reference lib="dom" />
/**
 * `deno run -A tools/dashboard_pictures.ts`: the pictures in docs/dashboard.md, of real runs. It writes
 * proofs, trains two small models on them (--steps each, 300 unless told), opens the dashboard in headless
 * Chromium, trains another one there, and leaves dashboard.png, dashboard_playground.png and
 * dashboard_training.png in docs/images/.
 */
import { fromFileUrl, join } from "@std/path";
import { parseArgs } from "@std/cli";
import { openPage } from "../tests/browser/chromium.ts";
import { TemporaryFolder } from "../tests/temporary_folder.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const GOAL = `@G
theorem inverse_unique[G: Group](g: G, h: G) {
    g * h = G.1 implies h = g.inverse
}
@C
h != g.inverse
@P
`;

if (import.meta.main) {
  const { steps = "300" } = parseArgs(Deno.args, { string: ["steps"] });
  using folder = new TemporaryFolder();
  Deno.chdir(folder.path); // so that what is shown names nothing of this machine
  const proofs = ["--data-dir", "proofs"];
  const runs = ["--checkpoint-dir", "checkpoints"];
  await tactics("data", "sample", "--files", "1000", ...proofs);
  await tactics("tokenizer", ...proofs, "--output-dir", runs[1]!, "--vocab-size", "1024");
  const length = ["--recipe", "short", "--steps", `${steps}`, "--backend", "wasm"];
  await tactics("train", "--name", "narrow", "--d-model", "48", ...length, ...proofs, ...runs);
  await tactics("train", "--name", "wide", "--d-model", "96", ...length, ...proofs, ...runs);
  await using dashboard = await startDashboard(runs);
  await using browser = await openPage();
  const { page, problems } = browser;
  await page.setViewportSize({ width: 1200, height: 800 });
  await page.goto(dashboard.address);
  await page.waitForSelector("#charts figure:nth-child(6) canvas");
  await page.locator("#run-list input").nth(1).check();
  await page.waitForTimeout(1000);
  await page.screenshot({ path: join(ROOT, "docs", "images", "dashboard.png") });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.evaluate(() => document.querySelector("header")!.style.position = "static");
  await page.fill("#goal", GOAL);
  await page.click("#suggest");
  await page.waitForSelector("#suggestions li");
  await page.locator("#written").screenshot({
    path: join(ROOT, "docs", "images", "dashboard_playground.png"),
  });
  await page.emulateMedia({ colorScheme: "light" });
  await page.fill("#train-steps", "60");
  await page.click("#train-start");
  await page.waitForSelector("#train-start:enabled", { timeout: 300_000 });
  await page.locator("#training").screenshot({
    path: join(ROOT, "docs", "images", "dashboard_training.png"),
  });
  if (problems.some((problem) => !problem.includes("/events"))) throw new Error(problems.join("\n"));
}

async function tactics(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await program(args).output();
  if (code !== 0) throw new Error(`tactics ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

function program(args: readonly string[]): Deno.Command {
  const flags = [`--config=${join(ROOT, "deno.json")}`, `--env-file=${join(ROOT, "v8.env")}`];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", ...flags, join(ROOT, "main.ts"), ...args],
    stdout: "piped",
    stderr: "piped",
  });
}

/** The command, once it listens. */
async function startDashboard(runs: readonly string[]): Promise<AsyncDisposable & { address: string }> {
  const child = program(["dashboard", "--json", "--port", "0", ...runs]).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  return {
    address: JSON.parse(value).address,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.stderr.cancel();
      await reader.cancel();
      await child.status;
    },
  };
}
