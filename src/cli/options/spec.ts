/** What a row of the option table says, and how it tells a default that depends on the recipe. */

import { type Bounds, RECIPES } from "../../config.ts";

/** What an option is about; help lists options under these headings, in this order. */
export const OPTION_GROUPS = [
  "Run",
  "Model",
  "Optimizer",
  "Corpus",
  "Tokenizer",
  "Generation",
  "Evaluation",
  "Export",
  "Files and output",
] as const;

/** One row of the table. */
export interface OptionSpec {
  readonly group: typeof OPTION_GROUPS[number];
  /** `path` and `text` are strings, a path not an empty one; a `flag` takes no value on the command line. */
  readonly kind: "integer" | "number" | "choice" | "path" | "text" | "flag";
  /** Range of a number. */
  readonly bounds?: Bounds;
  /** Values of a choice. */
  readonly choices?: readonly string[];
  /** A letter that stands for the flag, after one dash. */
  readonly short?: string;
  /** What stands for the value in help. */
  readonly placeholder?: string;
  readonly description: string;
  /** What happens without the option, as help says it; a command may have a default of its own. */
  readonly default?: string;
  /** Whether tactics.json may not set it. */
  readonly flagOnly?: true;
}

/** A default that recipes may set differently. */
export function byRecipe(name: keyof typeof RECIPES.fast.train | keyof typeof RECIPES.fast.model): string {
  const [fast, reference] = [RECIPES.fast, RECIPES.reference].map((recipe) =>
    String({ ...recipe.model, ...recipe.train }[name])
  );
  return fast === reference ? fast! : `${fast}; recipe reference: ${reference}`;
}
