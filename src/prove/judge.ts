// Who says what is proved: the seam between the search and the prover. A judge answers texts of one module;
// the user's acorn is one (`openJudge`), recorded answers of a real one are another (tests/prove/).
import {
  acornVersion,
  parseVerify,
  runVerify,
  type ScratchLibrary,
  type VerifyAnswer,
  type VerifyRequest,
} from "../acorn/mod.ts";

/** A text to verify. */
export type JudgeRequest = VerifyRequest & {
  /** Whether it is to be verified as the user's prover would, proofs of imported modules and all. */
  readonly isWhole?: boolean;
};

/** Verifies texts of one module. */
export interface Judge extends AsyncDisposable {
  /** What it is, for people: `acorn 0.2.6`. */
  readonly version: string;
  /** Names that the module's package declares elsewhere; null where it is of no package. */
  readonly declared: ReadonlySet<string> | null;
  /** Proves the goals of a text up to a line. */
  verify(request: JudgeRequest): Promise<VerifyAnswer>;
}

/**
 * The user's acorn as a judge of the scratch library's module, which is removed with it.
 * @throws {DataError} when the binary is none; the scratch library is removed then, too
 */
export async function openJudge(
  { acorn, scratch, signal }: {
    readonly acorn: string;
    readonly scratch: ScratchLibrary;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Judge> {
  let version: string;
  try {
    version = await acornVersion(acorn, signal);
  } catch (error) {
    await scratch[Symbol.asyncDispose]();
    throw error;
  }
  return {
    version: `acorn ${version}`,
    declared: scratch.declared,
    async verify(request) {
      const place = request.isWhole === true ? await scratch.whole() : scratch;
      return parseVerify(await runVerify(acorn, place, request), scratch.module);
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}
