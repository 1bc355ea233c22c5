// run.json in a run's folder: its name, what it was asked to do and with what, a line for each part that was
// gone on with; and held_out.txt, the split: the proofs not trained on, a name a line. Both are for people and
// for `tactics runs`; no run depends on them, and checkpoints say themselves what they were trained with.
import { join } from "@std/path";
import { isRecord, parseJson, readTextBounded, writeFileAtomic } from "../io/mod.ts";
import type { StartEvent } from "../metrics/mod.ts";
import { VERSION } from "../version.ts";

export const RUN_RECORD_NAME = "run.json";
export const HELD_OUT_NAME = "held_out.txt";
/** What the model wrote in the run, for people. */
export const SAMPLES_NAME = "samples.txt";

/** Names that mean something else: see model_place.ts. */
const WORDS = ["latest", "best", "runs"];
/** Far more than a run that was gone on with as often as is recorded. */
const MAX_BYTES = 1 << 20;
/** The latest ones. */
const MOST_PARTS = 200;

/** From its beginning, or from where it was gone on with, to where it ended or was interrupted. */
export interface RunPart {
  /** When, in UTC. */
  readonly begun: string;
  /** Steps done before it. */
  readonly step: number;
  /** Steps of the whole run, as planned then. */
  readonly steps: number;
  readonly workers: number;
  readonly backend: string;
  /** Of the program, Deno and V8, and the system and its processor. */
  readonly versions: Readonly<Record<"tactics" | "deno" | "v8" | "system", string>>;
}

/** Options that were given, by their camelCase names. */
export type AskedOptions = Readonly<Record<string, string | number | boolean | null>>;

/** What run.json says. */
export interface RunRecord {
  readonly name: string;
  /** Folder of the proofs, as the user named it. */
  readonly dataDir: string;
  readonly parameters: number;
  readonly trainDocuments: number;
  readonly validationDocuments: number;
  readonly trainTokens: number;
  /** sha256 that names the split, whose held-out proofs are in held_out.txt. */
  readonly splitHash: string;
  readonly tokenizerSha256: string;
  /** Of the model and the run, as checkpoints store them. */
  readonly options: StartEvent["options"];
  /** What of them was given by flags or tactics.json; older runs have none. */
  readonly asked?: AskedOptions;
  /** At least one. */
  readonly parts: readonly RunPart[];
}

/** What a run is, when it begins or goes on. */
export interface RunBeginning {
  readonly start: StartEvent;
  /** Used where the folder has no name for it yet. */
  readonly name: string;
  readonly dataDir: string;
  readonly asked: AskedOptions;
  readonly tokenizerSha256: string;
  /** Names of the proofs held out, in their order. */
  readonly heldOut: readonly string[];
  readonly now: Date;
}

/** Whether a word can be a run's name, and so a folder's on any system. */
export function isRunName(word: string): boolean {
  const isWord = /^[A-Za-z0-9][\w.-]{0,63}$/.test(word) && !word.endsWith(".");
  return isWord && !WORDS.includes(word) && !/\.(safetensors|pt)$/.test(word);
}

/** Note in a folder that a run begins there, or goes on. @throws {DataError} when it cannot be written */
export async function recordRun(directory: string, beginning: RunBeginning): Promise<void> {
  const { start, name, dataDir, tokenizerSha256, heldOut, now } = beginning;
  const { parameters, trainDocuments, validationDocuments, trainTokens, splitHash, options } = start;
  const earlier = start.step === 0 ? null : await readRunRecord(directory);
  const { step, steps, workers, backend } = start;
  const versions = {
    tactics: VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    system: `${Deno.build.os} ${Deno.build.arch}`,
  };
  const asked = start.step === 0 ? beginning.asked : earlier?.asked;
  const part: RunPart = { begun: now.toISOString(), step, steps, workers, backend, versions };
  const record: RunRecord = {
    name: earlier?.name ?? name,
    dataDir,
    parameters,
    trainDocuments,
    validationDocuments,
    trainTokens,
    splitHash,
    tokenizerSha256,
    options,
    ...asked && { asked },
    parts: [...earlier?.parts ?? [], part].slice(-MOST_PARTS),
  };
  const names = heldOut.map((name) => `${name.replaceAll(/[\r\n]/g, "\ufffd")}\n`).join("");
  await write(directory, HELD_OUT_NAME, names);
  await write(directory, RUN_RECORD_NAME, `${JSON.stringify(record, null, 2)}\n`);
}

/** A folder's record; null where there is none that can be used: nothing depends on it. */
export async function readRunRecord(directory: string): Promise<RunRecord | null> {
  try {
    const text = await readTextBounded(join(directory, RUN_RECORD_NAME), { maxBytes: MAX_BYTES });
    const value = parseJson(text);
    return isRunRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** When the run began, or was last gone on with, in milliseconds since 1970. */
export function lastBegun({ parts }: RunRecord): number {
  return Date.parse(parts.at(-1)!.begun);
}

async function write(directory: string, name: string, text: string): Promise<void> {
  await writeFileAtomic(join(directory, name), new TextEncoder().encode(text));
}

function isRunRecord(value: unknown): value is RunRecord {
  if (!isRecord(value) || !Array.isArray(value.parts)) return false;
  const texts = [value.dataDir, value.splitHash, value.tokenizerSha256];
  const counts = [value.parameters, value.trainDocuments, value.validationDocuments, value.trainTokens];
  return typeof value.name === "string" && isRunName(value.name) &&
    texts.every((text) => typeof text === "string") && counts.every(Number.isSafeInteger) &&
    [value.options, value.asked ?? {}].every(isFlat) &&
    value.parts.length > 0 && value.parts.every(isRunPart);
}

function isFlat(value: unknown): boolean {
  return isRecord(value) &&
    Object.values(value).every((option) => option === null || typeof option !== "object");
}

function isRunPart(value: unknown): value is RunPart {
  if (!isRecord(value) || !isRecord(value.versions)) return false;
  const isTime = typeof value.begun === "string" && Number.isFinite(Date.parse(value.begun));
  return isTime && [value.step, value.steps, value.workers].every(Number.isSafeInteger) &&
    typeof value.backend === "string" && Object.values(value.versions).every((v) => typeof v === "string");
}
