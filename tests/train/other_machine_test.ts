/** A run that goes on where numbers are rounded otherwise: it is said. */
import { assert, assertEquals } from "@std/assert";
import { multiplyAddRounding } from "../../src/backend/wasm/mod.ts";
import { loadCheckpoint, newestCheckpoint } from "../../src/checkpoint/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { eventsOf, prepareCorpus, runOptions, shortRun, smallModel } from "./run_fixture.ts";

Deno.test("a run resumed where a * b + c is rounded otherwise says so, on the same kind of machine nothing", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const model = { ...smallModel(), nLayers: 1 };
  for (const backend of ["wasm", "reference"] as const) {
    const options = await runOptions(corpus, `${folder.path}/${backend}`, {
      backend,
      model,
      train: shortRun({ steps: 1, evalTokens: 10 }),
    });
    await eventsOf(options);
    const saved = await loadCheckpoint(await newestCheckpoint(options.checkpointDir));
    const here = multiplyAddRounding();
    assertEquals(saved.multiplyAdd, backend === "wasm" ? here : undefined);
    const other = here === "fused" ? "separate" : "fused";
    const { multiplyAdd: _, ...unknown } = saved;
    const resumed = [saved, unknown, ...backend === "wasm" ? [{ ...saved, multiplyAdd: other }] : []];
    const messages: string[] = [];
    for (const resume of resumed) {
      const events = await eventsOf({ ...options, resume, train: saved.train });
      messages.push(events.map((event) => event.kind === "notice" ? event.message : "").join(""));
    }
    assertEquals(messages.slice(0, 2), ["", ""]);
    if (backend === "reference") continue;
    assert(messages[2]!.includes(`a machine with ${other} multiply-add, here it is ${here}`), messages[2]);
  }
});
