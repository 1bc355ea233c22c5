// The user's prover, asked: which version it is, and what it says of a module's text. `acorn verify
// --read-only -- -:FILE:LINE` reads the text from standard input, proves every goal up to the line (with the
// module's certificates where there are any), prints a line for each that it cannot prove, and writes nothing.
// Tried with 0.2.6. What it prints is somebody else's: anything may be in it.
import { DataError } from "../../errors.ts";
import { printableLine } from "../../text_format.ts";
import { runLimited, type RunResult } from "./run_limited.ts";

/** A module's text to verify. Lines count from 0. */
export interface VerifyRequest {
  readonly text: string;
  /** The last line whose goals are to be proved. */
  readonly lastLine: number;
  /** Seconds for the search of one goal. */
  readonly goalSeconds: number;
  /** Seconds of the clock for all. */
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** What the prover says of a text; `failed` has the lines of the goals that were not proved. */
export type VerifyAnswer =
  | { readonly kind: "checked"; readonly failed: ReadonlyMap<number, string>; readonly seconds: number }
  /** The text cannot be read: nothing in it was proved. */
  | { readonly kind: "error"; readonly line?: number; readonly message: string; readonly seconds: number }
  /** The prover gave no clear answer: it hung, died, or printed something else. What it said until then. */
  | {
    readonly kind: "broken";
    readonly message: string;
    readonly failed: ReadonlyMap<number, string>;
    readonly seconds: number;
  };

/** How the prover ended and what it printed: what transcripts of it hold. */
export type VerifyRun = Pick<RunResult, "end" | "code" | "output" | "errors" | "seconds">;

/** Ask a binary for its version. @throws {DataError} when it is no acorn that runs */
export async function acornVersion(acorn: string, signal?: AbortSignal): Promise<string> {
  const limits = { args: ["--version"], seconds: 20, outputBytes: 1 << 16, signal };
  const { end, code, output, errors } = await runLimited(acorn, limits);
  signal?.throwIfAborted();
  const words = output.trim().split(/\s/, 3);
  if (end === "exit" && code === 0 && words[0] === "acorn" && /^\d[\w.+-]{0,40}$/.test(words[1] ?? "")) {
    return words[1]!;
  }
  const said = firstLine(output) || firstLine(errors) || "it printed nothing";
  const how = end === "exit" ? `ended with code ${code}` : ENDS[end];
  throw new DataError(`"${acorn} --version" ${how}, and is no acorn's: ${said}`, {
    hint: "name the prover's binary with --acorn FILE",
  });
}

/** Run the prover on a module of a scratch library. */
export async function runVerify(
  acorn: string,
  { path, module }: { readonly path: string; readonly module: string },
  { text, lastLine, goalSeconds, seconds, signal }: VerifyRequest,
): Promise<VerifyRun> {
  const target = `-:${module}:${lastLine + 1}`;
  const args = [
    "--lib",
    path,
    "verify",
    "--read-only",
    "--jobs",
    "1",
    "--timeout",
    String(goalSeconds),
    "--",
    target,
  ];
  return await runLimited(acorn, { args, input: text, seconds, signal });
}

/** What a run says of a module, `src/a/b.ac`. */
export function parseVerify(
  { end, code, output, errors, seconds }: VerifyRun,
  module: string,
): VerifyAnswer {
  const own = module.replaceAll("\\", "/").replace(/^src\//, "");
  const failed = new Map<number, string>();
  const lines = output.split("\n");
  for (const text of lines) {
    const message = placedMessage(text);
    if (message === null) continue;
    const { path, line, said } = message;
    if (path !== own) return { kind: "error", message: firstLine(text), seconds };
    if (said.includes(" could not be ") || said.includes("prover found inconsistent")) {
      failed.set(line, said);
    } else {
      return { kind: "error", line, message: printableLine(said), seconds };
    }
  }
  const elsewhere = lines.find((line) => line.startsWith("error in '"));
  if (elsewhere !== undefined) return { kind: "error", message: firstLine(elsewhere), seconds };
  const isWhole = lines.some((line) => line === "Verification succeeded." || line === "Verification failed.");
  if (end === "exit" && isWhole) return { kind: "checked", failed, seconds };
  const said = firstLine(errors) || firstLine(lines.at(-2) ?? "") || firstLine(output) ||
    "it printed nothing";
  if (end === "exit" && code === 1) return { kind: "error", message: said, seconds };
  const message = end === "exit" ? `it ended with code ${code}: ${said}` : `it ${ENDS[end]}`;
  return { kind: "broken", message, failed, seconds };
}

const ENDS: Record<RunResult["end"], string> = {
  exit: "ended",
  signal: "was killed (out of memory?)",
  time: "did not end in time",
  flood: "printed too much",
  stopped: "was stopped",
};

/** "PATH, line N: MESSAGE", from 0. */
function placedMessage(text: string): { path: string; line: number; said: string } | null {
  const mark = ", line ";
  const at = text.startsWith(" ") ? -1 : text.indexOf(mark);
  const colon = text.indexOf(": ", at);
  if (at < 0 || colon < 0) return null;
  const number = text.slice(at + mark.length, colon);
  if (!/^\d{1,9}$/.test(number)) return null;
  return {
    path: text.slice(0, at).replaceAll("\\", "/"),
    line: Number(number) - 1,
    said: text.slice(colon + 2, colon + 2000),
  };
}

function firstLine(text: string): string {
  return printableLine(text.trim().split("\n", 1)[0]!.slice(0, 300));
}
