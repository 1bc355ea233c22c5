// `tactics suggest`: what the next line of a proof may be, ranked.
import { UsageError } from "../../errors.ts";
import type { Suggestion } from "../../infer/merged_lines.ts";
import { NeighborLines } from "../../infer/neighbor_lines.ts";
import { type CandidateLine, shownTokens } from "../../infer/suggest_lines.ts";
import { type Goal, goalPrompt, LINE_TOKENS } from "../../prompt/mod.ts";
import { formatPercent, tableLines } from "../../text_format.ts";
import type { Command, CommandContext } from "../command.ts";
import { PLACE_FORMS } from "../source_place.ts";
import { DRAWING_OPTIONS, GOAL_OPTIONS, goalOf, MODEL_OPTIONS, modelOf } from "../model_setup.ts";
import { readCorpus, tellUnknownBytes } from "../run_setup.ts";

export const suggestCommand: Command = {
  name: "suggest",
  summary: "Suggest the next line of a proof, ranked, from a checkpoint or an exported folder",
  description: [
    "The goal is at a line of an Acorn module, which need not verify, or in a text of sections @G and @C, " +
    "and @T and @H where there are any.",
    "The score ranks the lines. It is the natural logarithm of a line's probability at temperature 1; with --knn " +
    "that of the mixture with the neighbours' lines. With --prefix only lines that begin so count. Lines are " +
    "whole statements, but for --syntax any.",
  ],
  examples: [
    ["tactics suggest src/nat/gcd.ac:120 --lib .", "A line before the one that fails"],
    ["tactics suggest --goal goal.txt", "The next line of this goal's proof"],
    [
      "tactics suggest --goal proof.txt --after-lines 2 --prefix 'not '",
      "After a proof's first two lines, a line that begins so",
    ],
  ],
  positionals: [["[PLACE]", PLACE_FORMS]],
  next: [["tactics prove FILE.ac:LINE", "Lines that prove a goal, verified by your acorn"]],
  options: [
    ...GOAL_OPTIONS,
    "lib",
    "prefix",
    "syntax",
    "samples",
    "beam",
    "limit",
    "knn",
    "dataDir",
    ...MODEL_OPTIONS,
    ...DRAWING_OPTIONS,
  ],
  defaults: { goal: "standard input", maxTokens: "100 a line" },
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { settings, signal } = context;
  const { promptForm: form, prefix = "", syntax, maxTokens = LINE_TOKENS } = settings;
  const { samples, beam, limit, knn } = settings;
  const { temperature, topP, minP, seed } = settings;
  if (prefix.includes("\n")) throw new UsageError("--prefix is the beginning of one line: it has a newline");
  if (samples === 0 && beam === 0 && knn === 0) {
    throw new UsageError("Nothing to suggest with: --samples and --beam are 0");
  }
  const goal = await goalOf(context);
  const candidates = await neighborsOf(context, goal);
  await using model = await modelOf(context, "suggest");
  const { tokenizer } = model;
  tellUnknownBytes(context, "the goal", { texts: [goal.before, ...goal.lines], tokenizer });
  const prompt = goalPrompt(tokenizer, goal, { form });
  const room = shownTokens(model.decoder.contextLength, maxTokens);
  if (prompt.length > room) {
    const cut = `the last ${room} are used, so that a line has room`;
    context.notice("warning", `the goal has ${prompt.length} tokens: ${cut}`);
  }
  const begun = performance.now();
  const drawing = { temperature, topP, minP, seed, samples, beam, maxTokens };
  const found = await model.suggest(goal, {
    form,
    ...drawing,
    prefix,
    syntax,
    scope: goal.scope,
    candidates,
    signal,
  });
  const seconds = (performance.now() - begun) / 1000;
  const asked = { model: model.source, prompt: tokenizer.decode(prompt), prefix };
  const lines = found.filter(({ end }) => end !== "proof");
  const suggestions = lines.slice(0, limit);
  const proofEnd = found.find(({ end }) => end === "proof") ?? null;
  context.emit({ kind: "suggestions", ...asked, suggestions, found: lines.length, proofEnd, seconds }, [
    ...suggestionTable(suggestions, candidates.length > 0),
    ...lines.length > limit ? [`${lines.length - limit} more with --limit ${lines.length}`] : [],
    ...proofEnd === null ? [] : [`the proof may end here: ${chance(proofEnd)}`],
  ]);
}

async function neighborsOf(context: CommandContext, goal: Goal): Promise<CandidateLine[]> {
  const { knn, dataDir } = context.settings;
  if (knn === 0) return [];
  return new NeighborLines((await readCorpus(context, dataDir)).files).propose(goal, knn);
}

/** A line a suggestion, its probability first, so that it reads well and is easily cut with other tools. */
function suggestionTable(suggestions: readonly Suggestion[], withCandidates: boolean): string[] {
  if (suggestions.length === 0) return ["no line was found"];
  const heading = ["probability", "score", "samples", "beam", ...withCandidates ? ["knn"] : [], "line"];
  const rows = suggestions.map(({ line, logProbability, score, samples, beam, candidate, end }) => [
    percent(Math.exp(logProbability)).padStart(11),
    score.toFixed(2).padStart(6),
    (samples === 0 ? "" : String(samples)).padStart(7),
    beam ? "yes" : "",
    ...withCandidates ? [candidate === 0 ? "" : percent(candidate)] : [],
    line + (end === "length" ? " …" : ""),
  ]);
  return tableLines([heading, ...rows]);
}

function chance({ logProbability, score }: Suggestion): string {
  return `${percent(Math.exp(logProbability))}, score ${score.toFixed(2)}`;
}

function percent(share: number): string {
  return share < 1e-4 ? "< 0.01 %" : formatPercent(share);
}
