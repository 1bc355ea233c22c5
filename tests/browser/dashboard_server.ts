/** The dashboard on a free port, with a model for its playground. */
import { dashboardRoutes, PlaygroundModel } from "../../src/dashboard/mod.ts";
import { openModel } from "../../src/infer/mod.ts";
import { type LoopbackServer, serveOnLoopback } from "../../src/serve/mod.ts";

/** Where what it shows lies. */
export interface Shown {
  readonly runs: string;
  /** What the playground asks. Default: nothing that is there. */
  readonly model?: string;
  /** Folder of exported folders. Default: nothing that is there. */
  readonly exports?: string;
  /** Whether the page may share memory between threads. Default: yes */
  readonly isolated?: boolean;
}

export function startDashboard(
  { runs, model = "nowhere", exports = "nowhere", isolated = true }: Shown,
): LoopbackServer {
  const assistant = new PlaygroundModel({ open: () => openModel(model), drawing: {} });
  const handler = dashboardRoutes({ folder: runs, exports, assistant });
  const server = serveOnLoopback(handler, { port: 0, posts: true, isolated });
  return {
    address: server.address,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await assistant[Symbol.asyncDispose]();
    },
  };
}
