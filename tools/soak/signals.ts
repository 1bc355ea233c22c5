/** Ctrl-C in a pseudo-terminal through `deno task`, by ctrl_c.py, which needs Python. */
import { fromFileUrl } from "@std/path";
import type { Part, PartOptions, Row } from "./part.ts";

/** See the top of this file. */
export const signals: Part = {
  name: "signals",
  summary: "Ctrl-C in a terminal",
  runs: 100,
  unit: "runs",
  run,
};

async function run({ runs, progress }: PartOptions): Promise<Row[]> {
  const what = "one Ctrl-C in a terminal, through deno task";
  const script = fromFileUrl(import.meta.resolve("./ctrl_c.py"));
  try {
    progress(`${runs} runs in Python`);
    const { success, stdout, stderr } = await new Deno.Command("python3", {
      args: [script, "--runs", String(runs)],
    }).output();
    const text = new TextDecoder().decode(stdout).trimEnd();
    const lost = success
      ? []
      : [...text.split("\n").slice(0, -1), new TextDecoder().decode(stderr)].filter(Boolean);
    return [{ what, tried: runs, lost, note: text.split("\n").at(-1)! }];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return [{ what, tried: 0, lost: [], note: "LEFT OUT: needs python3" }];
  }
}
