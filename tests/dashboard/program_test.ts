/** `tactics dashboard` and `tactics train --dashboard` as programs, with their own permissions. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Running, start } from "../cli/process.ts";
import { saveModels } from "../infer/saved_models.ts";
import { withFolder } from "../temporary_folder.ts";
import { metricsOf, writeRun } from "./runs_fixture.ts";

const SIZES = ["--context-length", "32", "--d-model", "24", "--d-mlp", "40"];

async function addressOf(running: Running): Promise<string> {
  await running.until("the dashboard is at http");
  return /the dashboard is at (http:\/\/127\.0\.0\.1:\d+)/.exec(running.out + running.error)![1]!;
}

Deno.test("tactics dashboard shows what lies below its folder, suggests, and Ctrl-C ends it at once", () =>
  withFolder(async (folder) => {
    const { checkpoints } = await saveModels(folder, "pointer");
    await writeRun(join(checkpoints, "wide"), metricsOf(20));
    const words = ["--checkpoint-dir", checkpoints, "--backend", "wasm"];
    const running = start(folder, ["dashboard", "--port", "0", ...words]);
    const address = await addressOf(running);
    const runs = await (await fetch(`${address}/runs`)).json();
    assertEquals(runs.map(({ name, steps }: { name: string; steps: number }) => [name, steps]), [[
      "wide",
      20,
    ]]);
    assert(JSON.parse((await suggest(address)).text).suggestions.length > 0);
    const { model } = await (await fetch(`${address}/model`)).json();
    assertEquals(model, join(checkpoints, "best.safetensors"));
    // Of two without --port both find one; a port that was named and is taken is an error.
    const taken = await start(folder, ["dashboard", "--port", new URL(address).port, ...words]).ended();
    assert(taken.error.includes("hint: name another port with --port"), taken.error);
    running.child.kill("SIGINT");
    const { code, ms } = await running.ended();
    assertEquals(code, 130);
    assert(ms < 2000, `${ms} ms`);
  }));

Deno.test("tactics train --dashboard tells of its own run as it goes on, and of its end", () =>
  withFolder(async (folder) => {
    const words = ["--data-dir", "proofs"];
    for (const call of [["data", "sample", "--files", "60"], ["tokenizer", "--vocab-size", "320"]]) {
      const { code, error } = await start(folder, [...call, ...words]).ended();
      assertEquals(code, 0, error);
    }
    const run = [
      "--steps",
      "100",
      "--eval-interval",
      "10",
      "--name",
      "mine",
      "--backend",
      "wasm",
      "--recipe",
      "short",
    ];
    const running = start(folder, ["train", "--dashboard", ...SIZES, ...run, ...words]);
    const address = await addressOf(running);
    const seen: string[] = [];
    while (!seen.includes("mine")) {
      const runs = await (await fetch(`${address}/runs`)).json();
      seen.push(...runs.map(({ name }: { name: string }) => name));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // Its playground asks the best checkpoint so far, as soon as there is one.
    let answer = { status: 422, text: "" };
    while (answer.status === 422 && answer.text.includes("No checkpoint found") || answer.text === "") {
      answer = await suggest(address);
    }
    assertEquals(answer.status, 200, answer.text);
    const stream = await fetch(`${address}/events?run=mine`);
    let text = "";
    try {
      for await (const piece of stream.body!.pipeThrough(new TextDecoderStream())) text += piece;
    } catch {
      // It ends with the run.
    }
    const told = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert(told.every(({ run }) => run === "mine"));
    assertEquals(told.findLast(({ done }) => done !== undefined).done.reason, "finished");
    const evaluations = told.flatMap(({ evaluations }) => evaluations);
    assert(evaluations.at(-1).sections.P > 0 && told.some(({ samples }) => samples.length > 0));
    const { code, error } = await running.ended();
    assertEquals(code, 0, error);
    assert(evaluations.length >= 4, text);
  }));

async function suggest(address: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${address}/suggest`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ goal: "@G\n    a = a\n@C\na != a\n", samples: 4, beam: 4, maxTokens: 8 }),
  });
  return { status: answer.status, text: await answer.text() };
}
