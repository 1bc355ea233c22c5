// The routes of `tactics serve`: each path with its methods. Who may ask is decided before, in
// ../loopback_server.ts; what a body may be in json_body.ts; who answers is the assistant.
import type { Assistant } from "../assistant.ts";
import { Queue } from "../queue.ts";
import type { PageHandler } from "../loopback_server.ts";
import { eventStream } from "./event_stream.ts";
import { readJsonBody } from "./json_body.ts";
import { OPENAPI, openApiPage, PROVE_BODY } from "./openapi.ts";
import { routeTable } from "./route_table.ts";
import { BODY_BOUNDS, placeOf, suggestRoute } from "./suggest_route.ts";

/** Bounds of what is asked; tests make them smaller. */
export interface RouteOptions {
  readonly maxBodyBytes?: number;
  readonly maxBodyMs?: number;
}

/** A handler of all routes, which asks this assistant. */
export function routesOf(assistant: Assistant, options: RouteOptions = {}): PageHandler {
  const { maxBodyBytes: maxBytes = BODY_BOUNDS.maxBytes, maxBodyMs: maxMs = BODY_BOUNDS.maxMs } = options;
  const questions = new Queue(16);
  const searches = new Queue(4);
  const bounds = { maxBytes, maxMs };
  const prove = async (request: Request): Promise<Response> => {
    const { seconds = 60, ...place } = await readJsonBody(request, PROVE_BODY, bounds);
    const asked = placeOf(place);
    searches.check();
    return eventStream(async function* (signal) {
      using _turn = await searches.enter(signal);
      yield* assistant.prove(asked, { seconds, signal });
    }, request.signal);
  };
  return routeTable({
    "/": {
      GET: () => new Response(openApiPage(), { headers: { "content-type": "text/html; charset=utf-8" } }),
    },
    "/openapi.json": { GET: () => Response.json(OPENAPI) },
    "/health": {
      GET: () => Response.json({ ...assistant.health(), asking: questions.length, proving: searches.length }),
    },
    "/suggest": { POST: suggestRoute(assistant, bounds, questions) },
    "/prove": { POST: prove },
  });
}
