/**
 * Where the GPU's time goes: begin and end of every dispatch by timestamp queries. Each dispatch then has a
 * pass of its own, so that the whole takes longer than without; the dispatches' own times are right.
 */
import type { GpuDevice } from "../src/backend/webgpu/device.ts";
import type { WebGpuBackend } from "../src/backend/webgpu/mod.ts";
import { DISPATCHES, type DispatchTimer } from "../src/backend/webgpu/queue.ts";

/** What one kernel took. */
export interface KernelTime {
  readonly name: string;
  calls: number;
  /** On the device, all calls together. */
  gpuMs: number;
}

const QUERY_BYTES = 8;

/**
 * Run `work`, and wait for all that it gives the queue.
 *
 * @returns the time of each kernel on the device, the longest first; null where the device has no timestamp
 *   queries
 */
export async function profileKernels(
  { device, queue }: WebGpuBackend,
  work: () => Promise<void>,
): Promise<KernelTime[] | null> {
  if (!device.features.has("timestamp-query")) {
    await work();
    return null;
  }
  queue.submit();
  using profile = new Profile(device, DISPATCHES);
  queue.timer = profile;
  try {
    await work();
    queue.submit();
  } finally {
    queue.timer = null;
  }
  return await profile.finish();
}

/** Times of all dispatches since it was made. */
class Profile implements DispatchTimer, Disposable {
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  #names: string[] = [];
  readonly #times = new Map<string, KernelTime>();
  readonly #underWay: Promise<void>[] = [];

  /** @param dispatches of one submission at most, on a device with timestamp queries */
  constructor(readonly gpu: GpuDevice, dispatches: number) {
    this.#queries = gpu.device.createQuerySet({ type: "timestamp", count: 2 * dispatches });
    this.#resolved = gpu.device.createBuffer({
      size: 2 * dispatches * QUERY_BYTES,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
  }

  pass(name: string): GPUComputePassDescriptor {
    const end = 2 * this.#names.push(name) - 1;
    const times = { beginningOfPassWriteIndex: end - 1, endOfPassWriteIndex: end };
    return { timestampWrites: { querySet: this.#queries, ...times } };
  }

  resolve(encoder: GPUCommandEncoder): () => void {
    const names = this.#names;
    if (names.length === 0) return () => {};
    this.#names = [];
    const bytes = 2 * names.length * QUERY_BYTES;
    const buffer = this.gpu.device.createBuffer({
      size: bytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.resolveQuerySet(this.#queries, 0, 2 * names.length, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, buffer, 0, bytes);
    return () => {
      const collected = this.#collect(names, buffer);
      collected.catch(() => {}); // finish() throws it
      this.#underWay.push(collected);
    };
  }

  /** All times, the longest first, when the device has done everything. */
  async finish(): Promise<KernelTime[]> {
    await Promise.all(this.#underWay);
    return [...this.#times.values()].sort((a, b) => b.gpuMs - a.gpuMs);
  }

  [Symbol.dispose](): void {
    this.#queries.destroy();
    this.#resolved.destroy();
  }

  async #collect(names: readonly string[], buffer: GPUBuffer): Promise<void> {
    try {
      await buffer.mapAsync(GPUMapMode.READ);
    } catch (cause) {
      throw await this.gpu.failure(cause as Error);
    }
    const nanoseconds = new BigUint64Array(buffer.getMappedRange());
    for (const [i, name] of names.entries()) {
      const time = this.#times.get(name) ?? { name, calls: 0, gpuMs: 0 };
      time.calls++;
      time.gpuMs += Number(nanoseconds[2 * i + 1]! - nanoseconds[2 * i]!) / 1e6;
      this.#times.set(name, time);
    }
    buffer.unmap();
    buffer.destroy();
  }
}
