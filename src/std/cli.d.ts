export interface ParseArgsOptions {
  string?: readonly string[];
  boolean?: readonly string[];
  collect?: readonly string[];
  alias?: Readonly<Record<string, string>>;
  stopEarly?: boolean;
  unknown?: (argument: string, key?: string, value?: unknown) => unknown;
}
export interface ParsedArgs {
  _: (string | number)[];
  [name: string]: unknown;
}
export function parseArgs(args: readonly string[], options?: ParseArgsOptions): ParsedArgs;
