/** The program: checks Deno's version, then hands the command line to src/cli. */

import { denoVersionProblem } from "./src/cli/deno_version.ts";

if (import.meta.main) {
  const problem = denoVersionProblem(Deno.version.deno);
  if (problem !== null) {
    console.error(problem);
    Deno.exit(2);
  }
  // Only now, since an older Deno would fail on what these files use, before anything could be explained.
  const { supervise } = await import("./src/cli/supervise.ts");
  Deno.exit(await supervise(Deno.args));
}
