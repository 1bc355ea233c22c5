/** What must not stand in src/: each rule keeps out a whole kind of faults. */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";

const ROOT = fromFileUrl(new URL("..", import.meta.url));

/** Every line of src/ that matches, as `path: line`, comments left out. */
async function linesWith(pattern: RegExp, folder = join(ROOT, "src")): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory && name !== "generated") found.push(...await linesWith(pattern, path));
    if (!name.endsWith(".ts") || name.endsWith(".d.ts")) continue;
    for (const line of (await Deno.readTextFile(path)).split("\n")) {
      const isComment = /^\s*(\*|\/\/|\/\*)/.test(line);
      if (!isComment && pattern.test(line)) found.push(`${relative(ROOT, path)}: ${line.trim()}`);
    }
  }
  return found.sort();
}

Deno.test("files are read in src/io alone, which knows bounds", async () => {
  const lines = await linesWith(/Deno\.(readFile|readTextFile|open)(Sync)?\(/);
  assertEquals(lines.filter((line) => !line.startsWith("src/io/")), [
    "src/backend/wasm/kernels.ts: return await WebAssembly.compile(await Deno.readFile(url));", // the program's own
    'src/cli/metrics_file.ts: if (event.kind === "start") this.#file ??= Deno.openSync(this.#path, ' +
    "{ create: true, append: true });", // written only
  ]);
});
