/** The built-in corpus as a whole: every file passes the checker, its bytes are pinned, it is varied. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkProof } from "../../src/corpus/checker/mod.ts";
import { sampleCorpus } from "../../src/corpus/sample/mod.ts";
import { SourceOrder } from "./source_order.ts";

const SHA256 = "cec7af2de701dd841b9bdd3bf6d8db12e7218ac745fb22faf3b86ea301cdb79f";
const SHORT_SHA256 = "0e6a987ab181ed3bdff931a9666baef5a6c1625bea71da405139d8626b0e513c";

const files = [...sampleCorpus()];
const whole = new TextEncoder().encode(files.map((file) => file.text).join(""));

Deno.test("the checker accepts every file of the built-in corpus", () => {
  for (const { name, text } of files) assertEquals({ name, ...checkProof(text) }, { name, ok: true });
});

Deno.test("every source line that a proof relies on was an earlier goal, every lemma has its proof", () => {
  const order = new SourceOrder();
  for (const { name, text } of files) {
    assertEquals({ name, missing: order.missing(text) }, { name, missing: null });
    order.add(text);
  }
  assertEquals(order.unprovedLemmas(), []);
});

Deno.test("the built-in corpus has the same bytes everywhere", async () => {
  const digest = await crypto.subtle.digest("SHA-256", whole);
  assertEquals(new Uint8Array(digest).toHex(), SHA256);
});

Deno.test("a smaller corpus is the beginning of a larger one, another seed is another corpus", () => {
  const few = [...sampleCorpus({ files: 200 })];
  assertEquals(few, files.slice(0, 200));
  const other = [...sampleCorpus({ files: 400, seed: 7 })].slice(200);
  assert(other.every(({ text }) => !files.some((file) => file.text === text)));
});

Deno.test("the short corpus is as true, has the same bytes everywhere, and short theorems", async () => {
  const short = [...sampleCorpus({ files: 1500, short: true })];
  const order = new SourceOrder();
  for (const { name, text } of short) {
    assertEquals({ name, ...checkProof(text) }, { name, ok: true });
    assertEquals({ name, missing: order.missing(text) }, { name, missing: null });
    order.add(text);
  }
  assertEquals(order.unprovedLemmas(), []);
  const random = short.slice(700).map(({ text }) => text.length);
  assert(Math.max(...random) <= 300, `${Math.max(...random)}`);
  const text = new TextEncoder().encode(short.map((file) => file.text).join(""));
  assertEquals(new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex(), SHORT_SHA256);
});

Deno.test("options out of range are refused", () => {
  assertThrows(() => sampleCorpus({ files: 0 }), RangeError, "files is 0");
  assertThrows(() => sampleCorpus({ seed: -1 }), RangeError, "seed is -1");
  assertThrows(() => sampleCorpus({ seed: 0.5 }), RangeError, "seed is 0.5");
});

Deno.test("files have the size and shape of real ones", () => {
  const sizes = files.map((file) => file.text.length).sort((a, b) => a - b);
  const lineCounts = files.map(({ text }) => proofLines(text).length).sort((a, b) => a - b);
  assertEquals(files.length, 4000);
  assert(whole.length > 1.8e6 && whole.length < 3e6, `${whole.length} bytes`);
  assertBetween(sizes[2000], 300, 700);
  assertBetween(sizes.at(-1), 2000, 8000);
  assertBetween(lineCounts[2000], 2, 4);
  assertBetween(lineCounts[3960], 9, 20);
  assertBetween(share(({ text }) => proofLines(text).length === 0), 0.02, 0.14);
  assertBetween(share(({ text }) => text.startsWith("@T\n")), 0.3, 0.7);
  assertBetween(share(({ text }) => text.includes("\n@H\n")), 0.004, 0.1);
  assertBetween(share(({ text }) => /^let /m.test(text)), 0.01, 0.2);
  assertBetween(share(({ text }) => / or /.test(text)), 0.08, 0.6);
  for (const { name, text } of files) {
    assert(/^[\x20-\x7e\n]+\n$/.test(text) && !text.includes("\n\n@"), name);
  }
});

Deno.test("files differ from each other, goals and proofs repeat no pattern that gzip finds", async () => {
  assertEquals(new Set(files.map((file) => file.text)).size, files.length);
  assert(new Set(files.map(({ text }) => text.split("@P\n")[0])).size === files.length);
  assert(new Set(files.map(({ text }) => section(text, "@C"))).size > 0.9 * files.length);
  const shapes = new Set(files.map(({ text }) => section(text, "@C").replaceAll(/\b[a-z]\b/g, "v")));
  assert(shapes.size > 0.75 * files.length, `${shapes.size} goals that differ in more than their letters`);
  const packed = new Response(new Blob([whole]).stream().pipeThrough(new CompressionStream("gzip")));
  const ratio = whole.length / (await packed.arrayBuffer()).byteLength;
  assertBetween(ratio, 4, 9.5); // real proofs: 12.7
});

Deno.test("the last tenth states new goals and takes new steps, from words that were seen before", () => {
  const early = files.slice(0, 3600);
  const late = files.slice(3600);
  const goals = new Set(early.map(({ text }) => section(text, "@C")));
  const steps = new Set(early.flatMap(({ text }) => proofLines(text)));
  const lateSteps = late.flatMap(({ text }) => proofLines(text));
  assertBetween(late.filter(({ text }) => !goals.has(section(text, "@C"))).length / late.length, 0.85, 1);
  assertBetween(lateSteps.filter((line) => !steps.has(line)).length / lateSteps.length, 0.6, 1);
  const earlyPairs = wordPairs(early.flatMap(({ text }) => proofLines(text)));
  const latePairs = wordPairs(lateSteps);
  assertBetween([...latePairs].filter((pair) => earlyPairs.has(pair)).length / latePairs.size, 0.8, 1);
});

function section(text: string, mark: string): string {
  return text.split(`${mark}\n`)[1]?.split("\n@")[0] ?? "";
}

function proofLines(text: string): string[] {
  return text.slice(text.indexOf("@P\n") + 3).split("\n").slice(0, -1);
}

function share(test: (file: { text: string }) => boolean): number {
  return files.filter(test).length / files.length;
}

function wordPairs(lines: string[]): Set<string> {
  return new Set(lines.flatMap((line) => {
    const words = line.match(/\w+|[^\w ]/g) ?? [];
    return words.slice(1).map((word, i) => `${words[i]} ${word}`);
  }));
}

function assertBetween(value: number | undefined, low: number, high: number): void {
  assert(value !== undefined && value >= low && value <= high, `${value} is not in [${low}, ${high}]`);
}
