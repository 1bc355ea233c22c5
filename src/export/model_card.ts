// README.md of an exported folder: the model card, in the form of HuggingFace's hub, YAML in front. It has
// the checkpoint's own figures, and those of `tactics eval` where they are given. It is the user's to edit: a
// licence of the weights only they know, so no digest covers the file.
import type { Checkpoint } from "../checkpoint/mod.ts";
import { LINE_RANKS } from "../evaluate/mod.ts";
import { isRecord, parseJson } from "../io/mod.ts";
import { parameterTable } from "../model/parameters.ts";
import { PROVER_TEMPERATURE } from "../prompt/mod.ts";
import { formatCount, formatPercent, printableLine } from "../text_format.ts";
import { VERSION } from "../version.ts";
import { type BakedSampling, bakedSamplingText, CUT_LOGIT } from "./bake.ts";
import type { GraphForm } from "./graph/gpt_graph.ts";

/** What a card tells beside what the checkpoint says. */
export interface CardFacts {
  /** Day of the export. */
  readonly date: Date;
  /** What was trained on, where it is known. */
  readonly data?: CardData | undefined;
  /** What `tactics eval` found, where it is known. */
  readonly evaluation?: CardEvaluation | undefined;
}

/** What a model was trained on. */
export interface CardData {
  /** What the user calls it. */
  readonly name: string;
  /** Proofs trained on. */
  readonly trainDocuments: number;
  /** Proofs held out. */
  readonly validationDocuments: number;
}

/** Figures of `tactics eval` for a card. */
export interface CardEvaluation {
  /** By section, in the order of a file; "all" is the whole file. */
  readonly bitsPerByte: readonly (readonly [section: string, value: number])[];
  /** Share of next lines that are right in so many draws; empty where none were asked for. */
  readonly nextLines: readonly (readonly [draws: number, share: number])[];
}

/** The text of a card. */
export function modelCard(
  { model, train, step, best, splitHash }: Checkpoint,
  form: Pick<GraphForm, "flavor" | "quantization" | "bake">,
  { date, data, evaluation }: CardFacts,
): string {
  const size = formatCount(parameterTable(model).size);
  const facts: [string, string][] = [
    ["made", `${date.toISOString().slice(0, 10)}, by tactics ${VERSION}`],
    ["model", `${model.architecture}, ${size} parameters: ${model.nLayers} layers of width ${model.dModel}`],
    ["vocabulary, context", `${model.vocabSize} and ${model.contextLength} tokens`],
    ["weights", form.quantization === "int8" ? "int8" : "float32"],
    ["trained on", data === undefined ? "not recorded" : dataText(data)],
    ["data's sha256", `\`${splitHash}\` (proofs and split)`],
    ["recipe", `${train.recipe}: ${train.optimizer}, ${train.schedule}, ${train.batchSize} sequences a step`],
    ["steps", `${formatCount(step)} of ${formatCount(train.steps)}`],
  ];
  const figures: [string, string][] = [
    ...best === null ? [] : [["bits a byte, in training", best.bitsPerByte.toFixed(3)] as [string, string]],
    ...(evaluation?.bitsPerByte ?? []).map(([section, value]): [string, string] => [
      `bits a byte, ${section === "all" ? "whole files" : `@${section}`}`,
      value.toFixed(3),
    ]),
    ...(evaluation?.nextLines ?? []).map(([draws, share]): [string, string] => [
      `next line right, ${draws} ${draws === 1 ? "draw" : "draws"}`,
      formatPercent(share, 1),
    ]),
  ];
  return `${frontMatter(form.flavor)}
# A model that suggests proof steps for Acorn

Given a goal in the form of [Acorn](https://acornprover.org)'s proof files, it writes lines that may come next
in the proof. A prover has to check them. Made with tactics: README.md may be edited, it is not under a sha256.
${form.bake === null ? "" : bakedText(form.bake)}
## What it is

${table(["", ""], facts)}
Licence: not set, since it depends on the proofs. Put its name into the first lines of this file.

## How good it is

On proofs that were held out from training. Bits a byte: smaller is better, and independent of the tokenizer.

${table(["", ""], figures)}
## How to load it

${HOW[form.flavor]}`;
}

/**
 * Read what `tactics eval --json` printed about a checkpoint.
 * @returns the figures of its last evaluation; null where there is none of this checkpoint and its data
 */
