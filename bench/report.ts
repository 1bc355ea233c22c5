/** The bench's tables, from its record. */
import type { KernelTime } from "./gpu_profile.ts";
import type { GpuSteps } from "./gpu.ts";
import type { BenchRecord, GpuRecord } from "./record.ts";
import { waitTable } from "./waits.ts";

/** The longest ones. */
const SHOWN_KERNELS = 15;

/** The whole report as text. */
export function report(record: BenchRecord): string {
  const { rows } = record;
  const operations = operationTable(
    record,
    `${rows} rows, one core (best time; share of the peak beside it, median`,
  );
  const tables = [
    machine(record),
    operations,
    profileTable(record),
    stepTable(record),
    waitTable(record.waits),
  ];
  return tables.join("\n\n");
}

/** The report of a GPU. */
export function gpuReport(record: GpuRecord): string {
  const { machine, backend, peakGigaflops, data, rows, steps, halfSteps } = record;
  return [
    `${backend}; Deno ${machine.deno} on ${machine.processor}; peak ${
      peakGigaflops.toFixed(1)
    } GFLOP/s (multiply-adds in registers); batches of ${data}`,
    operationTable(record, `${rows} rows (best time; share of the peak`),
    ...steps.kernels === null ? [] : [kernelTable(steps.kernels)],
    gpuStepText("Whole steps", record, steps),
    ...halfSteps === null ? [] : [gpuStepText("The same with activations stored as f16", record, halfSteps)],
  ].join("\n\n");
}

function gpuStepText(what: string, record: GpuRecord, steps: GpuSteps): string {
  const { tokensPerStep, tokensPerSecond, stepMs, traffic, reservedBytes } = steps;
  const gigaflops = tokensPerSecond * record.flopsPerToken / 1e9;
  const inUnits = (bytes: number, unit: number): string => (bytes / unit).toFixed(1);
  return [
    `${what}, ${tokensPerStep.toFixed(0)} tokens each: ${tokensPerSecond.toFixed(0)} tokens/s, ${
      stepMs.toFixed(0)
    } ms a step, ${gigaflops.toFixed(1)} GFLOP/s,${percent(gigaflops / record.peakGigaflops)} of the peak`,
    `  over the bus in a step: ${inUnits(traffic.writtenBytes, 1e3)} kB up, ${
      inUnits(traffic.readBytes, 1e3)
    } kB down; ${traffic.dispatches.toFixed(0)} kernels in ${traffic.submissions.toFixed(0)} submissions`,
    `  memory of the GPU: ${inUnits(reservedBytes, 1e6)} MB; tensors that a step's kernels are given: ${
      inUnits(traffic.touchedBytes, 1e6)
    } MB`,
  ].join("\n");
}

function kernelTable(kernels: readonly KernelTime[]): string {
  const totalMs = kernels.reduce((sum, { gpuMs }) => sum + gpuMs, 0);
  return [
    "Kernels of a step, by the GPU's clock:",
    ...kernels.slice(0, SHOWN_KERNELS).map(({ name, calls, gpuMs }) =>
      `${name.padEnd(64)}${gpuMs.toFixed(2).padStart(9)} ms ${`x${calls}`.padStart(6)} ${
        percent(gpuMs / totalMs)
      }`
    ),
    `all: ${totalMs.toFixed(2)} ms`,
  ].join("\n");
}

function machine({ machine, peakGigaflops, backend, data }: BenchRecord): string {
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.os}, Deno ${machine.deno} (V8 ${machine.v8})`,
    `${backend}; peak ${peakGigaflops.toFixed(1)} GFLOP/s a core; batches of ${data}`,
  ].join("\n");
}

function operationTable({ operations }: Pick<BenchRecord, "operations">, what: string): string {
  const stepMs = operations.reduce((sum, { ms, count }) => sum + ms * count, 0);
  const lines = operations.map(({ name, ms, count, gigaflops, peakShare, gigabytes }) => {
    const speed = gigaflops === null
      ? `${gigabytes!.toFixed(1).padStart(7)} GB/s   ${" ".repeat(6)}`
      : `${gigaflops.toFixed(1).padStart(7)} GFLOP/s${percent(peakShare!)}`;
    return `${name.padEnd(34)}${ms.toFixed(3).padStart(9)} ms x${String(count).padStart(4)} ${speed} ${
      percent(ms * count / stepMs)
    }`;
  });
  return [
    `Operations at ${what}; share of the step):`,
    ...lines,
    `sum of a step's operations: ${stepMs.toFixed(0)} ms`,
  ].join("\n");
}

function profileTable({ profile }: BenchRecord): string {
  const { wallMs, steps, tokens, operations, betweenMs } = profile;
  const line = (name: string, ms: number, calls = ""): string =>
    `${name.padEnd(34)}${(ms / steps).toFixed(1).padStart(9)} ms ${calls.padStart(6)} ${
      percent(ms / wallMs)
    }`;
  return [
    `Profile of a step, one core (${(tokens / steps).toFixed(0)} tokens):`,
    ...operations.map(({ name, ms, calls }) => line(name, ms, `x${Math.round(calls / steps)}`)),
    line("between operations", betweenMs),
    line("wall clock", wallMs),
    `share of the peak, measured between the operations: ${percent(profile.peakShare)}`,
  ].join("\n");
}

function stepTable({ steps, profile, peakBytes }: BenchRecord): string {
  const [one] = steps;
  const lines = steps.map(({ workers, stepMs, cpuMs, tokensPerSecond, phases, imbalance }) => {
    // All workers together do the work of one: what they lose of the peak beside that is what scaling loses.
    const share = profile.peakShare * tokensPerSecond / one!.tokensPerSecond / workers;
    const parts = Object.entries(phases).map(([name, ms]) => `${name} ${(100 * ms / stepMs).toFixed(1)} %`);
    return [
      `${workers} worker${workers > 1 ? "s" : ""}: ${tokensPerSecond.toFixed(0)} tokens/s, ${
        stepMs.toFixed(0)
      } ms a step,${percent(share)} of the peak, x${(tokensPerSecond / one!.tokensPerSecond).toFixed(2)}`,
      `  processor time ${cpuMs.toFixed(0)} ms: x${
        (workers * one!.cpuMs / cpuMs).toFixed(2)
      } without waiting and other programs; slowest worker's gradients ${imbalance.toFixed(3)} of the mean`,
      `  ${parts.join(", ")}`,
    ].join("\n");
  });
  const memory = peakBytes === null
    ? []
    : [`peak memory, with a checkpoint: ${(peakBytes / 1e6).toFixed(0)} MB`];
  return ["Whole steps:", ...lines, ...memory].join("\n");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(6)} %`;
}
