/** How a thread can fail; what a promise is returned for needs an event loop that goes on. */

/** See {@linkcode endInFault}. */
export type FaultKind = "hang" | "wait" | "sleep" | "close" | "exit" | "throw" | "unhandled" | "heap";

/** Fail in this way. */
export function endInFault(kind: FaultKind): Promise<void> {
  switch (kind) {
    case "hang":
      for (;;);
    case "wait":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      break;
    case "sleep":
      break;
    case "close":
      globalThis.close();
      break;
    case "exit":
      return Deno.exit(3);
    case "throw":
      throw new Error("injected");
    case "unhandled":
      Promise.reject(new Error("injected"));
      break;
    case "heap":
      for (let all: unknown[] = [];; all = [all, Array.from({ length: 1000 }, () => ({}))]);
    default:
      return kind satisfies never;
  }
  return new Promise(() => {});
}
