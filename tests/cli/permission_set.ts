/** Starting the program with the permissions that its tasks give it. */
import { fromFileUrl } from "@std/path";

/** deno.json. */
export const CONFIG = fromFileUrl(import.meta.resolve("../../deno.json"));
const MAIN = fromFileUrl(import.meta.resolve("../../main.ts"));

/** A set of permissions, as deno.json has it. */
export type PermissionSet = Record<
  "read" | "write" | "env" | "sys" | "run" | "net" | "ffi",
  true | string[] | undefined
>;

/** What deno.json says that tests look at. */
export const { tasks, permissions, imports } = JSON.parse(Deno.readTextFileSync(CONFIG)) as {
  tasks: Record<string, string>;
  permissions: Record<string, PermissionSet>;
  imports: Record<string, string>;
};

/** Deno's arguments for a call of the program with its command's own set; nothing is asked. */
export function programArguments(args: readonly string[]): string[] {
  const set = Object.hasOwn(permissions, args[0]!) ? args[0] : "tactics";
  return ["run", "-q", "--no-prompt", `-P=${set}`, "--no-check", "--config", CONFIG, MAIN, ...args];
}
