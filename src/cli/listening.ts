// What commands do that listen: a port of 127.0.0.1, and the dashboard of a folder of runs.
import { dashboardRoutes, PlaygroundModel } from "../dashboard/mod.ts";
import { UsageError } from "../errors.ts";
import { type LoopbackServer, type PageHandler, serveOnLoopback } from "../serve/mod.ts";
import type { CommandContext } from "./command.ts";
import { modelOf } from "./model_setup.ts";

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

/** The dashboard of --checkpoint-dir, until it is disposed of; it opens a model when one is asked. */
export function openDashboard(context: CommandContext, command: string): LoopbackServer {
  const { options, settings: { checkpointDir, promptForm: form } } = context;
  const model = new PlaygroundModel({ open: () => modelOf(context, command), drawing: { form } });
  const server = listen(
    dashboardRoutes({ folder: checkpointDir, assistant: model }),
    options.port ?? DASHBOARD_PORT,
  );
  return {
    address: server.address,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** Until the command is asked to stop. */
export async function untilStopped({ signal }: CommandContext): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
}
