// Workers (answer_in_order.ts), seen by who asks. When one stops, all do, and what was asked fails.
import { CheckpointError, DamagedError, DataError, DeviceError } from "../errors.ts";
import type { WorkerError, WorkerReply } from "./answer_in_order.ts";
import { startThread, type Thread } from "./thread.ts";
import { SILENCE_MS, Watchdog } from "./watchdog.ts";

interface Waiting {
  readonly request: unknown;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** What was posted to a thread, the oldest first. */
type Member = { readonly thread: Thread; readonly posted: Waiting[] };

/** Workers of one module; `Answers` has a key for each kind of request. */
export class WorkerPool<Request extends { readonly kind: keyof Answers }, Answers> implements Disposable {
  readonly #members: readonly Member[];
  /** For whoever is free next. */
  readonly #jobs: Waiting[] = [];
  readonly #failed: () => void;
  readonly #silenceMs: number;
  readonly #watchdog: Watchdog;
  /** Calls the watchdog while anything is asked. */
  #watch: ReturnType<typeof setInterval> | undefined;
  /** Why the workers were stopped; null while they run. */
  #failure: Error | null = null;

  // `module` is a resolved address. All are stopped, and `failed` is called, when one stops or gives no sign
  // for `silenceMs` with something to do.
  constructor(
    module: string,
    options: { workers: number; silenceMs?: number | undefined; failed?: () => void },
  ) {
    const { workers, silenceMs = SILENCE_MS, failed = (): void => {} } = options;
    this.#failed = failed;
    this.#silenceMs = silenceMs;
    this.#watchdog = new Watchdog(workers, silenceMs);
    this.#members = this.#watchdog.words.map((word, worker) => this.#start(module, worker, word));
  }

  get size(): number {
    return this.#members.length;
  }

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

  #start(module: string, worker: number, beats: Int32Array): Member {
    const posted: Waiting[] = [];
    const thread = startThread(module, {
      said: (message) => {
        const reply = message as WorkerReply;
        const waiting = posted.shift();
        if (reply.ok) waiting?.resolve(reply.value);
        else waiting?.reject(errorOf(reply));
        if (posted.length === 0) this.#next(member);
        if (this.#members.every(({ posted }) => posted.length === 0)) this.#stopWatch();
      },
      ended: (reason) => this.#lost(worker, `has stopped: ${reason}`),
    });
    const member: Member = { thread, posted };
    thread.post(beats);
    return member;
  }

  #wait<A>(request: Request, put: (waiting: Waiting) => void): Promise<A> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#failure !== null) reject(this.#failure);
      else put({ request, resolve, reject });
    }) as Promise<A>;
  }

  #post({ thread, posted }: Member, waiting: Waiting): void {
    posted.push(waiting);
    thread.post(waiting.request);
    this.#watch ??= setInterval(() => this.#look(), this.#watchdog.intervalMs);
  }

  #look(): void {
    const isBusy = (worker: number): boolean => this.#members[worker]!.posted.length > 0;
    const silent = this.#watchdog.look(performance.now(), isBusy);
    if (silent >= 0) this.#lost(silent, `gave no sign for ${this.#silenceMs / 1000} s`);
  }

  #stopWatch(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #lost(worker: number, what: string): void {
    this.#fail(new DeviceError(`worker ${worker + 1} of ${this.size} ${what}`));
  }

  #next(free: Member): void {
    const job = this.#jobs.shift();
    if (job !== undefined) this.#post(free, job);
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#stopWatch();
    this.#failed();
    for (const { thread, posted } of this.#members) {
      thread.end();
      for (const { reject } of posted.splice(0)) reject(error);
    }
    for (const { reject } of this.#jobs.splice(0)) reject(error);
  }
}

const CLASSES = [CheckpointError, DamagedError, DeviceError] as const;

function errorOf({ error, name, isUsage, hint }: WorkerError): Error {
  if (!isUsage) return error;
  const ErrorClass = CLASSES.find((known) => known.name === name) ?? DataError;
  return new ErrorClass(error.message, { cause: error, ...(hint === undefined ? {} : { hint }) });
}
