/**
 * The tokenizer's side of tokenizer_check.py: reads jobs as JSON lines from standard input, answers with a
 * line each.
 *
 *     { train?: { texts, vocabularySize, alphabet }, json?, encode: string[], decode: number[][] }
 *  -> { json, ids, literalIds, decoded, decodedAll } or { error }
 */
import { Tokenizer, trainTokenizer, type TrainTokenizerOptions } from "../../src/tokenizer/mod.ts";

interface Job {
  train?: TrainTokenizerOptions & { texts: string[] };
  json?: string;
  encode: string[];
  decode: number[][];
}

function answer(job: Job): unknown {
  const tokenizer = job.train ? trainTokenizer(job.train.texts, job.train) : Tokenizer.fromJson(job.json!);
  return {
    json: tokenizer.toJson(),
    ids: job.encode.map((text) => [...tokenizer.encode(text)]),
    literalIds: job.encode.map((text) => [...tokenizer.encode(text, { specialTokens: false })]),
    decoded: job.decode.map((ids) => tokenizer.decode(ids)),
    decodedAll: job.decode.map((ids) => tokenizer.decode(ids, { skipSpecialTokens: false })),
  };
}

function answerOrError(line: string): unknown {
  try {
    return answer(JSON.parse(line));
  } catch (error) {
    return { error: String(error) };
  }
}

const lines = (await new Response(Deno.stdin.readable).text()).trimEnd().split("\n");
const output = lines.map((line) => JSON.stringify(answerOrError(line))).join("\n") + "\n";
await new Response(output).body!.pipeTo(Deno.stdout.writable);
