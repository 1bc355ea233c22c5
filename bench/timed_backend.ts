/**
 * A backend that measures another one: every operation's calls and time, by name and, for products, by the
 * weight's shape.
 */
import type { Backend, Tensor } from "../src/backend/mod.ts";

/** What one operation took. */
export interface OperationTime {
  readonly name: string;
  calls: number;
  ms: number;
}

/** A backend and its account. */
export interface TimedBackend {
  readonly backend: Backend;
  /** Everything since the last reset, in the order of first calls. */
  readonly times: () => OperationTime[];
  /** Begin a new account. */
  readonly reset: () => void;
}

/** Operations that take no time worth a line: places in memory only. */
const UNTIMED = new Set(["view", "scope", "allocateUninitialized"]);

/** Wrap a backend whose operations are done when they return; `between` runs after each, untimed. */
export function timeBackend(inner: Backend, between: () => void): TimedBackend {
  const account = new Map<string, OperationTime>();
  const timed = (operation: string, run: (...args: unknown[]) => unknown): typeof run => (...args) => {
    const name = label(operation, args);
    const started = performance.now();
    const result = run(...args);
    const ms = performance.now() - started;
    const entry = account.get(name) ?? { name, calls: 0, ms: 0 };
    entry.calls++;
    entry.ms += ms;
    account.set(name, entry);
    between();
    return result;
  };
  const backend = new Proxy(inner, {
    get(target, property): unknown {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      const bound = value.bind(target) as (...args: unknown[]) => unknown;
      return typeof property === "string" && !UNTIMED.has(property) ? timed(property, bound) : bound;
    },
  });
  return { backend, times: () => [...account.values()], reset: () => account.clear() };
}

/** Products of different shapes are different operations: "linearForward 768x256" by the weight (N, K). */
function label(operation: string, args: readonly unknown[]): string {
  if (!operation.startsWith("linear")) return operation;
  const weight = args[operation === "linearBackwardWeight" ? 0 : 2] as Tensor;
  return `${operation} ${weight.shape.join("x")}`;
}
