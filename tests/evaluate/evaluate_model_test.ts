/**
 * The whole evaluation with an oracle in the model's place, which knows the answers; the report as tables.
 */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { evaluationLines } from "../../src/cli/render/evaluation.ts";
import { parseProofFile, type ProofFile, sampleCorpus } from "../../src/corpus/mod.ts";
import {
  evaluateModel,
  type EvaluateOptions,
  type EvaluationReport,
} from "../../src/evaluate/evaluate_model.ts";
import { splitHeldOut } from "../../src/evaluate/held_out.ts";
import type { LineMethod } from "../../src/evaluate/line_report.ts";
import type { AskedModel } from "../../src/evaluate/requests.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";

const FILES: ProofFile[] = [...sampleCorpus({ files: 120 })].map(({ name, text }) =>
  parseProofFile(name, new TextEncoder().encode(text)).file!
);
const CORPUS = splitHeldOut(FILES, { kind: "block", trainSplit: 0.9, seed: 42 });
const TOKENIZER = trainTokenizer(FILES.map(({ text }) => text), {
  vocabularySize: 320,
  alphabet: "bytes",
});

async function reportOf(
  model: AskedModel,
  options: Partial<EvaluateOptions> = {},
): Promise<EvaluationReport> {
  const all = {
    model,
    tokenizer: TOKENIZER,
    contextLength: 160,
    ...CORPUS,
    lines: 8,
    seed: 1,
    ...options,
  };
  for await (const event of evaluateModel(all)) {
    if (event.kind === "report") return event.report;
    assert(event.share > 0 && event.share <= 1);
  }
  throw new Error("no report");
}

/** Answers right in a share of all draws, by looking the prompt up; a bit a token. */
function oracle(share: number): AskedModel {
  const after = (prompt: string): string => {
    const { text } = FILES.find(({ text }) => {
      const [before, lines] = text.split("@P\n") as [string, string];
      const [shown, earlier] = prompt.includes("@P\n")
        ? prompt.split("@P\n") as [string, string]
        : prompt.split("\n\n") as [string, string];
      return before.trimEnd().endsWith(shown.trimEnd()) && lines.startsWith(earlier ?? "");
    })!;
    const earlier = prompt.includes("@P\n") ? prompt.split("@P\n")[1]! : prompt.split("\n\n")[1]!;
    return text.split("@P\n")[1]!.slice(earlier.length);
  };
  return {
    losses: (sequences) =>
      Promise.resolve(
        sequences.map(({ targets }) => Float32Array.from(targets, (t) => t < 0 ? 0 : Math.LN2)),
      ),
    draw: ({ tokens, unit }, { draws }) => {
      const rest = after(TOKENIZER.decode(tokens));
      const right = Math.round(share * draws);
      return Promise.resolve([
        { text: unit === "line" ? rest.split("\n")[0]! : rest, draws: right },
        { text: "nonsense", draws: draws - right },
      ]);
    },
    beam: ({ tokens }) => Promise.resolve(["nonsense", after(TOKENIZER.decode(tokens)).split("\n")[0]!]),
  };
}

function valuesOf(report: EvaluationReport, method: LineMethod): (number | null)[] {
  return report.lines!.scores.find((score) => score.method === method)!.overLines.map((estimate) =>
    estimate?.value ?? null
  );
}

Deno.test("evaluateModel() measures what an oracle knows, and what the checker says of it", async () => {
  const contextLength = 4000; // the oracle needs whole prompts
  const certain = await reportOf(oracle(1), { contextLength, lines: 8 });
  assertEquals(valuesOf(certain, "draw-prover"), [1, 1, 1]);
  assertEquals(valuesOf(certain, "draw-training"), [1, 1, 1]);
  assertEquals(valuesOf(certain, "beam-prover"), [0, 1, null]);
  assertEquals([certain.lines!.lines, certain.lines!.checkedLines], [8, 8]);
  const { accepted } = certain.lines!.scores[0]!;
  assertEquals(accepted!.map((estimate) => estimate!.value), [1, 1, 1]);
  const [written] = certain.proofs!.scores;
  assertEquals(written!.exact.map((estimate) => estimate!.value), [1, 1]);
  assertEquals(written!.accepted!.map((estimate) => estimate!.value), [1, 1]);
  assertEquals([certain.proofs!.proofs, certain.proofs!.checkedProofs], [2, 2]);

  const doubtful = await reportOf(oracle(0.25), { contextLength, lines: 8 });
  const [one, eight, all] = valuesOf(doubtful, "draw-prover");
  assertAlmostEquals(one!, 0.25, 1e-12);
  assert(eight! > 0.85 && eight! < 1 && all === 1);
  assertAlmostEquals(doubtful.proofs!.scores[0]!.accepted![0]!.value!, 0.25, 1e-12);
});

