/**
 * How fast the tokenizer trains and encodes: deno run --allow-read bench/tokenizer.ts FOLDER
 *
 * A line of JSON. `firstMbPerS` is the speed of the first pass over the folder's texts with a fresh
 * tokenizer, `nextMbPerS` that of a second one, when every word is known. bench/tokenizer.py sets them beside
 * HuggingFace's.
 */
import { join } from "@std/path";
import { trainTokenizer } from "../src/tokenizer/mod.ts";

const folder = Deno.args[0];
if (folder === undefined) throw new TypeError("Give a folder of .txt files");
const names = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => name.endsWith(".txt"))
  .sort();
const texts = names.map((name) => Deno.readTextFileSync(join(folder, name)));
const sizeMb = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0) / 1e6;

const start = performance.now();
const tokenizer = trainTokenizer(texts, { vocabularySize: 4096, alphabet: "bytes" });
const trainMs = performance.now() - start;
const pass = (): { tokens: number; mbPerS: number } => {
  const start = performance.now();
  const tokens = texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
  return { tokens, mbPerS: sizeMb / (performance.now() - start) * 1000 };
};
const [first, next] = [pass(), pass()];
const sha256 = tokenizer.sha256();
const speeds = { trainMs, firstMbPerS: first.mbPerS, nextMbPerS: next.mbPerS };
console.log(JSON.stringify({ sha256, tokens: first.tokens, ...speeds }));
