/** Deno's own OpenTelemetry: spans where OTEL_DENO switches it on, nothing where it does not. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openTracer } from "../../src/cli/telemetry.ts";
import { writeSampleCorpus } from "../../src/corpus/sample/write.ts";
import { withFolder } from "../temporary_folder.ts";
import { programArguments } from "./permission_set.ts";

const ON = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "console" };

/** Names of the spans that a call tells of, in order, with its exit code. */
async function spansOf(folder: string, args: readonly string[], env: Record<string, string> = ON) {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: programArguments(args),
    cwd: folder,
    env: { NO_COLOR: "1", ...env },
    stdout: "null",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  return { code, text, names: [...text.matchAll(/^SPAN (.*?) \[/gm)].map((match) => match[1]!) };
}

Deno.test("commands are spans, and a training's steps, evaluations and checkpoints inside it", () =>
  withFolder(async (folder) => {
    await writeSampleCorpus(join(folder, "data", "proofs"), { files: 40 });
    const tokenizer = await spansOf(folder, ["tokenizer", "--vocab-size", "300"]);
    assertEquals([tokenizer.code, tokenizer.names], [0, ["tactics tokenizer"]], tokenizer.text);
    const sizes = ["--d-model", "24", "--d-mlp", "40", "--context-length", "32", "--backend", "wasm"];
    const run = ["--recipe", "short", "--steps", "2", "--eval-interval", "2"];
    const { code, names, text } = await spansOf(folder, ["train", ...sizes, ...run]);
    assertEquals(code, 0, text);
    assertEquals(names.filter((name) => !name.endsWith("checkpoint")), [
      "train evaluation",
      "train step",
      "train step",
      "train evaluation",
      "tactics train",
    ]);
    assertEquals(text.match(/parent: \w+/g)?.length, names.length - 1);
    assert(/bitsPerByte: [\d.]+/.test(text) && names.includes("train checkpoint"));
    const exported = await spansOf(folder, ["export"]);
    assertEquals([exported.code, exported.names], [0, ["tactics export"]], exported.text);
    const failed = await spansOf(folder, ["export", "nowhere.safetensors"]);
    assertEquals([failed.code, failed.names], [1, ["tactics export"]], failed.text);
    const off = await spansOf(folder, ["tokenizer", "--vocab-size", "300"], {});
    assertEquals([off.code, off.names], [0, []]);
  }));

Deno.test("where telemetry is off there is no tracer", () => assertEquals(openTracer(), null));