Deno.test("evaluateModel() searches goals, beside what the training proofs have", async () => {
  const contextLength = 4000; // the oracle needs whole prompts
  const { goals } = await reportOf(oracle(1), { contextLength, lines: 0, goals: 8 });
  assertEquals([goals!.goals <= 8, goals!.budget], [true, 64]);
  const [model, ...others] = goals!.scores;
  assertEquals([model!.source, model!.proved.value], ["model", 1]);
  assertEquals(others.map(({ source }) => source), ["nearest-goal", "most-frequent"]);
  assert(others.every(({ proved: { value } }) => value! < 1));
  const alone = await reportOf(oracle(1), { contextLength, lines: 0, goals: 8, training: [] });
  assertEquals(alone.goals!.scores.map(({ source }) => source), ["model"]);
  assertEquals((await reportOf(oracle(1), { lines: 0 })).goals, null);
});

Deno.test("evaluateModel() gives bits per byte by section, with and without near copies", async () => {
  const { losses, documents, groups, nearCopies } = await reportOf(oracle(1), { lines: 0 });
  const bytes = CORPUS.heldOut.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  const tokens = CORPUS.heldOut.reduce((sum, { file }) => sum + TOKENIZER.encode(file.text).length - 1, 0);
  assertEquals([losses.model.all.bytes, losses.model.all.tokens], [bytes, tokens]);
  assertAlmostEquals(losses.model.all.bitsPerByte.value!, tokens / bytes, 1e-6);
  assertAlmostEquals(losses.model.P.perplexity!, 2, 1e-6);
  assert(losses.ngram!.P.bitsPerByte.value! > 0.3 && losses.ngram!.P.bitsPerByte.value! < 6);
  assert(losses.withoutCopies!.all.bytes <= bytes && nearCopies !== null);
  assertEquals(documents, 12);
  assert(groups >= 1 && groups <= documents);
});

Deno.test("evaluateModel() leaves out baselines without training proofs, and lines when it may", async () => {
  const report = await reportOf(oracle(1), { training: [], lines: 0 });
  assertEquals([report.nearCopies, report.losses.ngram, report.losses.withoutCopies], [null, null, null]);
  assertEquals([report.lines, report.proofs], [null, null]);
  const lines = await reportOf(oracle(1), { training: [], lines: 3, contextLength: 4000 });
  assertEquals(lines.lines!.scores.map(({ method }) => method), [
    "draw-prover",
    "draw-training",
    "beam-prover",
    "beam-training",
  ]);
});

Deno.test("evaluationLines() shows a report without gaps", async () => {
  for (const training of [CORPUS.training, []]) {
    const report = await reportOf(oracle(0.5), { contextLength: 4000, lines: 4, training });
    const text = evaluationLines(report, { model: "m", dataDir: "d", splitHash: null }).join("\n");
    assert(text.includes("whole files") && text.includes("accepted, % of "), text);
    assert(!/NaN|undefined|null/.test(text), text);
    for (const line of text.split("\n")) assert(line.length < 80, `${line.length} columns: ${line}`);
  }
});

Deno.test("evaluateModel() stops when it is told to, and when the model fails", async () => {
  const abort = new AbortController();
  abort.abort(new Error("enough"));
  await assertRejects(() => reportOf(oracle(1), { signal: abort.signal }), Error, "enough");
  const failing = { ...oracle(1), losses: () => Promise.reject(new Error("broken")) };
  await assertRejects(() => reportOf(failing), Error, "broken");
});

Deno.test("a training proof of 200,000 tokens is no more than a large one", async () => {
  const text = `@G\na = a\n@C\na != a\n@P\n${"x y\n".repeat(50_000)}`;
  const { file } = parseProofFile("large.txt", new TextEncoder().encode(text));
  const tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
  const { losses } = await reportOf(oracle(1), { tokenizer, training: [file!], lines: 0 });
  assert(losses.ngram!.all.bitsPerByte.value! > 0);
});
