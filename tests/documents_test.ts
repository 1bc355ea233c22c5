/** What the documents point to is there: other documents, and the tests that are to prove a promise. */
import { assertEquals } from "@std/assert";

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
