// What the user types to start the program, for hints, help and what to do next: texts say "tactics NAME",
// and become `deno task NAME` in the project's folder, or the path of a binary there.
import { join, relative } from "@std/path";

/** Commands that are no tasks of deno.json of their own. */
export const WITHOUT_TASK: readonly string[] = ["schema", "completions"];

/** How this process was started, as far as it can tell. */
export function programName(): string {
  const { execPath, cwd, build } = Deno;
  try {
    if (build.standalone) {
      const path = relative(cwd(), execPath());
      return path.startsWith("..") ? "tactics" : `.${build.os === "windows" ? "\\" : "/"}${path}`;
    }
    const { dirname } = import.meta; // undefined where the program came from a registry
    return dirname !== undefined && join(dirname, "..", "..") === join(cwd()) ? "deno task" : "tactics";
  } catch {
    return "tactics"; // a folder that is gone, or that may not be read
  }
}

/** A text with its calls as they are typed; one that has them so stays. @param commands the names of all */
export function asTyped(text: string, program: string, commands: readonly string[]): string {
  if (program === "tactics") return text;
  const words = new Set(commands.map((name) => name.split(" ")[0]));
  return text.replace(/(?<![\w./\\-]|deno task )tactics (--[a-z]+|[A-Za-z]+)\b/g, (call, word: string) => {
    if (word !== "COMMAND" && !word.startsWith("--") && !words.has(word)) return call;
    const isTask = !word.startsWith("--") && !WITHOUT_TASK.includes(word);
    if (program !== "deno task") return `${program} ${word}`;
    return isTask ? `deno task ${word}` : `deno task tactics ${word}`;
  });
}
