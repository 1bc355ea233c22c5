/** Quickstart from its first screen to its last, with seconds of training; and how its end is shown. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { comparisonLines, goalToShow, provedLines } from "../../src/cli/render/search.ts";
import { checkProof } from "../../src/corpus/checker/mod.ts";
import { parseProofFile } from "../../src/corpus/proof_file.ts";
import { proofOf } from "../../src/evaluate/next_line.ts";
import type { SearchedGoal } from "../../src/evaluate/search_report.ts";
import { withFolder } from "../temporary_folder.ts";
import { programArguments } from "./permission_set.ts";

Deno.test("quickstart says what it will do, does it, and counts whole proofs of held-out goals", () =>
  withFolder(async (folder) => {
    // The set of its task names a folder of the project.
    const args = programArguments(["quickstart", "--minutes", "0.02", "--json"])
      .map((word) => word === "-P=quickstart" ? "-P=tactics" : word);
    const child = new Deno.Command(Deno.execPath(), { args, cwd: folder, env: { NO_COLOR: "1" } });
    const { code, stdout, stderr } = await child.output();
    const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
    assertEquals([code, error], [0, ""], out);
    const events = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(events[0].kind, "steps");
    assertEquals(
      events.filter(({ kind }) => kind === "stage").map(({ name }) => name),
      ["proofs", "tokenizer", "training", "export", "proving"],
    );
    const { kind, goals, budget, proved, proof, directory } = events.at(-1);
    assertEquals([kind, goals, budget], ["quickstart", 100, 64]);
    assertEquals(Object.keys(proved), ["model", "nearest-goal", "most-frequent"]);
    assert(proved["nearest-goal"] > proved["most-frequent"], JSON.stringify(proved));
    if (proof !== null) assert(checkProof(`${proof.prompt}@P\n${proof.lines.join("\n")}\n`).ok);
    assert(Deno.statSync(join(folder, directory, "model.onnx")).isFile);
    assert(Deno.statSync(join(folder, directory, "..", "..", "checkpoints", "metrics.jsonl")).isFile);
  }));

const LINES = ["a + 0 = a", "0 + a = a"];
const TEXT = [
  "@G",
  "theorem swap(a: Nat) {",
  "    a + 0 = 0 + a",
  "}",
  "@C",
  "a + 0 != 0 + a",
  "@P",
  ...LINES,
  "",
];

function searched(model: readonly string[] | null, copied: readonly string[] | null): SearchedGoal {
  const { file } = parseProofFile("proof_00001.txt", new TextEncoder().encode(TEXT.join("\n")));
  const none = { lines: null, tried: 64 };
  return {
    proof: proofOf(file!, 0)!,
    found: {
      "model": { lines: model, tried: 9 },
      "nearest-goal": { lines: copied, tried: 64 },
      "most-frequent": none,
    },
  };
}

Deno.test("a proof is shown line by line, each with why the checker accepts it", () => {
  assertEquals(provedLines(searched(LINES, null)).slice(3), [
    "  theorem swap(a: Nat) {",
    "      a + 0 = 0 + a",
    "  }",
    "  Suppose not: a + 0 != 0 + a",
    "  1  a + 0 = a   ✓ an instance of a law",
    "  2  0 + a = a   ✓ an instance of a law",
    "  ✓ a contradiction, so the theorem holds (9 lines were tried, 2 are needed)",
  ]);
});

Deno.test("the longest proof is shown that copying did not find; none where the model proved nothing", () => {
  const own = searched(LINES, null);
  assertEquals(goalToShow([searched(LINES.slice(0, 1), null), searched(LINES, LINES), own]), own);
  assertEquals(goalToShow([searched(null, LINES)]), null);
  assertEquals(goalToShow([searched(["a".repeat(80)], null)]), null);
});

Deno.test("the figures of all three stand below each other", () => {
  const lines = comparisonLines([searched(LINES, null), searched(LINES, LINES), searched(null, null)], 64);
  assertEquals(lines.map((line) => line.replaceAll(/[█░]/g, "").trimEnd()), [
    "Proved of 3 held-out theorems, with at most 64 lines tried for each:",
    "  the model's lines              2",
    "  lines of the nearest proofs    1",
    "  the most frequent lines        0",
  ]);
  assertEquals(lines[1]!.match(/█/g)?.length, 20);
});
