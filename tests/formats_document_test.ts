/**
 * docs/formats.md names what the code writes: keys, tensors, events and options that are added or renamed
 * must be written down.
 */
import { assert, assertEquals } from "@std/assert";
import { saveCheckpoint } from "../src/checkpoint/mod.ts";
import { FILE_NAMES } from "../src/cli/options/mod.ts";
import { EXIT } from "../src/cli/report_error.ts";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../src/config.ts";
import { configKeys } from "../src/export/flavors.ts";
import { decodeSafeTensors } from "../src/io/safetensors.ts";
import { parameterTable } from "../src/model/mod.ts";

const root = new URL("..", import.meta.url);
const document = await Deno.readTextFile(new URL("docs/formats.md", root));

/** The text under a heading of the second level. */
function section(heading: string): string {
  const text = document.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  assert(text !== undefined, `docs/formats.md has no section "${heading}"`);
  return text;
}

/** What stands in backquotes. */
function codes(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);
}

function missing(names: readonly string[], text: string): string[] {
  const named = codes(text);
  return names.filter((name) => !named.includes(name));
}

Deno.test("docs/formats.md lists the keys of tactics.json, and no others", () => {
  const rows = section("tactics.json").split("\n").filter((line) =>
    line.startsWith("| ") && !line.includes("| keys |")
  );
  assertEquals(codes(rows.join("\n")).sort(), [...FILE_NAMES].sort());
});

Deno.test("docs/formats.md names every key of an exported config.json", () => {
  const keys = Object.keys(configKeys(DEFAULT_MODEL_CONFIG));
  assertEquals(missing(keys, section("Exported folders")), []);
});

Deno.test("docs/formats.md names every tensor and metadata key of a checkpoint", async () => {
  const model = {
    ...DEFAULT_MODEL_CONFIG,
    architecture: "reference",
    vocabSize: 5,
    contextLength: 4,
    dModel: 4,
    nLayers: 1,
    nHeads: 1,
    dMlp: 4,
  } as const;
  const zeros = new Float32Array(parameterTable(model).size);
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await saveCheckpoint(path, {
      model,
      train: { ...DEFAULT_TRAIN_CONFIG, steps: 1 },
      step: 0,
      parameters: zeros,
      m: zeros,
      v: zeros,
      tokenizerSha256: "",
      splitHash: "",
      best: null,
      evaluationsWithoutGain: 0,
      backend: "wasm",
    });
    const { metadata, tensors } = decodeSafeTensors(await Deno.readFile(path));
    const text = section("Checkpoints");
    assertEquals(missing(Object.keys(metadata), text), []);
    const patterns = [...tensors.keys()].map((name) =>
      name.replace("blocks.0.", "blocks.{i}.").replace(/^(optimizer\.(?:m|v)\.).*/, "$1NAME")
    );
    assertEquals(missing(patterns, text), []);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("docs/formats.md names every field of every training event", async () => {
  const source = await Deno.readTextFile(new URL("src/metrics/events.ts", root));
  const rows = section("JSON lines").split("\n");
  const events = source.split(/^export interface (?=\w+Event )/m).slice(1);
  assertEquals(events.length, 8);
  for (const event of events) {
    const kind = /extends EventOf<"(\w+)">/.exec(event)![1]!;
    const row = rows.find((line) => line.startsWith(`| \`${kind}\` |`)) ?? "";
    const fields = [...event.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1]!);
    // `log` tells renderers which steps to show; the JSON lines are those steps.
    const written = fields.filter((field) => field !== "log");
    assertEquals(missing(written, row), [], kind);
  }
});

Deno.test("docs/formats.md gives the exit codes", () => {
  const rows = section("Exit codes and signals").matchAll(/^\| (\d+) \|/gm);
  assertEquals([...rows].map(([, code]) => Number(code)), Object.values(EXIT));
});
