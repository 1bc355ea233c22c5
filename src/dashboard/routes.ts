// The dashboard's routes: its page, the runs below one folder, and a playground, which alone is posted to; and
// what a page needs to train and to suggest by itself. No path of a request is ever a path of a file: pages and
// modules are in tables, runs and exported folders are those that were found.
import { eventStream, HttpError, type PageHandler, type Route, routeTable } from "../serve/mod.ts";
import { type Assistant, suggestRoute } from "../serve/mod.ts";
import { EXPORTED_PATH, exportedFiles, exportedModels } from "./exported_models.ts";
import { pageFiles } from "./page_files.ts";
import { MODULES_PATH, pageModules } from "./page_modules.ts";
import { findMetrics } from "./find_metrics.ts";
import { follow } from "./follow.ts";
import { SummaryReader } from "./summary.ts";

export interface DashboardOptions {
  /** Whose runs are shown. */
  readonly folder: string;
  /** Where exported folders lie, which a page may load and run itself. */
  readonly exports: string;
  /** Who answers in the playground. */
  readonly assistant: Pick<Assistant, "suggest" | "health">;
}

/** Runs in one stream, streams at once, and characters of a run's name. */
const [MOST_RUNS, MOST_STREAMS, MOST_NAME] = [8, 32, 1000];

/** A handler of all routes. */
export function dashboardRoutes({ folder, exports, assistant }: DashboardOptions): PageHandler {
  const summaries = new SummaryReader();
  let streams = 0;
  const events = async (request: Request): Promise<Response> => {
    const names = new URL(request.url).searchParams.getAll("run").slice(0, MOST_RUNS);
    const known = new Map((await findMetrics(folder)).map((run) => [run.name, run]));
    const runs = names.map((name) => {
      const run = name.length > MOST_NAME ? undefined : known.get(name);
      if (run === undefined) throw new HttpError(404, "There is no such run");
      return run;
    });
    if (runs.length === 0) throw new HttpError(400, 'The address names no run, as "?run=NAME"');
    if (streams >= MOST_STREAMS) throw new HttpError(503, "Too many pages are open", { "retry-after": "5" });
    return eventStream(async function* (signal) {
      streams++;
      try {
        yield* follow(runs, signal);
      } finally {
        streams--;
      }
    }, request.signal);
  };
  const routes: Record<string, Route> = {
    "/runs": { GET: async () => Response.json(await summaries.of(await findMetrics(folder))) },
    "/events": { GET: events },
    "/exported": { GET: async () => Response.json(await exportedModels(exports)) },
    "/model": { GET: () => Response.json(assistant.health()) },
    "/suggest": { POST: suggestRoute(assistant) },
  };
  for (const [path, { type, text }] of Object.entries(pageFiles())) {
    routes[path] = { GET: () => new Response(text, { headers: { "content-type": type } }) };
  }
  return routeTable(routes, { [MODULES_PATH]: pageModules(), [EXPORTED_PATH]: exportedFiles(exports) });
}
