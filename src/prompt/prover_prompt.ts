// What the model is shown before it writes a proof's next line, as tokens, in two forms. `training` is the
// text of a proof file. `prover` is what the prover feeds: what stands before the @P line, cut at the front
// to contextLength - 100 tokens, an empty line in the place of @P, the proof so far; each newline is a token
// of its own, where a text may have tokens that begin with a newline and go on.
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Goal } from "./goal.ts";

/** Most tokens of a line, and the room that the prover leaves for it in the context. */
export const LINE_TOKENS = 100;

/** The temperature at which the prover draws. */
export const PROVER_TEMPERATURE = 0.8;

/** How a goal is put to the model. */
export type PromptForm = "training" | "prover";

/** Options of {@linkcode goalPrompt}. */
export interface PromptOptions {
  /** Default: `training`. */
  readonly form?: PromptForm;
  /** Most tokens, the front is cut; in the prover's form that of the goal only. Default: no bound. */
  readonly room?: number;
}

/** A prompt in the prover's form. */
export interface ProverPrompt {
  /** Token ids (T). */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** Index of the token with which the proof's first line begins, or will begin. */
  readonly proofStart: number;
}

/** How many tokens of a prompt the prover keeps, so that a line has room in the context. */
export function promptRoom(contextLength: number, lineTokens = LINE_TOKENS): number {
  return Math.max(1, contextLength - lineTokens);
}

/** The tokens after which a proof's next line begins. */
export function goalPrompt(
  tokenizer: Tokenizer,
  goal: Goal,
  { form = "training", room = Infinity }: PromptOptions = {},
): Int32Array<ArrayBuffer> {
  if (form === "prover") return proverPrompt(tokenizer, goal, room).tokens;
  return end(tokenizer.encode(`${[`${goal.before}@P`, ...goal.lines].join("\n")}\n`), room);
}

/** The prover's form of a goal and its proof so far, with at most `room` tokens before the proof. */
export function proverPrompt(
  tokenizer: Pick<Tokenizer, "encode">,
  { before, lines }: Goal,
  room = Infinity,
): ProverPrompt {
  const newline = tokenizer.encode("\n");
  const goal = [...end(tokenizer.encode(before), room), ...newline];
  const proof = lines.flatMap((line) => [...tokenizer.encode(line), ...newline]);
  return { tokens: Int32Array.from([...goal, ...proof]), proofStart: goal.length };
}

function end(tokens: Int32Array<ArrayBuffer>, room: number): Int32Array<ArrayBuffer> {
  return tokens.subarray(Math.max(0, tokens.length - room));
}
