// JSON-RPC 2.0 as the Language Server Protocol uses it: requests that may be cancelled, their answers, and
// notifications, in the order in which they come. A message that is none, an unknown method and parameters
// that do not fit get the error that the protocol has for them. Not how messages are cut from bytes:
// framing.ts. (vscode-jsonrpc, the client in our tests, is not used here: docs/log.md says why.)
import { isRecord } from "../../io/mod.ts";
import { UsageError } from "../../errors.ts";
import type { Incoming } from "./framing.ts";

/** The protocol's error codes, of those that are used. */
export const CODE = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  notInitialized: -32002,
  requestCancelled: -32800,
  contentModified: -32801,
  requestFailed: -32803,
} as const;

/** An answer that is an error. */
export class ResponseError extends Error {
  override name = "ResponseError";
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

export type Params = Readonly<Record<string, unknown>>;

/** What is done with what comes. An error that is thrown becomes the answer. */
export interface Handlers {
  readonly requests: Readonly<Record<string, (params: Params, signal: AbortSignal) => unknown>>;
  readonly notifications: Readonly<Record<string, (params: Params) => void>>;
  /** Refuses what may not come now. */
  admit?(method: string, kind: "request" | "notification"): void;
  /** Told what cannot be answered. */
  log(message: string): void;
}

/** Requests that may be at work; an editor has a few. */
const MAX_RUNNING = 256;

type Id = number | string;

/** One side of a connection. */
export class JsonRpcPeer {
  readonly #running = new Map<Id, AbortController>();
  readonly #asked = new Map<Id, PromiseWithResolvers<unknown>>();
  readonly #send: (message: object) => void;
  readonly #handlers: Handlers;
  #lastId = 0;

  constructor(send: (message: object) => void, handlers: Handlers) {
    [this.#send, this.#handlers] = [send, handlers];
  }

  /** Take a message: begin to answer it, or do what it says. */
  receive(incoming: Incoming): void {
    if (incoming.kind === "unreadable") return this.#refuse(null, CODE.parseError, incoming.reason);
    const { value } = incoming;
    if (!isRecord(value) || value.jsonrpc !== "2.0") {
      return this.#refuse(null, CODE.invalidRequest, "a message is an object of JSON-RPC 2.0");
    }
    const { id, method, params = {} } = value;
    if (method === undefined && id !== undefined) return this.#settle(value);
    if (typeof method !== "string" || id !== undefined && !isId(id)) {
      return this.#refuse(isId(id) ? id : null, CODE.invalidRequest, "a message has a method, or no fit id");
    }
    if (id === undefined) return this.#notified(method, params);
    if (!isRecord(params)) {
      return this.#refuse(id, CODE.invalidParams, `"${method}" takes parameters by name`);
    }
    this.#answer(id, method, params);
  }

  /** Say something that needs no answer. */
  notify(method: string, params: object): void {
    this.#send({ jsonrpc: "2.0", method, params });
  }

  /** Ask the other side. @throws {ResponseError} that it answers with */
  request(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#asked.set(id, answer);
    this.#send({ jsonrpc: "2.0", id, method, params });
    return answer.promise;
  }

  /** Cancel all that is at work, and what was asked. */
  close(): void {
    for (const running of this.#running.values()) running.abort(cancelled());
    for (const { promise, reject } of this.#asked.values()) {
      promise.catch(() => {});
      reject(cancelled());
    }
    this.#asked.clear();
  }

  async #answer(id: Id, method: string, params: Params): Promise<void> {
    const { requests, admit } = this.#handlers;
    const running = new AbortController();
    try {
      admit?.(method, "request");
      if (!Object.hasOwn(requests, method)) {
        throw new ResponseError(CODE.methodNotFound, `there is no method "${method.slice(0, 100)}"`);
      }
      if (this.#running.has(id)) throw new ResponseError(CODE.invalidRequest, `request ${id} is at work`);
      if (this.#running.size >= MAX_RUNNING) {
        throw new ResponseError(CODE.requestFailed, `${MAX_RUNNING} requests are at work`);
      }
      this.#running.set(id, running);
      const result = await requests[method]!(params, running.signal) ?? null;
      this.#send({ jsonrpc: "2.0", id, result });
    } catch (error) {
      const { code, message } = running.signal.aborted ? cancelled() : this.#asResponse(error, method);
      this.#refuse(id, code, message);
    } finally {
      if (this.#running.get(id) === running) this.#running.delete(id);
    }
  }

  #notified(method: string, params: unknown): void {
    const { notifications, admit, log } = this.#handlers;
    if (method === "$/cancelRequest") {
      const running = isRecord(params) && isId(params.id) ? this.#running.get(params.id) : undefined;
      return running?.abort(cancelled());
    }
    try {
      admit?.(method, "notification");
      // What begins with "$/" may be ignored, and what is unknown has nobody to be told.
      if (Object.hasOwn(notifications, method)) notifications[method]!(isRecord(params) ? params : {});
    } catch (error) {
      log(`${method}: ${this.#asResponse(error, method).message}`);
    }
  }

  /** An answer to what was asked. */
  #settle({ id, result, error }: Params): void {
    const answer = isId(id) ? this.#asked.get(id) : undefined;
    if (answer === undefined) return this.#handlers.log("an answer came to nothing that was asked");
    this.#asked.delete(id as Id);
    if (error === undefined) return answer.resolve(result);
    const { code, message } = isRecord(error) ? error : {};
    answer.reject(new ResponseError(Number(code), String(message).slice(0, 200)));
  }

  #refuse(id: Id | null, code: number, message: string): void {
    this.#send({ jsonrpc: "2.0", id, error: { code, message } });
  }

  /** What a failure is to the other side; a fault of the program is told on this one, too. */
  #asResponse(error: unknown, method: string): ResponseError {
    if (error instanceof ResponseError) return error;
    if (error instanceof DOMException && error.name === "AbortError") return cancelled();
    const { message } = error as Error;
    if (error instanceof UsageError) return new ResponseError(CODE.requestFailed, message);
    this.#handlers.log(`"${method}" failed: ${(error as Error).stack ?? message}`);
    return new ResponseError(CODE.internalError, `"${method}" failed: ${message}`);
  }
}

function isId(value: unknown): value is Id {
  return typeof value === "string" || typeof value === "number";
}

function cancelled(): ResponseError {
  return new ResponseError(CODE.requestCancelled, "the request was cancelled");
}
