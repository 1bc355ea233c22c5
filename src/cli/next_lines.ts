// What may be done after a command, with the folders that it was told: the next call finds what it left.
import { printableLine, shellWord, tableLines } from "../text_format.ts";
import type { CommandCall, NextCalls } from "./command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { type HelpPage, wrap } from "./help.ts";
import { flagOf, OPTIONS } from "./options/mod.ts";

/** Columns before a call. */
const INDENT = 7;

/** Lines for the terminal, calls as they are typed. @param call what has just been done */
export function nextLines(
  calls: NextCalls,
  { options }: CommandCall,
  { columns, typed = (text) => text }: HelpPage,
): string[] {
  const folders = { dataDir: options.dataDir, checkpointDir: options.checkpointDir ?? options.outputDir };
  const rows = calls.map(([call, does], i) => ({
    begin: i === 0 ? "next:" : "",
    call: printableLine(typed(withFolders(call, folders))),
    does,
  }));
  const lines = tableLines(rows.map(({ begin, call, does }) => [begin, call, does]), 2);
  if (lines.every(({ length }) => length <= columns)) return lines;
  return rows.flatMap(({ begin, call, does }) => [
    begin.padEnd(INDENT) + call,
    ...wrap(does, columns - INDENT - 4).map((line) => " ".repeat(INDENT + 4) + line),
  ]);
}

type Folders = Readonly<Record<"dataDir" | "checkpointDir", string | undefined>>;

/** A call with the folders that its command takes and that are not the usual ones. */
function withFolders(call: string, folders: Folders): string {
  const words = call.split(" ");
  const named = (name: string): boolean => words[0] === "tactics" && words.slice(1).join(" ") === name;
  const command = COMMANDS.find(({ name }) => named(name) || call.startsWith(`tactics ${name} `));
  const added = (["dataDir", "checkpointDir"] as const).flatMap((name) => {
    const folder = folders[name];
    if (folder === undefined || folder === OPTIONS[name].default) return [];
    if (name === "checkpointDir" && words.includes("--model")) return []; // it lies elsewhere
    return command?.options.includes(name) ? [`--${flagOf(name)} ${shellWord(folder)}`] : [];
  });
  return [call, ...added].join(" ");
}
