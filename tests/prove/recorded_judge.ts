/**
 * What a real acorn said, kept in transcripts/, in the place of the prover: the same questions get the same
 * answers. With $ACORN the prover itself is asked (`deno task test:acorn`), and with $RECORD, too, its answers
 * are written down.
 */
import { fromFileUrl, join } from "@std/path";
import {
  acornVersion,
  makeScratchLibrary,
  parseVerify,
  readModuleLibrary,
  runVerify,
  type VerifyRun,
} from "../../src/acorn/mod.ts";
import { sha256Hex } from "../../src/io/mod.ts";
import type { Judge, JudgeRequest } from "../../src/prove/mod.ts";

/** A library of our own, which acorn 0.2.6 verifies. */
export const LIBRARY = fromFileUrl(import.meta.resolve("./library"));

/** The prover of $ACORN; undefined where there is none. */
export const ACORN = Deno.env.get("ACORN") || undefined;

interface Transcript {
  readonly version: string;
  /** By the sha256 of what was asked. */
  readonly runs: Record<string, Omit<VerifyRun, "seconds">>;
}

/** A judge of one of the library's modules, `src/num.ac`. @param name the transcript's */
export async function recordedJudge(file: string, name: string) {
  const { library, module } = await readModuleLibrary(LIBRARY, join(LIBRARY, file));
  const scratch = await makeScratchLibrary(library, module);
  const path = fromFileUrl(import.meta.resolve(`./transcripts/${name}.json`));
  const isRecording = ACORN !== undefined && Deno.env.get("RECORD") !== undefined;
  const transcript: Transcript = ACORN === undefined
    ? JSON.parse(await Deno.readTextFile(path))
    : { version: await acornVersion(ACORN), runs: {} };
  const judge: Judge & { readonly asked: JudgeRequest[] } = {
    asked: [],
    version: `acorn ${transcript.version}`,
    declared: scratch.declared,
    async verify(request) {
      judge.asked.push(request);
      const { text, lastLine, goalSeconds } = request;
      const key = await sha256Hex(new TextEncoder().encode(JSON.stringify([text, lastLine, goalSeconds])));
      const run = ACORN === undefined
        ? transcript.runs[key]
        : await runVerify(ACORN, request.isWhole ? await scratch.whole() : scratch, request);
      if (run === undefined) {
        throw new Error(
          `${name} has no answer to:\n${text}\n(record it: ACORN=… RECORD=1 deno task test:acorn)`,
        );
      }
      const { end, code, output, errors } = run;
      transcript.runs[key] = { end, code, output: withoutTimes(output), errors };
      return parseVerify({ ...transcript.runs[key], seconds: 1 }, scratch.module);
    },
    async [Symbol.asyncDispose]() {
      await scratch[Symbol.asyncDispose]();
      if (isRecording) await Deno.writeTextFile(path, `${JSON.stringify(transcript, null, 2)}\n`);
    },
  };
  return { judge, library, module };
}

/** Lines that matter: what was not proved, and how it ended. */
function withoutTimes(output: string): string {
  return output.split("\n").filter((line) => /^\S+, line \d+: |^Verification |^error in/.test(line))
    .map((line) => line.replace(/\(timeout after [\d.]+s\)/, "(timeout)")).join("\n");
}
