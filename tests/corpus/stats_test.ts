import { assertAlmostEquals, assertEquals } from "@std/assert";
import { parseProofFile } from "../../src/corpus/proof_file.ts";
import type { Corpus } from "../../src/corpus/read.ts";
import { corpusStats, distribution } from "../../src/corpus/stats.ts";

function corpusOf(...texts: string[]): Corpus {
  const files = texts.map((text, i) => parseProofFile(`${i}.txt`, new TextEncoder().encode(text)).file!);
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { directory: "d", files, sizeBytes, skippedFiles: 0, problems: [] };
}

const A = "@T\ntheorem a {\n@G\n  x\n@C\nnot x\n@P\nx\n\ny ∈ z\n";
const B = "@G\ntheorem a {\n}\n@C\nnot x\n@P\n";
const C = "@G\ntheorem c {\n}\n@C\nnot x\n@P\nx\n";

Deno.test("corpusStats() counts sections, patterns, theorems, empty proofs and copies", () => {
  const stats = corpusStats(corpusOf(A, B, C, C));
  assertEquals(stats.files, 4);
  assertEquals(stats.sections, { T: 1, G: 4, H: 0, C: 4, P: 4 });
  assertEquals(stats.patterns, [{ pattern: "G C P", files: 3 }, { pattern: "T G C P", files: 1 }]);
  assertEquals(stats.emptyProofs, 1);
  assertEquals(stats.theorems, 2);
  assertEquals(stats.duplicates, 1);
  assertEquals(stats.distinctContexts, 3);
  assertEquals([stats.proofLinesPerFile.max, stats.proofLinesPerFile.mean], [2, 1]);
  assertEquals(stats.bytesPerFile.max, A.length + 2);
  assertEquals(stats.tokens, null);
});

Deno.test("corpusStats() counts tokens with a tokenizer", () => {
  const tokenizer = { encode: (text: string): Int32Array => new Int32Array(text.length / 2) };
  const { tokens } = corpusStats(corpusOf(A, C), { tokenizer, contextLength: Math.floor(C.length / 2) });
  const counts = [Math.floor(A.length / 2), Math.floor(C.length / 2)];
  assertEquals(tokens!.tokens, counts[0]! + counts[1]!);
  assertEquals(tokens!.tokensPerFile.max, counts[0]);
  assertEquals(tokens!.filesInContext, 1);
  assertAlmostEquals(tokens!.charactersPerToken, (A.length + C.length) / tokens!.tokens);
  assertAlmostEquals(tokens!.bytesPerToken, (A.length + 2 + C.length) / tokens!.tokens);
});

Deno.test("distribution() takes nearest ranks and the mean of the two middle values", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  assertEquals(distribution(values), { mean: 50.5, median: 50.5, p90: 90, p95: 95, p99: 99, max: 100 });
  assertEquals(distribution([7]), { mean: 7, median: 7, p90: 7, p95: 7, p99: 7, max: 7 });
  assertEquals(distribution([]).max, 0);
});
