// `tactics serve`: suggestions and verified lines over HTTP, for programs on this machine.
import { UsageError } from "../../errors.ts";
import { ModelAssistant, routesOf, serveOnLoopback } from "../../serve/mod.ts";
import { openAcorn, temporaryFolder } from "../acorn_judge.ts";
import type { Command, CommandContext } from "../command.ts";
import { MODEL_OPTIONS, modelOf } from "../model_setup.ts";

export const serve: Command = {
  name: "serve",
  summary: "Answer programs of this machine over HTTP: the next line of a proof",
  description: [
    "Listens on 127.0.0.1 only. `POST /suggest` takes a goal, or a module's text and a line in it, as " +
    "JSON; `GET /openapi.json` describes all of it. The model is loaded once. Pages of other sites get nothing.",
  ],
  examples: [
    ["tactics serve", "The best checkpoint, at http://127.0.0.1:4747"],
    [
      "tactics serve --model export/tactics-2026-01-31-12-00-00 --lib ../acornlib",
      "With a library's modules",
    ],
  ],
  options: ["port", "lib", "acorn", "promptForm", ...MODEL_OPTIONS],
  runsProgram: true,
  listens: true,
  writesIn: () => [temporaryFolder()],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { port } = context.settings;
  await using assistant = assistantOf(context, "serve");
  await using server = listen(assistant, port);
  const { address } = server;
  context.emit({ kind: "listening", address }, `listening on ${address}`);
  const model = await assistant.warmUp();
  context.emit({ kind: "ready", address, model }, `ready, with ${model}; Ctrl-C ends it`);
  const { signal } = context;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

/** The assistant that a command's options describe; it runs the acorn that they name, only to verify. */
export function assistantOf(context: CommandContext, command: string): ModelAssistant {
  const { lib, promptForm: form } = context.settings;
  return new ModelAssistant({
    open: () => modelOf(context, command),
    drawing: { form },
    lib,
    openJudge: async (request) => {
      const opened = await openAcorn(context, request);
      context.notice("info", `runs only ${opened.acorn} (${opened.judge.version}), in ${opened.folder}`);
      return opened;
    },
  });
}

function listen(assistant: ModelAssistant, port: number): ReturnType<typeof serveOnLoopback> {
  try {
    return serveOnLoopback(routesOf(assistant), { port, posts: true });
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
