// All commands, in the order in which help lists them.
import type { Command } from "../command.ts";
import { completionsOf } from "./completions.ts";
import { dashboard } from "./dashboard.ts";
import { dataAcorn, dataSample, dataStats } from "./data.ts";
import { dataAcornlib } from "./data_acornlib.ts";
import { evalCommand } from "./eval.ts";
import { exportCommand } from "./export.ts";
import { generate } from "./generate.ts";
import { importCommand } from "./import.ts";
import { lsp } from "./lsp.ts";
import { plot } from "./plot.ts";
import { proveCommand } from "./prove.ts";
import { quickstart } from "./quickstart.ts";
import { resume } from "./resume.ts";
import { runs, runsCompare } from "./runs.ts";
import { runsPrune } from "./runs_prune.ts";
import { schema } from "./schema.ts";
import { serve } from "./serve.ts";
import { suggestCommand } from "./suggest.ts";
import { sweep } from "./sweep.ts";
import { tokenizer } from "./tokenizer.ts";
import { train } from "./train.ts";
import { verify } from "./verify.ts";

export const COMMANDS: readonly Command[] = [
  quickstart,
  dataAcorn,
  dataAcornlib,
  dataSample,
  dataStats,
  tokenizer,
  train,
  resume,
  sweep,
  runs,
  runsCompare,
  runsPrune,
  evalCommand,
  dashboard,
  plot,
  suggestCommand,
  proveCommand,
  generate,
  serve,
  lsp,
  exportCommand,
  importCommand,
  verify,
  schema,
  completionsOf(() => COMMANDS),
];
