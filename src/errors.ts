// The errors that this program raises on purpose. Bad values use the built-in classes by meaning (TypeError,
// RangeError, SyntaxError); a class of its own exists only where somebody catches it.

/** Most characters of a message that is shown; what a file says may be in it. */
const MESSAGE_CHARACTERS = 2000;

/** A message, cut in the middle where it is longer than any that is shown. */
export function shortMessage(text: string): string {
  if (text.length <= MESSAGE_CHARACTERS) return text;
  const half = MESSAGE_CHARACTERS / 2 - 2;
  return `${text.slice(0, half)} … ${text.slice(-half)}`.toWellFormed();
}

/** Options of the error classes below. */
export interface ErrorHintOptions extends ErrorOptions {
  /** What the user can do about it: one sentence. */
  hint?: string;
}

/** A mistake in how the program was called, or in what it was given: reported without a stack trace. */
export class UsageError extends Error {
  /** The class's name, as errors print it. */
  override name = "UsageError";
  /** What the user can do about it. */
  readonly hint: string | undefined;
  /** An error with a message, and with a hint and a cause where there are any. */
  constructor(message: string, options: ErrorHintOptions = {}) {
    super(shortMessage(message), options);
    this.hint = options.hint && shortMessage(options.hint);
  }
}

/** Files given by the user (proofs, tokenizer, exported folder) that cannot be used as they are. */
export class DataError extends UsageError {
  /** The class's name, as errors print it. */
  override name = "DataError";
}

/** A file whose content cannot be right: damaged, or not what it is taken for. */
export class DamagedError extends DataError {
  /** The class's name, as errors print it. */
  override name = "DamagedError";
}

/** A folder that another run is writing into. */
export class LockedError extends DataError {
  /** The class's name, as errors print it. */
  override name = "LockedError";
}

/** A checkpoint that is corrupt, or that does not fit the tokenizer, shape or version at hand. */
export class CheckpointError extends UsageError {
  /** The class's name, as errors print it. */
  override name = "CheckpointError";
}

/** Training that left the range of finite numbers. */
export class DivergenceError extends UsageError {
  /** The class's name, as errors print it. */
  override name = "DivergenceError";
}

/**
 * What computes is missing, full or too small for what was asked (a GPU), or lost in mid-run (a GPU, a
 * worker).
 */
export class DeviceError extends UsageError {
  /** The class's name, as errors print it. */
  override name = "DeviceError";
}
