/** Lines that the graph keeps well-formed: its tables, its numbers against loops, and what is drawn from it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { sampleCorpus } from "../../src/corpus/mod.ts";
import { bakeLogits, CUT_LOGIT } from "../../src/export/bake.ts";
import { exportModel } from "../../src/export/export_folder.ts";
import { lineTables, SAID_AGAIN } from "../../src/export/line_tables.ts";
import { pieceLogits } from "../../src/export/logit_difference.ts";
import { verifyFolder } from "../../src/export/verify.ts";
import { sampleToken } from "../../src/infer/sample.ts";
import { OnnxSession } from "../../src/infer/onnx_session.ts";
import { cutProof, proofLines } from "../../src/prompt/mod.ts";
import { Rng } from "../../src/rng.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { largestDifference } from "./exported_model.ts";
import { plainLogits, randomParameters, smallConfig } from "./model_fixture.ts";

const texts = [...sampleCorpus({ files: 40, seed: 5 })].map(({ text }) => text);
const tokenizer = trainTokenizer(texts, { vocabularySize: 380, alphabet: "bytes" });
const tables = lineTables(tokenizer);
const V = tokenizer.vocabularySize;
const config = { ...smallConfig("pointer"), vocabSize: V, contextLength: 120 };
const parameters = randomParameters(config);
const newline = tokenizer.encode("\n")[0]!;
const bake = { temperature: 0.5, minP: 0.02, lines: true } as const;
const options = { config, parameters, tokenizerJson: tokenizer.toJson(), bake };

/** Logits of 0 with what the rules do to them, after the last of these tokens. */
function rules(tokens: ArrayLike<number>): Float32Array {
  const all = Int32Array.from(tokens);
  return bakeLogits(new Float32Array(all.length * V), { lines: true }, { vocabSize: V, tokens: all, tables })
    .subarray(-V);
}

const mayFollow = (text: string, next: string): boolean =>
  rules(tokenizer.encode(`\n${text}`))[tokenizer.encode(next)[0]!] !== CUT_LOGIT;

Deno.test("nothing of a proof's line is cut off, but for let", () => {
  for (const text of texts) {
    for (const line of proofLines(cutProof(text)!.proof)) {
      if (line.startsWith("let ")) continue;
      const tokens = [newline, ...tokenizer.encode(line), newline];
      for (let end = 1; end < tokens.length; end++) {
        const token = tokens[end]!;
        assert(rules(tokens.slice(0, end))[token] !== CUT_LOGIT, `${line}: ${tokenizer.decode([token])}`);
      }
    }
  }
});

Deno.test("brackets, commas and a line's end come only where they may", () => {
  for (const [text, next] of [["(a", ")"], ["f(a", ","], ["a = b", "\n"], ["f(a)", "\n"]] as const) {
    assert(mayFollow(text, next), `${text}${next}`);
  }
  const wrong = [["a", ")"], ["f(a)", ")"], ["(a", "]"], ["a", ","], ["a", ":"], ["", "let"], ["f(a", "\n"], [
    "a =",
    "\n",
  ], [
    "a ",
    "}",
  ]] as const;
  for (const [text, next] of wrong) assert(!mayFollow(text, next), `${text}${next}`);
  // What was open in an earlier line counts for nothing; <PAD> and <UNK> are never drawn.
  assert(!mayFollow("f(a\nb", ")") && mayFollow("f(a\nb", "\n"));
  assertEquals([rules([newline])[0], rules([newline])[1]], [CUT_LOGIT, CUT_LOGIT]);
});

Deno.test("what closes a long line gains, what opens loses", () => {
  const close = tokenizer.encode(")")[0]!;
  const open = tokenizer.encode("(")[0]!;
  const after = (count: number): Float32Array =>
    rules([newline, open, ...Array(count).fill(tokenizer.encode("a")[0])]);
  assertEquals(after(20)[close], 0);
  assert(after(60)[close]! > 1 && after(80)[close]! > after(60)[close]!);
  assertEquals(after(80)[open], -after(80)[close]!);
});

