/** The refusal of a run that does not fit: what it says, and that what it proposes fits. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../../src/config.ts";
import { UsageError } from "../../src/errors.ts";
import { formatBytes } from "../../src/text_format.ts";
import { checkHostMemory, checkMemory, estimateMemory } from "../../src/train/memory.ts";

const MODEL = { ...DEFAULT_MODEL_CONFIG, vocabSize: 4096 };
const TRAIN = { ...DEFAULT_TRAIN_CONFIG, batchSize: 64 };

Deno.test("checkMemory() accepts what fits exactly", () => {
  const { totalBytes } = estimateMemory(MODEL, TRAIN, 2);
  checkMemory(MODEL, TRAIN, 2, totalBytes);
  assertThrows(() => checkMemory(MODEL, TRAIN, 2, totalBytes - 1), UsageError);
});

Deno.test("checkMemory() names the memory and the largest batch size that fits", () => {
  const { totalBytes } = estimateMemory(MODEL, { ...TRAIN, batchSize: 20 }, 2);
  const available = totalBytes + 1;
  const error = assertThrows(() => checkMemory(MODEL, TRAIN, 2, available), UsageError);
  const needed = formatBytes(estimateMemory(MODEL, TRAIN, 2).totalBytes);
  assertEquals(
    error.message,
    `Not enough memory for a batch of 64: about ${needed} are needed with 2 workers, ` +
      `${formatBytes(available)} are available`,
  );
  const batchSize = Number(/--batch-size (\d+)/.exec(error.hint!)![1]);
  assertEquals(error.hint, `The largest batch size that fits is ${batchSize}: --batch-size ${batchSize}.`);
  assert(batchSize >= 20);
  checkMemory(MODEL, { ...TRAIN, batchSize }, 2, available);
  assertThrows(() => checkMemory(MODEL, { ...TRAIN, batchSize: batchSize + 1 }, 2, available), UsageError);
});

Deno.test("checkMemory() says so when no batch size fits", () => {
  const error = assertThrows(() => checkMemory(MODEL, TRAIN, 2, 1e6), UsageError, "1.00 MB are available");
  assertEquals(
    error.hint,
    "No batch size fits. Use fewer workers (--workers 1), or a smaller model or context.",
  );
});

Deno.test("checkMemory() knows how much one WebAssembly instance can address", () => {
  const wide = { ...MODEL, contextLength: 1 << 14, dModel: 2048, dMlp: 8192, nLayers: 24 };
  const error = assertThrows(() => checkMemory(wide, TRAIN, 1, Infinity), UsageError);
  assertStringIncludes(error.message, "WebAssembly addresses 4.29 GB");
});

Deno.test("checkMemory() answers at once for absurd batches, which take memory too", () => {
  const train = { ...TRAIN, batchSize: 1 << 20 };
  const error = assertThrows(() => checkMemory(MODEL, train, 2, 4e9), UsageError);
  assertStringIncludes(error.hint!, "--batch-size ");
});

Deno.test("checkHostMemory() refuses a model that a GPU may hold, but not the computer's memory", () => {
  const large = { ...MODEL, dModel: 4096, dMlp: 16384, nLayers: 24 };
  const error = assertThrows(() => checkHostMemory(large, 16e9), UsageError, "16.0 GB are available");
  assertStringIncludes(error.hint!, "smaller model");
  checkHostMemory(MODEL, 1e9);
});

Deno.test("estimateMemory() grows with the batch, the workers and the model", () => {
  const total = (batchSize: number, workers: number, dModel: number): number =>
    estimateMemory({ ...MODEL, dModel }, { ...TRAIN, batchSize }, workers).totalBytes;
  assert(total(16, 1, 256) < total(32, 1, 256));
  assert(total(32, 1, 256) < total(32, 2, 256));
  assert(total(32, 1, 256) < total(32, 1, 512));
});

Deno.test("estimateMemory() lies a little above measured peaks, a checkpoint's writing included", () => {
  const train = { ...TRAIN, batchSize: 32 };
  const wide = { ...MODEL, dModel: 384, dMlp: 1536 };
  for (
    const [model, workers, peakBytes] of [[MODEL, 1, 514e6], [MODEL, 2, 777e6], [wide, 2, 1376e6]] as const
  ) {
    const { totalBytes } = estimateMemory(model, train, workers);
    assert(totalBytes > peakBytes && totalBytes < 1.12 * peakBytes, `${totalBytes} for ${peakBytes}`);
  }
});
