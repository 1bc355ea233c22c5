// The thread of a model in the page: computing here leaves the page free to scroll and type. One request at a
// time, one answer each.
/// <reference lib="dom" />
import { UsageError } from "../../errors.ts";
import type { LanguageModel, Suggestion, SuggestOptions } from "../../infer/mod.ts";
import { openModel } from "../../infer/open_model.ts";

/** What the page asks for. */
export interface SuggestRequest {
  /** Absolute address of an exported folder; loaded when it is another than before. */
  readonly folder: string;
  /** A proof file's text up to the line wanted. */
  readonly goal: string;
  /** How the lines are drawn. */
  readonly options: SuggestOptions;
}

/** What comes back; an error has been put into words for people. */
export type SuggestAnswer =
  | { readonly kind: "loading" }
  | { readonly kind: "suggestions"; readonly suggestions: Suggestion[]; readonly seconds: number }
  | { readonly kind: "error"; readonly message: string; readonly hint: string };

let folderLoaded = "";
let model: LanguageModel | null = null;

self.onmessage = async ({ data: { folder, goal, options } }: MessageEvent<SuggestRequest>) => {
  try {
    if (model === null || folder !== folderLoaded) {
      answer({ kind: "loading" });
      await model?.[Symbol.asyncDispose]();
      model = null;
      model = await openModel(folder);
      folderLoaded = folder;
    }
    const begun = performance.now();
    const suggestions = await model.suggest(goal, options);
    answer({ kind: "suggestions", suggestions, seconds: (performance.now() - begun) / 1000 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    answer({ kind: "error", message, hint: error instanceof UsageError ? error.hint ?? "" : "" });
  }
};

function answer(message: SuggestAnswer): void {
  self.postMessage(message);
}
