/** `tactics suggest`: what the next line of a proof may be, ranked. */
import { UsageError } from "../../errors.ts";
import { type Goal, goalPrompt, LINE_TOKENS } from "../../prompt/mod.ts";
import { NeighborLines } from "../../infer/neighbor_lines.ts";
import { openModel } from "../../infer/open_model.ts";
import type { Suggestion } from "../../infer/merged_lines.ts";
import { type CandidateLine, shownTokens } from "../../infer/suggest_lines.ts";
import { requireBoundsChecks } from "../bounds_checks.ts";
import type { Command, CommandContext } from "../command.ts";
import { GOAL_OPTIONS, goalOf } from "../goal_input.ts";
import { formatPercent } from "../../text_format.ts";
import { tableLines } from "../render/table.ts";
import { backendOf, passedOver, readCorpus, tellUnknownBytes } from "../run_setup.ts";

/** See the top of this file. */
export const suggestCommand: Command = {
  name: "suggest",
  summary: "Suggest the next line of a proof, ranked, from a checkpoint or an exported folder",
  usage: "[--goal FILE]",
  description: [
    "The goal is a text of sections @G and @C, and @T and @H where there are any, from a file or from " +
    "standard input. Lines are drawn and searched for side by side; what differs in spacing only counts as " +
    "one. They are ranked by their probability at temperature 1, whatever the temperature at which they " +
    "were drawn; with --prefix that is the probability among the lines that begin so.",
    "With --knn lines of the training proofs with the nearest goals are blended in: the ranking then goes " +
    "by a mixture of their share of the neighbours' votes (a tenth) and of the model's probability.",
  ],
  examples: [
    ["tactics suggest --goal goal.txt", "The next line of this goal's proof"],
    [
      "tactics suggest --goal data/proofs/proof_00007.txt --after-lines 2 --prefix 'not '",
      "After a proof's first two lines, a line that begins so",
    ],
    [
      "tactics suggest --model export/tactics-2026-01-31-12-00-00 --json < goal.txt",
      "From an exported folder, as JSON",
    ],
  ],
  options: [
    ...GOAL_OPTIONS,
    "prefix",
    "model",
    "samples",
    "beam",
    "knn",
    "temperature",
    "topP",
    "minP",
    "maxTokens",
    "seed",
    "backend",
    "dataDir",
    "checkpointDir",
  ],
  defaults: { goal: "standard input", maxTokens: "100 a line" },
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { settings, signal } = context;
  const { promptForm, prefix = "", maxTokens = LINE_TOKENS, samples, beam, knn } = settings;
  const { temperature, topP, minP, seed } = settings;
  if (prefix.includes("\n")) throw new UsageError("--prefix is the beginning of one line: it has a newline");
  if (samples === 0 && beam === 0 && knn === 0) {
    throw new UsageError("Nothing to suggest with: --samples and --beam are 0");
  }
  const goal = await goalOf(context);
  const candidates = await neighborsOf(context, goal);
  const place = settings.model ?? settings.checkpointDir;
  await requireBoundsChecks(context, "suggest", place);
  await using model = await openModel(place, {
    backend: await backendOf(context, "inference"),
    passedOver: passedOver(context),
  });
  const { tokenizer } = model;
  tellUnknownBytes(context, "the goal", { texts: [goal.before, ...goal.lines], tokenizer });
  const prompt = goalPrompt(tokenizer, goal, { form: promptForm });
  const room = shownTokens(model.decoder.contextLength, maxTokens);
  if (prompt.length > room) {
    context.notice(
      "warning",
      `the goal has ${prompt.length} tokens: the last ${room} are used, so that a line has room`,
    );
  }
  const begun = performance.now();
  const suggestions = await model.suggest(goal, {
    form: promptForm,
    temperature,
    topP,
    minP,
    seed,
    samples,
    beam,
    maxTokens,
    prefix,
    candidates,
    signal,
  });
  const seconds = (performance.now() - begun) / 1000;
  context.emit(
    {
      kind: "suggestions",
      model: model.source,
      prompt: tokenizer.decode(prompt),
      prefix,
      suggestions,
      seconds,
    },
    suggestionTable(suggestions, candidates.length > 0),
  );
}

async function neighborsOf(context: CommandContext, goal: Goal): Promise<CandidateLine[]> {
  const { knn, dataDir } = context.settings;
  if (knn === 0) return [];
  const { files } = await readCorpus(context, dataDir);
  return new NeighborLines(files).propose(goal, knn);
}

/** A line a suggestion, its probability first, so that it reads well and is easily cut with other tools. */
function suggestionTable(suggestions: readonly Suggestion[], withCandidates: boolean): string[] {
  if (suggestions.length === 0) return ["no line was found"];
  const heading = ["probability", "ln p", "samples", "beam", ...withCandidates ? ["knn"] : [], "line"];
  const rows = suggestions.map(({ line, logProbability, samples, beam, candidate, end }) => [
    percent(Math.exp(logProbability)).padStart(11),
    logProbability.toFixed(2).padStart(6),
    (samples === 0 ? "" : String(samples)).padStart(7),
    beam ? "yes" : "",
    ...withCandidates ? [candidate === 0 ? "" : percent(candidate)] : [],
    end === "proof" ? "(end of the proof)" : line + (end === "length" ? " …" : ""),
  ]);
  return tableLines([heading, ...rows]);
}

function percent(share: number): string {
  return share < 1e-4 ? "< 0.01 %" : formatPercent(share);
}
