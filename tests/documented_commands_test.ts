/**
 * The commands of these pages, as they are written there: each block is run from the checkout. Test files that a
 * page names without a filter run with all others, so that here they only have to be there.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const PAGES = ["docs/determinism.md", "docs/extending.md"];

for (const page of PAGES) {
  const text = Deno.readTextFileSync(ROOT + page);
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1]!);
  Deno.test(`${page} has commands`, () => assert(blocks.length > 0));
  for (const [i, block] of blocks.entries()) {
    Deno.test({
      name: `the commands of ${page}, block ${i + 1}, do what is said`,
      ignore: Deno.build.os === "windows",
      fn: () => runBlock(block),
    });
  }
}

async function runBlock(block: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-euc", block.replace(/^deno test -A (\S+)$/gm, "test -e $1")],
      cwd: ROOT,
      env: {
        NO_COLOR: "1",
        TMPDIR: folder,
        PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
      },
    }).output();
    const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(code, 0, `${out}\n${error}`);
    // A filter that fits no test proves nothing.
    assert(!/\b0 passed/.test(out!), out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
