/** transformers.js loads the hf folders and writes our own decoder's text. */
import { basename, dirname } from "@std/path";
import { END_TOKEN } from "../../src/config.ts";
import type { ExpectedText } from "./main.ts";

/** Not a literal in an import, so that neither the lock file nor the type check wants the package. */
const PACKAGE = "npm:@huggingface/transformers@4.3.1";

interface Tensor {
  readonly dims: readonly number[];
  tolist(): bigint[][];
}

interface Inputs extends Record<string, Tensor> {
  input_ids: Tensor;
}

interface Tokenizer {
  (text: string | readonly string[], options?: Record<string, unknown>): Inputs;
  decode(ids: readonly number[], options: Record<string, unknown>): string;
}

interface Model {
  generate(options: Record<string, unknown>): Promise<Tensor>;
}

interface TransformersJs {
  readonly env: Record<string, unknown>;
  readonly AutoTokenizer: { from_pretrained(name: string): Promise<Tokenizer> };
  readonly AutoModelForCausalLM: { from_pretrained(name: string): Promise<Model> };
}

/**
 * Check the folders hf and hf-int8 in `work`.
 *
 * @returns the number of failed checks; 0 where the package cannot be installed, which is said
 */
export async function checkTransformersJs(
  work: string,
  { expected, maxTokens }: { expected: readonly ExpectedText[]; maxTokens: number },
): Promise<number> {
  console.log(`\n${PACKAGE}`);
  let library: TransformersJs;
  try {
    library = await import(PACKAGE) as TransformersJs;
  } catch (error) {
    console.log(`SKIPPED: ${(error as Error).message}`);
    return 0;
  }
  library.env["allowRemoteModels"] = false;
  library.env["localModelPath"] = dirname(work);
  let failed = 0;
  const check = (name: string, good: boolean, detail: string): void => {
    if (!good) failed++;
    console.log(`${good ? "ok" : "FAILED"}  ${name}: ${detail}`);
  };
  for (const folder of ["hf", "hf-int8"]) {
    const name = `${basename(work)}/${folder}`;
    const tokenizer = await library.AutoTokenizer.from_pretrained(name);
    const model = await library.AutoModelForCausalLM.from_pretrained(name);
    const write = async (inputs: Inputs): Promise<string[]> => {
      const written = await model.generate({ ...inputs, max_new_tokens: maxTokens, do_sample: false });
      return written.tolist().map((row) => {
        const ids = row.slice(inputs.input_ids.dims[1]).map(Number);
        const end = ids.indexOf(END_TOKEN); // rows that have ended are written on until the last one ends
        return tokenizer.decode(end < 0 ? ids : ids.slice(0, end), { skip_special_tokens: true });
      });
    };
    const alone: string[] = [];
    for (const { goal } of expected) alone.push(...await write(tokenizer(goal)));
    const together = await write(tokenizer(expected.map(({ goal }) => goal), { padding: true }));
    for (const [way, texts] of Object.entries({ alone, "in a batch": together })) {
      const equal = texts.filter((text, i) => text === expected[i]!.text).length;
      // Rounded weights may prefer another token where two are nearly as likely.
      const enough = folder === "hf-int8" ? 1 : expected.length;
      check(`${folder}: our decoder's text, ${way}`, equal >= enough, `${equal} of ${expected.length}`);
    }
  }
  return failed;
}