export function parseCardEvaluation(
  text: string,
  { step, splitHash }: Pick<Checkpoint, "step" | "splitHash">,
): CardEvaluation | null {
  const events = text.split("\n").map(eventOf).filter((event) => event?.kind === "evaluation");
  const event = events.findLast((event) => event!.step === step && event!.splitHash === splitHash);
  const losses = isRecord(event?.losses) && isRecord(event.losses.model) ? event.losses.model : {};
  const bitsPerByte = ["all", "T", "G", "H", "C", "P"].flatMap((section) => {
    const part = losses[section];
    const value = estimateOf(isRecord(part) ? part.bitsPerByte : null);
    return value === null ? [] : [[section, value] as const];
  });
  const scores = isRecord(event?.lines) && Array.isArray(event.lines.scores) ? event.lines.scores : [];
  const drawn = scores.find((score) => isRecord(score) && score.method === "draw-prover");
  const shares: unknown[] = isRecord(drawn) && Array.isArray(drawn.overLines) ? drawn.overLines : [];
  const nextLines = LINE_RANKS.flatMap((draws, i) => {
    const share = estimateOf(shares[i]);
    return share === null ? [] : [[draws, share] as const];
  });
  return bitsPerByte.length === 0 ? null : { bitsPerByte, nextLines };
}

function eventOf(line: string): Record<string, unknown> | null {
  try {
    const value = parseJson(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function estimateOf(estimate: unknown): number | null {
  const value = isRecord(estimate) ? estimate.value : null;
  return typeof value === "number" && value >= 0 && value <= 1e6 ? value : null;
}

function frontMatter(flavor: GraphForm["flavor"]): string {
  const library = flavor === "hf" ? "transformers.js" : "onnx";
  const tags = ["acorn", "theorem-proving", "proof-steps", "onnx", "tactics"];
  return ["---", `library_name: ${library}`, "license: unknown", "pipeline_tag: text-generation", "tags:"]
    .concat(tags.map((tag) => `- ${tag}`), "---", "").join("\n");
}

function dataText({ name, trainDocuments, validationDocuments }: CardData): string {
  const counts = `${formatCount(trainDocuments)} proofs, ${formatCount(validationDocuments)} held out`;
  return `${counts} (\`${printableLine(name).replaceAll(/[`|]/g, "\ufffd")}\`)`;
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [heading, heading.map(() => "---"), ...rows].map(row).join("");
}

/** What a folder says of itself when its logits are not its model's. */
export function bakedText(bake: BakedSampling): string {
  const said = bakedSamplingText(bake);
  return `
## Sampling is baked in

For a client that draws from softmax(logits / ${PROVER_TEMPERATURE}). Its logits are not the trained model's:
sampling is baked in (${said}; in config.json \`baked_sampling\`). Tokens that must not be
drawn have the logit ${CUT_LOGIT}. Made for the generative client of Acorn up to 0.1.37 (January 2026): its
sampling cannot be set. To score texts, or to sample in another way, export without \`--bake\`. Before this
folder was written its model was compared with the trainer without what is baked in.
`;
}

const HOW: Readonly<Record<GraphForm["flavor"], string>> = {
  acorn: `With tactics, from its checkout:

\`\`\`sh
deno task suggest --model THIS_FOLDER --goal goal.txt
\`\`\`

The generative client of Acorn up to 0.1.37 (January 2026) loads the folder as it is. Any program with ONNX
Runtime 1.20 or newer can: tokens in \`input_ids\`, the cache in \`past_key_values\`, one token a call or many.
`,
  hf: `With transformers.js (\`@huggingface/transformers\`):

\`\`\`js
const tokenizer = await AutoTokenizer.from_pretrained("THIS_FOLDER");
const model = await AutoModelForCausalLM.from_pretrained("THIS_FOLDER");
const output = await model.generate({ ...tokenizer(goal), max_new_tokens: 50 });
\`\`\`

With Python (\`optimum-onnx\`): \`ORTModelForCausalLM.from_pretrained("THIS_FOLDER")\` and \`AutoTokenizer\`.
`,
  genai: `With onnxruntime-genai:

\`\`\`py
model = onnxruntime_genai.Model("THIS_FOLDER")
tokenizer = onnxruntime_genai.Tokenizer(model)
\`\`\`
`,
};
