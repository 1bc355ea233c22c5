// The routes of `tactics serve`: each path with its methods. Who may ask is decided before, in
// ../loopback_server.ts; what a body may be in json_body.ts; who answers is the assistant.
import type { Assistant, Place } from "../assistant.ts";
import { Queue } from "../queue.ts";
import type { PageHandler } from "../loopback_server.ts";
import { errorResponse, HttpError } from "./http_error.ts";
import { eventStream } from "./event_stream.ts";
import { readJsonBody } from "./json_body.ts";
import { OPENAPI, openApiPage, PROVE_BODY, SUGGEST_BODY } from "./openapi.ts";

/** Bounds of what is asked; tests make them smaller. */
export interface RouteOptions {
  readonly maxBodyBytes?: number;
  readonly maxBodyMs?: number;
}

type Route = Readonly<Record<string, (request: Request) => Response | Promise<Response>>>;

/** A handler of all routes, which asks this assistant. */
export function routesOf(assistant: Assistant, options: RouteOptions = {}): PageHandler {
  const { maxBodyBytes: maxBytes = 1 << 23, maxBodyMs: maxMs = 10_000 } = options;
  const questions = new Queue(16);
  const searches = new Queue(4);
  const bounds = { maxBytes, maxMs };
  const suggest = async (request: Request): Promise<Response> => {
    const { goal, text, line, module, ...drawing } = await readJsonBody(request, SUGGEST_BODY, bounds);
    if (goal !== undefined && (text !== undefined || line !== undefined)) {
      throw new HttpError(400, 'The body has a "goal" and a place: one of them is meant');
    }
    const question = goal === undefined ? placeOf({ text, line, module }) : { kind: "goal", goal } as const;
    using _turn = await questions.enter(request.signal);
    return Response.json(await assistant.suggest(question, { ...drawing, signal: request.signal }));
  };
  const prove = async (request: Request): Promise<Response> => {
    const { seconds = 60, ...place } = await readJsonBody(request, PROVE_BODY, bounds);
    const asked = placeOf(place);
    searches.check();
    return eventStream(async function* (signal) {
      using _turn = await searches.enter(signal);
      yield* assistant.prove(asked, { seconds, signal });
    }, request.signal);
  };
  const routes: Readonly<Record<string, Route>> = {
    "/": {
      GET: () => new Response(openApiPage(), { headers: { "content-type": "text/html; charset=utf-8" } }),
    },
    "/openapi.json": { GET: () => Response.json(OPENAPI) },
    "/health": {
      GET: () => Response.json({ ...assistant.health(), asking: questions.length, proving: searches.length }),
    },
    "/suggest": { POST: suggest },
    "/prove": { POST: prove },
  };
  return async (request) => {
    try {
      const { pathname } = new URL(request.url);
      const route = Object.hasOwn(routes, pathname) ? routes[pathname]! : undefined;
      if (route === undefined) throw new HttpError(404, "There is nothing at this path");
      const method = request.method === "HEAD" ? "GET" : request.method;
      if (!Object.hasOwn(route, method)) {
        throw new HttpError(405, `${pathname} has another method`, { allow: Object.keys(route).join() });
      }
      return await route[method]!(request);
    } catch (error) {
      const answer = errorResponse(error);
      if (answer === null) throw error;
      return answer;
    }
  };
}

type Asked = { readonly [N in "text" | "module"]?: string | undefined } & {
  readonly line?: number | undefined;
};

function placeOf({ text, line, module }: Asked): Place {
  if (text === undefined || line === undefined) {
    throw new HttpError(400, 'The body has no "text" with a "line"');
  }
  return { kind: "place", text, line: line - 1, ...module !== undefined && { module } };
}
