// What commands do that listen: a port of 127.0.0.1, and the dashboard of a folder of runs.
import { relative } from "@std/path";
import { dashboardRoutes, LOOK_MS, PlaygroundModel } from "../dashboard/mod.ts";
import { UsageError } from "../errors.ts";
import { type LoopbackServer, type PageHandler, serveOnLoopback } from "../serve/mod.ts";
import type { CommandContext } from "./command.ts";
import { EXPORTS, modelOf } from "./model_setup.ts";

/** Where the dashboard listens unless another port is named. */
const DASHBOARD_PORT = 4748;

/** Listen, JSON may be posted. @throws {UsageError} when the port is taken, or not allowed */
export function listen(handler: PageHandler, port: number): LoopbackServer {
  try {
    return serveOnLoopback(handler, { port, posts: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse || cause instanceof Deno.errors.PermissionDenied)) {
      throw cause;
    }
    throw new UsageError(`Cannot listen on 127.0.0.1:${port}: ${cause.message}`, {
      cause,
      hint: "name another port with --port; 0 takes any free one",
    });
  }
}

/**
 * The dashboard of a folder of runs, until it is disposed of. It opens a model when one is asked for. Where the
 * usual port is taken and none was named, it takes any that is free.
 */
export function openDashboard(context: CommandContext, runFolder: string): LoopbackServer {
  const { options, settings } = context;
  const isOutside = relative(settings.checkpointDir, runFolder).startsWith("..");
  const folder = isOutside ? runFolder : settings.checkpointDir;
  const asked: CommandContext = {
    ...context,
    settings: { ...settings, checkpointDir: folder },
    // Which model answers stands in the page; a run's screen is the run's.
    notice: (level, ...told) => level === "warning" && context.notice(level, ...told),
  };
  const model = new PlaygroundModel({
    open: () => modelOf(asked, "dashboard"),
    drawing: { form: settings.promptForm },
  });
  const handler = dashboardRoutes({ folder, exports: EXPORTS, assistant: model });
  const server = listenSomewhere(handler, options.port);
  return {
    address: server.address,
    [Symbol.asyncDispose]: async () => {
      // Open pages are told of a run's end.
      if (!context.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 2 * LOOK_MS));
      await server[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

function listenSomewhere(handler: PageHandler, port: number | undefined): LoopbackServer {
  try {
    return listen(handler, port ?? DASHBOARD_PORT);
  } catch (error) {
    const isTaken = error instanceof UsageError && error.cause instanceof Deno.errors.AddrInUse;
    if (!isTaken || port !== undefined) throw error;
    return listen(handler, 0);
  }
}

/** Until the command is asked to stop. */
export async function untilStopped({ signal }: CommandContext): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
}
