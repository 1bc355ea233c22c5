/** Everything that reads what somebody else may have made, with good inputs and the errors it may throw. */
import { parseCommandLine } from "../../src/cli/parse.ts";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { parseConfig } from "../../src/cli/config_file.ts";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG, readRecordedConfig } from "../../src/config.ts";
import { parseProofFile } from "../../src/corpus/proof_file.ts";
import { sampleCorpus } from "../../src/corpus/sample/mod.ts";
import { DamagedError, DataError, UsageError } from "../../src/errors.ts";
import { FILE_CHECKS, quantizesActivations, readModel, tokenizerSize } from "../../src/export/file_checks.ts";
import { gptGraph, graphForm } from "../../src/export/graph/gpt_graph.ts";
import { encodeModel } from "../../src/onnx/schema.ts";
import { parseExportedConfig } from "../../src/infer/exported_folder.ts";
import { decodeSafeTensors, decodeUtf8, encodeSafeTensors } from "../../src/io/mod.ts";
import { mendedMetrics } from "../../src/metrics/metrics_lines.ts";
import { curveSvg, runCurves } from "../../src/metrics/mod.ts";
import { initialParameters } from "../../src/model/parameters.ts";
import { parseGoal } from "../../src/prompt/mod.ts";
import { Tokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";

type ErrorClass = abstract new (...args: never[]) => Error;

/** A parser as it is attacked. */
export interface Parser {
  readonly name: string;
  /** Inputs that it takes. */
  readonly good: readonly Uint8Array[];
  /** What it may throw; anything else is a crash. */
  readonly errors: readonly ErrorClass[];
  /** Read an input, and use what came out. */
  parse(bytes: Uint8Array<ArrayBuffer>): void;
}

/** All of them. */
export function parsers(): Parser[] {
  const proofs = [...sampleCorpus({ files: 12 })].map(({ text }) => text);
  const tokenizer = trainTokenizer(proofs, { vocabularySize: 280, alphabet: "corpus" }).toJson();
  const sizes = { vocabSize: 6, contextLength: 4, dModel: 4, nLayers: 1, nHeads: 1, dMlp: 4 };
  const config = { ...DEFAULT_MODEL_CONFIG, ...sizes };
  const exported = {
    vocab_size: 300,
    context_length: 64,
    n_layers: 2,
    n_heads: 2,
    head_dim: 8,
    model_file: "onnx/model.onnx",
    other: ["text", null, { deep: [1.5, true] }],
  };
  return [
    {
      name: "safetensors",
      good: encodedTensors(),
      errors: [SyntaxError],
      parse: (bytes) => void decodeSafeTensors(bytes),
    },
    {
      name: "tokenizer.json",
      good: utf8(tokenizer, JSON.stringify(JSON.parse(tokenizer))),
      errors: [DataError],
      parse: (bytes) => {
        const found = Tokenizer.fromBytes(bytes, "tokenizer.json");
        found.decode(found.encode(proofs[0]!.slice(0, 80)));
        tokenizerSize(text(bytes));
      },
    },
    {
      name: "tactics.json",
      good: utf8(
        '{ "minutes": 30, "batchSize": 32, "learningRate": 1e-3 }',
        '{\n  "$schema": "x",\n  "recipe": "fast",\n  "renaming": 0.25,\n  "steps": 10, "dataDir": "a\\u0062"\n}',
      ),
      errors: [UsageError],
      parse: (bytes) => void parseConfig(text(bytes), "tactics.json"),
    },
    {
      name: "config.json",
      good: utf8(JSON.stringify(exported), JSON.stringify(exported, null, 2)),
      errors: [DamagedError],
      parse: (bytes) => void parseExportedConfig(text(bytes)),
    },
    {
      name: "configuration in a checkpoint",
      good: utf8(JSON.stringify({ ...config, ...DEFAULT_TRAIN_CONFIG, steps: 10 })),
      errors: [SyntaxError, TypeError, RangeError, UsageError],
      parse: (bytes) => {
        const found: unknown = JSON.parse(text(bytes));
        if (typeof found === "object" && found !== null) readRecordedConfig({ ...found });
      },
    },
    {
      name: "proof",
      good: utf8(...proofs),
      errors: [],
      parse: (bytes) => void parseProofFile("proof", bytes),
    },
    {
      name: "goal",
      good: utf8(...proofs),
      errors: [DataError],
      parse: (bytes) => void parseGoal(text(bytes)),
    },
    {
      name: "metrics.jsonl",
      good: utf8(METRICS),
      errors: [DataError],
      parse: (bytes) => {
        const read = new TextDecoder().decode(bytes);
        mendedMetrics(read, 3);
        const { evaluations: points, steps } = runCurves(read, "metrics.jsonl", () => {});
        const svg = curveSvg([{ name: "a", points, steps }]);
        if (/NaN|Infinity|undefined/.test(svg)) throw new Error("the picture has numbers that are none");
      },
    },
    {
      name: "model.onnx",
      good: (["standard", "ort"] as const).map((operators) => {
        const parameters = initialParameters(config, 1);
        return encodeModel(gptGraph({ config, parameters, ...graphForm({ operators }) }));
      }),
      errors: [DataError],
      parse: (bytes) => {
        const model = readModel(bytes);
        for (const [, check] of FILE_CHECKS) check(model);
        quantizesActivations(model);
      },
    },
    {
      name: "command line",
      good: utf8(
        "--batch-size=8\n--steps\n10\n--json\n--data-dir\nproofs",
        "--minutes\n1.5\n--recipe\nfast\n--gpu-storage=f16\n--seed\n7",
      ),
      errors: [UsageError],
      parse: (bytes) => {
        const train = COMMANDS.find(({ name }) => name === "train")!;
        parseCommandLine(new TextDecoder().decode(bytes).split("\n"), train, COMMANDS);
      },
    },
  ];
}

const METRICS = [
  { kind: "start", step: 0, steps: 9 },
  { kind: "step", step: 1, loss: 2.5, elapsedSeconds: 1 },
  { kind: "evaluation", step: 2, loss: 2, bitsPerByte: 1.5, elapsedSeconds: 3 },
  { kind: "start", step: 2, steps: 9 },
  { kind: "evaluation", step: 4, loss: 1, bitsPerByte: 0.75, elapsedSeconds: 6.25 },
].map((event) => `${JSON.stringify(event)}\n`).join("");

function encodedTensors(): Uint8Array[] {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const tensors = new Map([["weights", { shape: [2, 3], data }], ["none", {
    shape: [0],
    data: data.subarray(6),
  }]]);
  return [{ step: "12", config: '{"a":1}' }, {}].map((metadata) => {
    return new Uint8Array(encodeSafeTensors({ metadata, tensors }).flatMap((piece) => [...piece]));
  });
}

function utf8(...texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => new TextEncoder().encode(text));
}

/** As readTextBounded() does. */
function text(bytes: Uint8Array): string {
  return decodeUtf8(bytes, (reason) => new DamagedError(reason));
}
