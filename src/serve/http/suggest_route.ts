// POST /suggest: a goal in, ranked lines out, of `tactics serve` and of the dashboard. A few may wait.
import type { Assistant, Place } from "../assistant.ts";
import type { PageHandler } from "../loopback_server.ts";
import { Queue } from "../queue.ts";
import { HttpError } from "./http_error.ts";
import { type BodyBounds, readJsonBody } from "./json_body.ts";
import { SUGGEST_BODY } from "./openapi.ts";

/** Of what is asked, where nobody says less. */
export const BODY_BOUNDS: BodyBounds = { maxBytes: 1 << 23, maxMs: 10_000 };

/** The route's handler; `questions` is the line in which requests wait. */
export function suggestRoute(
  assistant: Pick<Assistant, "suggest">,
  bounds: BodyBounds = BODY_BOUNDS,
  questions: Queue = new Queue(16),
): PageHandler {
  return async (request) => {
    const { goal, text, line, module, ...drawing } = await readJsonBody(request, SUGGEST_BODY, bounds);
    if (goal !== undefined && (text !== undefined || line !== undefined)) {
      throw new HttpError(400, 'The body has a "goal" and a place: one of them is meant');
    }
    const question = goal === undefined ? placeOf({ text, line, module }) : { kind: "goal", goal } as const;
    using _turn = await questions.enter(request.signal);
    return Response.json(await assistant.suggest(question, { ...drawing, signal: request.signal }));
  };
}

type Asked = { readonly [N in "text" | "module"]?: string | undefined } & {
  readonly line?: number | undefined;
};

/** The place that a body names. @throws {HttpError} when it names none */
export function placeOf({ text, line, module }: Asked): Place {
  if (text === undefined || line === undefined) {
    throw new HttpError(400, 'The body has no "text" with a "line"');
  }
  return { kind: "place", text, line: line - 1, ...module !== undefined && { module } };
}
