// `tactics dashboard`: runs in a browser, as they go on.
import type { Command, CommandContext } from "../command.ts";
import { openDashboard, untilStopped } from "../listening.ts";
import { MODEL_OPTIONS } from "../model_setup.ts";

export const dashboard: Command = {
  name: "dashboard",
  summary: "Show runs in a browser: live curves, samples, comparison, a playground",
  description: [
    "Serves a page on 127.0.0.1 that shows every run below --checkpoint-dir, those under way as they go on. " +
    "`tactics train --dashboard` does the same beside a run. Pages of other sites get nothing, and nothing " +
    "is fetched from elsewhere.",
  ],
  examples: [
    ["tactics dashboard", "The runs in checkpoints/, at http://127.0.0.1:4748"],
    ["tactics dashboard --model export/tactics-2026-01-31-12-00-00", "With this model in the playground"],
  ],
  options: ["port", "promptForm", ...MODEL_OPTIONS],
  defaults: { port: "4748" },
  listens: true,
  run,
};

async function run(context: CommandContext): Promise<void> {
  await using server = openDashboard(context, context.settings.checkpointDir);
  const { address } = server;
  context.emit({ kind: "listening", address }, `the dashboard is at ${address}; Ctrl-C ends it`);
  await untilStopped(context);
}