Deno.test("a line that was said loses token by token, the prompt's among them", () => {
  const [no, other] = [tokenizer.encode("not a = b\n"), tokenizer.encode("false\n")];
  const losses = no.slice(0, -1).map((_, i) =>
    -rules([newline, ...no, ...other, ...no.slice(0, i + 1)])[no[i + 1]!]!
  );
  assertEquals(losses, losses.toSorted((a, b) => a - b));
  assertEquals(losses.at(-1), SAID_AGAIN);
  // What only begins alike loses nothing from there on.
  const differs = [newline, ...no, ...no.slice(0, 1), tokenizer.encode(" c")[0]!];
  assertEquals(rules(differs)[no[2]!], 0);
});

Deno.test("the graph does what the loops do, at once and token by token", async () => {
  using folder = new TemporaryFolder();
  const directory = join(folder.path, "model");
  await exportModel({ ...options, directory });
  await using session = await OnnxSession.open(directory);
  // A line is begun again, to its end and again.
  const said = tokenizer.encode("not a = b\n");
  const begun = tokenizer.encode(texts[0]!).slice(0, 40);
  const tokens = Int32Array.from([...begun, newline, ...said, ...said, ...said.slice(0, 3)]);
  const plain = plainLogits(config, parameters, tokens);
  const wanted = bakeLogits(plain, bake, { vocabSize: V, tokens, tables });
  assert(wanted.some((logit) => logit === CUT_LOGIT) && wanted.some((logit) => logit > -20));
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  assert(largestDifference(logits, wanted) < 1e-3, `${largestDifference(logits, wanted)}`);
  const steps = await pieceLogits(session, tokens, { length: 1, first: session.zeroCache(1, 0) });
  assert(largestDifference(steps, wanted) < 1e-3);
});

Deno.test("a folder says that its logits are baked, passes verification, and its lines keep their form", async () => {
  using folder = new TemporaryFolder();
  const directory = join(folder.path, "model");
  const tokens = tokenizer.encode(texts[1]!).slice(0, 24);
  const logitsOf = (document: Int32Array): Promise<Float32Array> =>
    Promise.resolve(plainLogits(config, parameters, document));
  const { files } = await exportModel({ ...options, directory, comparison: { tokens, logitsOf } });
  assertEquals(files.map(({ name }) => name), ["model.onnx", "tokenizer.json", "config.json", "README.md"]);
  const json = JSON.parse(await Deno.readTextFile(join(directory, "config.json")));
  assertEquals(json.baked_sampling, "temperature=0.5,min-p=0.02,lines");
  assert((await Deno.readTextFile(join(directory, "README.md"))).includes("not the trained model's"));
  assertEquals((await Array.fromAsync(verifyFolder(directory))).filter(({ ok }) => !ok), []);

  await using session = await OnnxSession.open(directory);
  const rng = new Rng(1, "drawn");
  for (let count = 0; count < 8; count++) {
    let { logits, cache } = await session.run(Int32Array.of(newline), session.zeroCache(1, 0));
    const line: number[] = [];
    for (;;) {
      const token = sampleToken(logits, rng);
      if (token === newline || line.push(token) === 100) break;
      ({ logits, cache } = await session.run(Int32Array.of(token), cache));
    }
    const text = tokenizer.decode(line);
    if (line.length === 100) continue;
    for (const [open, close] of ["()", "[]", "{}"]) {
      assertEquals(text.split(open!).length, text.split(close!).length, text);
    }
  }
});

Deno.test("lines are not baked where the graph does not know the tokens", async () => {
  using folder = new TemporaryFolder();
  const directory = join(folder.path, "model");
  const reference = { ...config, architecture: "reference" } as const;
  const other = { ...options, config: reference, parameters: randomParameters(reference), directory };
  await assertRejects(() => exportModel(other), RangeError, "pointer model");
  await assertRejects(
    () => exportModel({ ...options, directory, flavor: "hf" }),
    RangeError,
    "pointer model",
  );
});
