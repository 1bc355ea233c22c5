/**
 * A corpus of any size as JSON lines, for measuring: the built-in proofs over and over, each time with other
 * names, so that there are as many names as a library of that size has. The same arguments give the same bytes.
 *
 *     deno run --allow-write tools/large_corpus.ts COPIES FILE.jsonl [FILES]
 *
 * A copy of the 4,000 built-in files (FILES of them, where given) has about 2 MB.
 */
import { Rng, sampleCorpus } from "../mod.ts";
import { NameCounts, rename } from "../src/train/renaming.ts";

/** Copies that share their new names: a name is in some hundred proofs. */
const SYLLABLES = "ba co di fu ge ha ji ko lu me no pa ri so tu ve".split(" ");
/** Names in more than this share of the files are the language's. */
const COMMON_SHARE = 0.1;

const [copies, path, files = "4000"] = Deno.args;
if (!(Number(copies) >= 1) || path === undefined) {
  throw new Error("give a number of copies and a file to write");
}
const proofs = [...sampleCorpus({ files: Number(files) })];
const names = new NameCounts();
for (const { text } of proofs) names.add(text);
const rare = [...names.counts].filter(([, count]) => count <= COMMON_SHARE * proofs.length);
const own = rare.map(([name]) => name);

using file = await Deno.open(path, { write: true, create: true, truncate: true });
const writer = file.writable.getWriter();
for (let copy = 0; copy < Number(copies); copy++) {
  const others = new Map(copy === 0 ? [] : own.map((name) => [name, newName(name, copy)]));
  const lines = proofs.map(({ text }, i) => {
    const numbered = `proof_${String(copy * proofs.length + i).padStart(8, "0")}.txt`;
    return `${JSON.stringify({ name: numbered, text: copy === 0 ? text : rename(text, others) })}\n`;
  });
  await writer.write(new TextEncoder().encode(lines.join("")));
}
await writer.close();

/** The name with a syllable or two in front, of its own kind. */
function newName(name: string, copy: number): string {
  const rng = new Rng(copy, "large corpus", name);
  const syllables = Array.from({ length: 1 + rng.below(2) }, () => SYLLABLES[rng.below(SYLLABLES.length)]!);
  const made = syllables.join("");
  return /^[A-Z]/.test(name) ? `${made[0]!.toUpperCase()}${made.slice(1)}${name}` : `${made}_${name}`;
}
