// What the server answers, as OpenAPI 3.1 says it, and a page that shows it to people. The schemas of bodies
// are those that json_body.ts checks.
import { VERSION } from "../../version.ts";
import type { BodySchema } from "./json_body.ts";

/** Most characters of a module's text; acornlib's longest has a tenth of it. */
export const MAX_TEXT = 1 << 22;

const PLACE = {
  text: { type: "string", maxLength: MAX_TEXT, description: "A module's text, as it is now, broken or not" },
  line: { type: "integer", minimum: 1, maximum: 1e7, description: "With text: a line of the goal, from 1" },
  module: {
    type: "string",
    maxLength: 200,
    // No path: it has no slash, and no dots beside each other.
    pattern: "^[a-z_][A-Za-z0-9_]*(\\.[a-z_][A-Za-z0-9_]*)*$",
    description: "With text: the module's name in the library, such as nat.gcd",
  },
} as const;

/** The body of POST /suggest. */
export const SUGGEST_BODY = {
  type: "object",
  additionalProperties: false,
  properties: {
    goal: {
      type: "string",
      maxLength: 1 << 20,
      description: "A goal's sections @G and @C, and @T, @H and @P where there are any; or text and line",
    },
    ...PLACE,
    prefix: { type: "string", maxLength: 1000, pattern: "^[^\\n\\r]*$", description: "How lines begin" },
    samples: { type: "integer", minimum: 0, maximum: 64, default: 16, description: "Lines to draw" },
    beam: { type: "integer", minimum: 0, maximum: 32, default: 8, description: "Width of the beam search" },
    maxTokens: { type: "integer", minimum: 1, maximum: 1000, default: 100, description: "Most a line has" },
    temperature: { type: "number", minimum: 0, maximum: 100, default: 0.8, description: "Of the samples" },
    topP: { type: "number", minimum: 1e-6, maximum: 1, default: 1, description: "Of the samples" },
    minP: { type: "number", minimum: 0, maximum: 1, default: 0, description: "Of the samples" },
    seed: { type: "integer", minimum: 0, maximum: 4294967295, default: 42, description: "Of the samples" },
  },
} as const satisfies BodySchema;

/** The body of POST /prove. */
export const PROVE_BODY = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...PLACE,
    seconds: { type: "number", minimum: 1, maximum: 600, default: 60, description: "Of search, at most" },
  },
} as const satisfies BodySchema;

const ERRORS = {
  400: "The body is not what is described, or not whole",
  408: "The body came too slowly",
  413: "The body is too large",
  415: "The body is not declared as application/json",
  422: "There is no goal at that place, or what is asked cannot be done",
  503: "Too many requests wait already; Retry-After says when to come again",
};

/** The document of GET /openapi.json. */
export const OPENAPI = {
  openapi: "3.1.0",
  info: {
    title: "tactics",
    version: VERSION,
    description: "Lines of Acorn proofs, from a model, and checked by the acorn of this machine. " +
      "Listens on the loopback interface and answers this machine only.",
    license: { name: "MIT", identifier: "MIT" },
  },
  paths: {
    "/suggest": {
      post: operation("The next line of a proof, ranked; not checked", SUGGEST_BODY, {
        "application/json": {
          schema: {
            type: "object",
            required: ["goal", "suggestions", "seconds"],
            properties: {
              goal: { type: "string", description: "The goal as the model is shown it" },
              seconds: { type: "number" },
              suggestions: {
                type: "array",
                description: 'Best first; an empty line with end "proof" means that the proof ends here',
                items: {
                  type: "object",
                  required: ["line", "logProbability", "end"],
                  properties: {
                    line: { type: "string" },
                    logProbability: { type: "number" },
                    samples: { type: "integer" },
                    beam: { type: "boolean" },
                    end: { enum: ["line", "proof", "length"] },
                  },
                },
              },
            },
          },
        },
      }),
    },
    "/prove": {
      post: operation(
        "Lines that the acorn of this machine has verified, searched for; events as they come, an object a " +
          "line, the last of kind proved, failed or error. Hanging up ends the search.",
        PROVE_BODY,
        { "application/x-ndjson": { schema: { type: "object", properties: { kind: { type: "string" } } } } },
      ),
    },
    "/health": read("The model, and how much is at work", "application/json"),
    "/openapi.json": read("This description", "application/json"),
    "/": read("This description, as a page", "text/html"),
  },
} as const;

/** The page of GET /: no script, no style of others. */
export function openApiPage(): string {
  const rows = Object.entries<Readonly<Record<string, Operation>>>(OPENAPI.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary }]) =>
        `<tr><td><code>${method.toUpperCase()} ${path}</code></td><td>${escaped(summary)}</td></tr>`
      )
    );
  const fields = (schema: BodySchema): string =>
    Object.entries(schema.properties).map(([name, field]) => {
      const usual = "default" in field ? `; ${field.default} without it` : "";
      return `<tr><td><code>${name}</code></td><td>${field.type}</td>` +
        `<td>${escaped(field.description)}${usual}</td></tr>`;
    }).join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>tactics ${VERSION}</title>
<h1>tactics ${VERSION}</h1>
<p>${escaped(OPENAPI.info.description)} <a href="/openapi.json">OpenAPI</a></p>
<table>
${rows.join("\n")}
</table>
<h2>Fields of POST /suggest</h2>
<table>
${fields(SUGGEST_BODY)}
</table>
<h2>Fields of POST /prove</h2>
<table>
${fields(PROVE_BODY)}
</table>
</html>
`;
}

/** What this page shows of an operation. */
interface Operation {
  readonly summary: string;
  readonly [field: string]: unknown;
}

function operation(summary: string, schema: BodySchema, content: object): Operation {
  const json = { schema: { type: "object", properties: { error: { type: "string" } } } };
  const errors = Object.entries(ERRORS).map(([status, description]) => [
    status,
    { description, content: { "application/json": json } },
  ]);
  return {
    summary,
    requestBody: { required: true, content: { "application/json": { schema } } },
    responses: { 200: { description: summary, content }, ...Object.fromEntries(errors) },
  };
}

function read(summary: string, type: string): { readonly get: Operation } {
  return { get: { summary, responses: { 200: { description: summary, content: { [type]: {} } } } } };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
