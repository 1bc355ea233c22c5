// `tactics serve`: suggestions and verified lines over HTTP, for programs on this machine.
import { ModelAssistant, routesOf } from "../../serve/mod.ts";
import { openAcorn, temporaryFolder } from "../acorn_judge.ts";
import type { Command, CommandContext } from "../command.ts";
import { listen, untilStopped } from "../listening.ts";
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
  await using server = listen(routesOf(assistant), port);
  const { address } = server;
  context.emit({ kind: "listening", address }, `listening on ${address}`);
  const model = await assistant.warmUp();
  context.emit({ kind: "ready", address, model }, `ready, with ${model}; Ctrl-C ends it`);
  await untilStopped(context);
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
