// Errors as the user sees them, and the exit codes.
import { CheckpointError, DamagedError, DataError, DeviceError, DivergenceError } from "../errors.ts";
import { LockedError, shortMessage, UsageError } from "../errors.ts";

/** Exit codes; docs/formats.md has the table for users. */
export const EXIT = {
  ok: 0,
  /** Something could not be done: a file is missing, a disk is full, a check fails. */
  failed: 1,
  /** The call is wrong. */
  usage: 2,
  /** Training left the range of finite numbers. */
  diverged: 3,
  /** A file that was given is damaged, or not what it is taken for. */
  damaged: 4,
  /** Another run is writing into the folder. */
  locked: 5,
  /** A fault of the program's own. */
  internal: 70,
  /** Stopped by SIGINT (Ctrl-C), or by SIGHUP (the terminal was closed). */
  interrupted: 130,
  /** Stopped by SIGTERM. */
  terminated: 143,
} as const;

/** An error ready to be shown, and the code to end with. */
export interface ErrorReport {
  code: number;
  message: string;
  hint?: string | undefined;
  /** Only for faults of the program. */
  stack?: string;
}

export function describeError(error: unknown): ErrorReport {
  const report = reportOf(error);
  return { ...report, message: shortMessage(report.message) };
}

function reportOf(error: unknown): ErrorReport {
  if (error instanceof UsageError) {
    return { code: codeOf(error), message: error.message, hint: error.hint };
  }
  const { message } = error instanceof Error ? error : { message: `thrown value ${String(error)}` };
  // What the operating system or Deno's permissions refuse is no fault of the program's.
  if (/\(os error \d+\)/.test(message) || error instanceof Deno.errors.NotCapable) {
    return { code: EXIT.failed, message, hint: systemHint(error) };
  }
  if (error instanceof RangeError && /allocation failed|out of memory/i.test(message)) {
    const hint = "use a smaller model, batch or file, or close other programs";
    return { code: EXIT.failed, message: `Not enough memory: ${message}`, hint };
  }
  return {
    code: EXIT.internal,
    message,
    hint: "this is a fault of tactics: please report it, with the lines below and how it was called",
    stack: error instanceof Error ? shortMessage(error.stack ?? "") : "",
  };
}

function codeOf(error: UsageError): number {
  if (error instanceof DivergenceError) return EXIT.diverged;
  if (error instanceof LockedError) return EXIT.locked;
  if (error instanceof DeviceError) return EXIT.failed;
  if (error instanceof CheckpointError || error instanceof DamagedError) return EXIT.damaged;
  if (error instanceof DataError) return hasParseError(error) ? EXIT.damaged : EXIT.failed;
  return EXIT.usage;
}

/** Whether a file could be read but not understood. */
function hasParseError({ cause }: Error): boolean {
  return cause instanceof SyntaxError || cause instanceof Error && hasParseError(cause);
}

function systemHint(error: unknown): string {
  const { NotCapable, PermissionDenied, NotFound } = Deno.errors;
  if (error instanceof NotCapable) {
    return 'run tactics by its task ("deno task NAME"), which grants what it needs';
  }
  if (error instanceof PermissionDenied) {
    return "check the permissions of the file or folder, or name another";
  }
  if (error instanceof NotFound) return "check that the path exists";
  return "the system refused a file operation: check disk space and the path";
}
