/**
 * What the documents point to is there: other documents, the tests that are to prove a promise, tasks and
 * options of the commands that they show. Commands that take no long time are run, too:
 * documented_commands_test.ts.
 */
import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "../src/cli/commands/mod.ts";
import { parseCommandLine } from "../src/cli/parse.ts";

const root = new URL("..", import.meta.url);
const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  ...Array.from(Deno.readDirSync(new URL("docs", root)), ({ name }) => `docs/${name}`),
].filter((path) => path.endsWith(".md"));

function isThere(path: string, from: URL): boolean {
  try {
    Deno.statSync(new URL(path, from));
    return true;
  } catch {
    return false;
  }
}

for (const document of DOCUMENTS) {
  Deno.test(`links and tests that ${document} names are there`, () => {
    const place = new URL(document, root);
    const text = Deno.readTextFileSync(place);
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1]!);
    const tests = [...text.matchAll(/(?<![\w/.])tests\/[\w/*]+(?:\.\w+)?/g)].map((match) => match[0])
      .filter((path) => !path.includes("*") && document !== "docs/log.md"); // that tells of what was
    const missing = [
      ...links.filter((path) => !isThere(path, place)),
      ...tests.filter((path) => !isThere(path, root)),
    ];
    assertEquals(missing, []);
  });
}

const TASKS: Record<string, string> = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root))).tasks;
/** Options of Deno's own, before the task's name. */
const TASK = /\bdeno(?:@[\d.]+)? task (?:-\w+ )*([a-z][a-z:-]*)/g;

for (const document of DOCUMENTS.filter((path) => path !== "docs/log.md")) {
  const text = Deno.readTextFileSync(new URL(document, root));
  Deno.test(`the tasks that ${document} names are there`, () => {
    const names = [...text.matchAll(TASK)].map((match) => match[1]!.replace(/:$/, ""));
    assertEquals(names.filter((name) => !(name in TASKS)), []);
  });
  Deno.test(`the commands in ${document}'s blocks are as the program takes them`, () => {
    const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1]!);
    for (const line of blocks.flatMap((block) => block.split("\n"))) {
      const call = /\bdeno(?:@[\d.]+)? task (?:-\w+ )*(.*?)(?:\s+#.*|\s*>.*)?$/.exec(line)?.[1];
      const words = [...(call ?? "").matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) =>
        match[1] ?? match[2] ?? match[3]!
      );
      const names = words.slice(0, 2).join(" ");
      const command = COMMANDS.find(({ name }) => name === names) ??
        COMMANDS.find(({ name }) => name === words[0]);
      if (command === undefined) continue;
      parseCommandLine(words.slice(command.name.split(" ").length), command, COMMANDS);
    }
  });
}

Deno.test("README is read in a few minutes, and its first command fetches the program", () => {
  const text = Deno.readTextFileSync(new URL("README.md", root));
  assert(text.split(/\s+/).filter((word) => word !== "").length <= 900);
  assert(/^```sh\n(.*)$/m.exec(text)![1]!.startsWith("git clone "));
});
