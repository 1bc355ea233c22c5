// A thread, and from within it the one that started it. Under Deno it is a worker of node:worker_threads: its
// end is told, whatever the reason, and a full heap ends it alone, where a web worker closes without a word
// and takes the whole process with it. In a page it is a web worker. Deno looks into every message of
// node:worker_threads for ports, key by key, elements of typed arrays among them (2.9.6: 36 bytes of heap and
// some hundred nanoseconds each): so typed arrays travel as their buffers, which have no keys
// (packed_views.ts).

import { packViews, unpackViews } from "./packed_views.ts";

type NodeThreads = typeof import("node:worker_threads");

/** What a thread's heap may hold, in MiB; tensors lie elsewhere. */
const HEAP_MIB = 1024;

/** A thread that was started; it can be ended in whatever it does. */
export interface Thread {
  post(message: unknown): void;
  end(): void;
}

/** @param module its resolved address @param ended told when it stops, or cannot be understood any more */
export function startThread(
  module: string,
  { said, ended }: { said(message: unknown): void; ended(reason: string): void },
): Thread {
  const node = hasNodeThreads(module) ? nodeThreads() : undefined;
  const garbled = (): void => ended("a message could not be read");
  if (node === undefined) {
    const worker = new Worker(module, { type: "module" });
    worker.onmessage = ({ data }): void => said(data);
    worker.onmessageerror = garbled;
    worker.onerror = (event): void => {
      event.preventDefault();
      ended(event.message);
    };
    return { post: (message) => worker.postMessage(message), end: () => worker.terminate() };
  }
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MIB };
  const worker = new node.Worker(new URL(module), { resourceLimits });
  worker.on("message", (message) => said(unpackViews(message))).on("messageerror", garbled);
  worker.on("error", (error) => ended((error as Error).message)).on("exit", () => ended("it was closed"));
  return { post: (message) => worker.postMessage(packViews(message)), end: () => void worker.terminate() };
}

/** In a thread: who started it. @param said hears what it says */
export function listenToStarter(said: (message: unknown) => void): Pick<Thread, "post"> {
  const port = nodeThreads()?.parentPort;
  if (port) {
    Object.assign(globalThis, { self: globalThis }); // as in a web worker
    port.on("message", (message) => said(unpackViews(message)));
    return { post: (message) => port.postMessage(packViews(message)) };
  }
  self.onmessage = ({ data }: MessageEvent): void => said(data);
  return { post: (message) => self.postMessage(message) };
}

/** Not in a page; and a compiled program has its modules where only web workers are known to find them. */
function hasNodeThreads(module: string): boolean {
  return module.startsWith("file:") && typeof Deno !== "undefined" && !Deno.build.standalone;
}

/** Asked for in this way, a page's bundle has nothing of it. */
function nodeThreads(): NodeThreads | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): NodeThreads } };
  return process?.getBuiltinModule?.("node:worker_threads");
}
