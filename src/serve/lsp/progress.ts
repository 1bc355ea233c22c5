// Work that the editor shows while it lasts ($/progress), under a token of the editor's or, where it can show
// such, one of ours; and that it may cancel.
import type { JsonRpcPeer, Params } from "./json_rpc.ts";

/** A piece of work that is shown, or is not where the editor cannot show it. Disposing ends it. */
export interface WorkProgress extends Disposable {
  /** Aborted when the person cancels it, or the request is cancelled. */
  readonly signal: AbortSignal;
  /** @param percentage from 0 to 100; without it, the work's last message */
  report(message: string, percentage?: number): void;
}

type Token = string | number;

/** So long an editor may take to say that it shows something; then the work begins unseen. */
const ANSWER_MS = 1000;

export class ProgressTokens {
  readonly #working = new Map<Token, AbortController>();
  #made = 0;

  constructor(readonly peer: JsonRpcPeer) {}

  /** Begin to show a request's work. @param creates whether the editor shows what it did not ask for */
  async begin(
    title: string,
    { params, creates, signal }: { params: Params; creates: boolean; signal: AbortSignal },
  ): Promise<WorkProgress> {
    const { workDoneToken } = params;
    const token = isToken(workDoneToken) ? workDoneToken : creates ? await this.#create() : null;
    const cancelled = new AbortController();
    const say = (value: object): void => {
      if (token !== null) this.peer.notify("$/progress", { token, value });
    };
    if (token !== null) this.#working.set(token, cancelled);
    say({ kind: "begin", title, cancellable: true, percentage: 0 });
    let last: string | undefined;
    return {
      signal: AbortSignal.any([signal, cancelled.signal]),
      report: (message, percentage) => {
        if (percentage === undefined) last = message;
        else say({ kind: "report", message, percentage: Math.max(0, Math.min(100, Math.round(percentage))) });
      },
      [Symbol.dispose]: () => {
        if (token !== null) this.#working.delete(token);
        say({ kind: "end", message: last });
      },
    };
  }

  /** `window/workDoneProgress/cancel`. */
  cancel({ token }: Params): void {
    if (isToken(token)) this.#working.get(token)?.abort(new DOMException("cancelled", "AbortError"));
  }

  /** Cancel all that is shown. */
  cancelAll(): void {
    for (const token of this.#working.keys()) this.cancel({ token });
  }

  /** A token of ours; null where the editor will not show it. */
  async #create(): Promise<Token | null> {
    const token = `tactics ${++this.#made}`;
    const late = Promise.withResolvers<null>();
    const clock = setTimeout(late.resolve, ANSWER_MS, null);
    const shown = this.peer.request("window/workDoneProgress/create", { token }).then(
      () => token,
      () => null,
    );
    return await Promise.race([shown, late.promise]).finally(() => clearTimeout(clock));
  }
}

function isToken(value: unknown): value is Token {
  return typeof value === "string" || typeof value === "number";
}
