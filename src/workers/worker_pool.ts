/** Workers (answer_in_order.ts), seen by who asks. When one stops, all do, and what was asked fails. */
import { CheckpointError, DamagedError, DataError, DeviceError } from "../errors.ts";
import type { WorkerReply } from "./answer_in_order.ts";

/** What was asked and waits for its answer. */
interface Waiting {
  readonly request: unknown;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

interface Member {
  readonly worker: Worker;
  /** Posted to it, the oldest first. */
  readonly posted: Waiting[];
}

/** Workers of one module; `Answers` has a key for each kind of request. */
export class WorkerPool<Request extends { readonly kind: keyof Answers }, Answers> implements Disposable {
  readonly #members: readonly Member[];
  /** For whoever is free next. */
  readonly #jobs: Waiting[] = [];
  readonly #failed: () => void;
  /** Why the workers were stopped; null while they run. */
  #failure: Error | null = null;

  /** Start workers of a module, by its resolved address; `failed` is called when they are stopped. */
  constructor(module: string, { workers, failed = () => {} }: { workers: number; failed?: () => void }) {
    this.#failed = failed;
    this.#members = Array.from({ length: workers }, () => this.#start(module));
  }

  get size(): number {
    return this.#members.length;
  }

  /** Ask one worker, by its number. */
  ask<R extends Request>(worker: number, request: R): Promise<Answers[R["kind"]]> {
    return this.#wait(request, (waiting) => this.#post(this.#members[worker]!, waiting));
  }

  /** Ask the first worker that has nothing to do. */
  askFree<R extends Request>(request: R): Promise<Answers[R["kind"]]> {
    return this.#wait(request, (waiting) => {
      this.#jobs.push(waiting);
      const free = this.#members.find(({ posted }) => posted.length === 0);
      if (free !== undefined) this.#next(free);
    });
  }

  /** Stops the workers; what was asked and not answered fails. */
  [Symbol.dispose](): void {
    this.#fail(new Error("the pool was closed"));
  }

  #start(module: string): Member {
    const member: Member = { worker: new Worker(module, { type: "module" }), posted: [] };
    member.worker.onmessage = ({ data }: MessageEvent<WorkerReply>): void => {
      const waiting = member.posted.shift();
      if (data.ok) waiting?.resolve(data.value);
      else waiting?.reject(errorOf(data));
      if (member.posted.length === 0) this.#next(member);
    };
    member.worker.onerror = (event): void => {
      event.preventDefault();
      this.#fail(new Error(`a worker stopped: ${event.message}`));
    };
    return member;
  }

  #wait<A>(request: Request, put: (waiting: Waiting) => void): Promise<A> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#failure !== null) reject(this.#failure);
      else put({ request, resolve, reject });
    }) as Promise<A>;
  }

  #post({ worker, posted }: Member, waiting: Waiting): void {
    posted.push(waiting);
    worker.postMessage(waiting.request);
  }

  #next(free: Member): void {
    const job = this.#jobs.shift();
    if (job !== undefined) this.#post(free, job);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#failed();
    for (const { worker, posted } of this.#members) {
      worker.terminate();
      for (const { reject } of posted.splice(0)) reject(error);
    }
    for (const { reject } of this.#jobs.splice(0)) reject(error);
  }
}

const CLASSES = [CheckpointError, DamagedError, DeviceError] as const;

function errorOf({ error, name, isUsage, hint }: WorkerReply & { ok: false }): Error {
  if (!isUsage) return error;
  const ErrorClass = CLASSES.find((known) => known.name === name) ?? DataError;
  return new ErrorClass(error.message, { cause: error, ...(hint === undefined ? {} : { hint }) });
}
