/** `@std/cli` by way of npm, where the standard library is published without types: the argument parser. */

// @ts-types="./cli.d.ts"
export { parseArgs } from "deno-std/cli/parse_args.js";
