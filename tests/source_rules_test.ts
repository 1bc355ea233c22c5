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
      const code = line.replaceAll(/\{[^{}]*\}/g, "{}"); // an object's own fields may be spread
      if (!isComment && pattern.test(code)) found.push(`${relative(ROOT, path)}: ${line.trim()}`);
    }
  }
  return found.sort();
}

Deno.test("files are read in src/io alone, which knows bounds", async () => {
  const lines = await linesWith(/Deno\.(readFile|readTextFile|open)(Sync)?\(/);
  const elsewhere = lines.map((line) => line.split(":")[0]!).filter((path) => !path.startsWith("src/io/"));
  assertEquals(elsewhere, [
    "src/backend/wasm/kernels.ts", // the program's own
    "src/cli/metrics_files.ts", // the metrics file: written only
    "src/serve/file_handler.ts", // looks at what it has opened itself
  ]);
});

Deno.test("no call spreads an array whose length an input decides: 120,000 arguments overflow the stack", async () => {
  const calls =
    /\.(push|unshift|splice|concat|of|apply|max|min|fromCharCode|fromCodePoint)\((.*[ ,(])?\.\.\.[^.]/;
  const bounded = [
    /^src\/corpus\/sample\//, // the built-in corpus' own texts
    /^src\/backend\/webgpu\/(autotune|kernels\/matmul_tiles|memory)\.ts: /, // a few sizes
    /^src\/cli\/help\.ts: /, // options
    /^src\/backend\/wasm\/calibrate\.ts: .*slice\(-RECENT\)/,
  ];
  const lines = await linesWith(calls);
  assertEquals(lines.filter((line) => !bounded.some((known) => known.test(line))), []);
});
