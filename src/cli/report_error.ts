/** Errors as the user sees them, and the exit codes. */

import {
  CheckpointError,
  DataError,
  DeviceError,
  DivergenceError,
  shortMessage,
  UsageError,
} from "../errors.ts";

/**
 * Exit codes: fine, a run or its data failed, the call is wrong, a fault of the program's own, interrupted.
 */
export const EXIT = { ok: 0, failed: 1, usage: 2, internal: 70, interrupted: 130 } as const;

/** An error ready to be shown. */
export interface ErrorReport {
  code: number;
  message: string;
  hint?: string;
  /** Only for faults of the program. */
  stack?: string;
}

/** How to show an error, and with which code to end. */
export function describeError(error: unknown): ErrorReport {
  const report = reportOf(error);
  return { ...report, message: shortMessage(report.message) };
}

function reportOf(error: unknown): ErrorReport {
  if (error instanceof UsageError) {
    const isData = error instanceof DataError || error instanceof CheckpointError ||
      error instanceof DivergenceError || error instanceof DeviceError;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return { code: isData ? EXIT.failed : EXIT.usage, message: error.message, ...hint };
  }
  if (error instanceof Error && isSystemError(error)) {
    return { code: EXIT.failed, message: error.message, hint: systemHint(error) };
  }
  if (error instanceof RangeError && /allocation failed/.test(error.message)) {
    const hint = "use a smaller model, batch or file, or close other programs";
    return { code: EXIT.failed, message: `Not enough memory: ${error.message}`, hint };
  }
  return {
    code: EXIT.internal,
    message: error instanceof Error ? error.message : `thrown value ${String(error)}`,
    hint: "this is a fault of tactics: please report it, with the lines below and how it was called",
    stack: error instanceof Error ? shortMessage(error.stack ?? "") : "",
  };
}

/** Whether the operating system or Deno's permissions refused something: no fault of the program's. */
function isSystemError(error: Error): boolean {
  return /\(os error \d+\)/.test(error.message) || error instanceof Deno.errors.NotCapable;
}

function systemHint(error: Error): string {
  if (error instanceof Deno.errors.NotCapable) {
    return 'run tactics by its task ("deno task NAME"), which grants what it needs';
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "check the permissions of the file or folder, or name another";
  }
  if (error instanceof Deno.errors.NotFound) return "check that the path exists";
  return "the system refused a file operation: check disk space and the path";
}
