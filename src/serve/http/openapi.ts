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

const SUGGESTION = {
  type: "object",
  required: ["line", "logProbability", "end"],
  properties: {
    line: { type: "string", description: 'Empty where the proof ends here: then "end" is "proof"' },
    logProbability: { type: "number", description: "Natural logarithm, at temperature 1" },
    end: { enum: ["line", "proof", "length"] },
  },
};
const ANSWER = {
  type: "object",
  required: ["goal", "suggestions", "seconds"],
  properties: {
    goal: { type: "string", description: "The goal as the model is shown it" },
    suggestions: { type: "array", items: SUGGESTION, description: "Best first" },
    seconds: { type: "number" },
  },
};
const EVENT = {
  type: "object",
  required: ["kind"],
  properties: { kind: { enum: ["start", "progress", "accepted", "trouble", "result", "error"] } },
};

/** The document of GET /openapi.json. */
export const OPENAPI = {
  openapi: "3.1.0",
  info: {
    title: "tactics",
    version: VERSION,
    description: "Lines of Acorn proofs, from a model, and verified by the acorn of this machine. " +
      "It listens on the loopback interface only, and answers no other site's pages.",
    license: { name: "MIT", identifier: "MIT" },
  },
  paths: {
    "/suggest": {
      post: posted("The next line of a proof, ranked; not checked", SUGGEST_BODY, [
        "application/json",
        ANSWER,
      ]),
    },
    "/prove": {
      post: posted(
        "Lines that acorn verifies, searched for: events as they come, an object a line, the last one of " +
          "kind result or error. Hanging up ends the search; one runs at a time.",
        PROVE_BODY,
        ["application/x-ndjson", EVENT],
      ),
    },
    "/health": { get: read("The model, and how many requests are at work or wait", "application/json") },
    "/openapi.json": { get: read("This description", "application/json") },
    "/": { get: read("This description, as a page", "text/html") },
  },
} as const;

interface Operation {
  readonly summary: string;
  readonly requestBody?: object;
  readonly responses: object;
}

/** The page of GET /: no script, no style. */
export function openApiPage(): string {
  const { info, paths } = OPENAPI;
  const operations = Object.entries<Readonly<Record<string, Operation>>>(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary, requestBody }]) => {
      const body = requestBody === undefined
        ? ""
        : `<pre>${escaped(JSON.stringify(requestBody, null, 2))}</pre>\n`;
      return `<h2><code>${method.toUpperCase()} ${path}</code></h2>\n<p>${escaped(summary)}</p>\n${body}`;
    })
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${info.title} ${info.version}</title>
<h1>${info.title} ${info.version}</h1>
<p>${info.description} <a href="/openapi.json">OpenAPI</a></p>
${operations.join("")}</html>
`;
}

function posted(summary: string, schema: BodySchema, [type, answer]: readonly [string, object]): Operation {
  const errors = Object.entries(ERRORS).map(([status, description]) => [status, { description }]);
  return {
    summary,
    requestBody: { required: true, content: { "application/json": { schema } } },
    responses: {
      200: { description: summary, content: { [type]: { schema: answer } } },
      ...Object.fromEntries(errors),
    },
  };
}

function read(summary: string, type: string): Operation {
  return { summary, responses: { 200: { description: summary, content: { [type]: {} } } } };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
