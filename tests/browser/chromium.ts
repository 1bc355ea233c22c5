/**
 * Headless Chromium for the tests of the pages: where it is, and a page in it that records what goes wrong.
 */
import { extname, join } from "@std/path";
import { type Browser, chromium, type Page } from "playwright-core";

/** For a browser that starts fast, asks nobody anything, and may run as root in a container. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Give pages a GPU that Chromium brings along, computed on the processor. */
const GPU_ARGUMENTS = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const OTHER_PLACES = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * The browser's program: what the variable CHROMIUM names, or the first that is found; null where there is
 * none.
 */
export const CHROMIUM: string | null = findChromium();

/** Registers a test that needs Chromium; where there is none, the list of tests says why it is skipped. */
export function browserTest(name: string, test: (test: Deno.TestContext) => Promise<void>): void {
  if (CHROMIUM === null) {
    Deno.test.ignore(`${name} (skipped: no Chromium; CHROMIUM=FILE names one)`, test);
  } else {
    Deno.test(name, test);
  }
}

/** A page of its own browser. */
export interface RecordedPage extends AsyncDisposable {
  readonly page: Page;
  /**
   * Errors on the console, uncaught exceptions, requests without an answer or with one of 400 or above; in
   * words.
   */
  readonly problems: string[];
}

/** Start Chromium, with WebGPU or without, and open an empty page. */
export async function openPage({ gpu = false } = {}): Promise<RecordedPage> {
  const args = gpu ? [...ARGUMENTS, ...GPU_ARGUMENTS] : ARGUMENTS;
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM!, args });
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000); // tests may run beside many others
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => problems.push(`no answer: ${request.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  return { page, problems, [Symbol.asyncDispose]: () => browser.close() };
}

function findChromium(): string | null {
  const named = Deno.env.get("CHROMIUM");
  if (named !== undefined) return named;
  const windows = Deno.build.os === "windows";
  const folders = (Deno.env.get("PATH") ?? "").split(windows ? ";" : ":").filter((folder) => folder !== "");
  const places = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const programs = windows ? places.map((place) => extname(place) === "" ? `${place}.exe` : place) : places;
  return [...programs, ...OTHER_PLACES].find(isFile) ?? null;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
