// Answers by path and method: what is not in the table is refused, and so is every error that a request can
// cause. Who may ask at all is decided before, in ../loopback_server.ts.
import type { PageHandler } from "../loopback_server.ts";
import { errorResponse, HttpError } from "./http_error.ts";

/** What answers at one path, by method; HEAD is answered as GET. */
export type Route = Readonly<Record<string, PageHandler>>;

/** A handler of these paths, and of all paths below those of `below`, which are only read; of no others. */
export function routeTable(
  routes: Readonly<Record<string, Route>>,
  below: Readonly<Record<string, PageHandler>> = {},
): PageHandler {
  return async (request) => {
    try {
      const { pathname } = new URL(request.url);
      const [, GET] = Object.entries(below).find(([prefix]) => pathname.startsWith(prefix)) ?? [];
      const route: Route | undefined = Object.hasOwn(routes, pathname) ? routes[pathname] : GET && { GET };
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
