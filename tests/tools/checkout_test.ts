/** What the documented commands leave in a checkout does not fail the gate. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

/** What `plot`, `export FOLDER` and `quickstart` write, as the formatter would not. */
const LEFT = {
  "curve.svg": "<svg   ><g/></svg>",
  "my-model/config.json": '{"a":1,   "b":2}',
  "my-model/README.md": "*  a",
  "quickstart/2026-01-31-12-00-00/checkpoints/metrics.jsonl": '{"kind":   "start"}',
};

Deno.test("files that README's commands leave in the checkout are no business of the formatter", async () => {
  const folder = await Deno.makeTempDir();
  const write = async (path: string, text: string): Promise<void> => {
    await Deno.mkdir(`${folder}/${path}`.replace(/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  };
  const gate = async (...args: string[]): Promise<number> =>
    (await new Deno.Command(Deno.execPath(), { args, cwd: folder, stdout: "null", stderr: "null" }).output())
      .code;
  try {
    await Deno.copyFile(fromFileUrl(import.meta.resolve("../../deno.json")), `${folder}/deno.json`);
    await write("src/a.ts", "export const a = 1;\n");
    for (const [path, text] of Object.entries(LEFT)) await write(path, text);
    assertEquals(await gate("fmt", "--check"), 0);
    await write("src/b.ts", "export const   b=1;\n");
    assert(await gate("fmt", "--check") !== 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
