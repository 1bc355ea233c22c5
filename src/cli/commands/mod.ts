/** All commands, in the order in which help lists them. */

import type { Command } from "../command.ts";
import { dataAcorn } from "./data_acorn.ts";
import { dataSample } from "./data_sample.ts";
import { dataStats } from "./data_stats.ts";
import { evalCommand } from "./eval.ts";
import { exportCommand } from "./export.ts";
import { generate } from "./generate.ts";
import { plot } from "./plot.ts";
import { quickstart } from "./quickstart.ts";
import { resume } from "./resume.ts";
import { suggestCommand } from "./suggest.ts";
import { tokenizer } from "./tokenizer.ts";
import { train } from "./train.ts";
import { verify } from "./verify.ts";

/** The names of the commands there are. */
export type CommandName =
  | "quickstart"
  | "data acorn"
  | "data sample"
  | "data stats"
  | "tokenizer"
  | "train"
  | "resume"
  | "eval"
  | "plot"
  | "suggest"
  | "generate"
  | "export"
  | "verify";

const COMMAND_OF: Record<CommandName, Command> = {
  quickstart,
  "data acorn": dataAcorn,
  "data sample": dataSample,
  "data stats": dataStats,
  tokenizer,
  train,
  resume,
  eval: evalCommand,
  plot,
  suggest: suggestCommand,
  generate,
  export: exportCommand,
  verify,
};

/** The commands. */
export const COMMANDS: readonly Command[] = Object.values(COMMAND_OF);
