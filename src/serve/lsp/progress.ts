// Work that the editor shows while it lasts ($/progress), under a token of the editor's or, where it can show
// such, one of ours; and that it may cancel.
import type { JsonRpcPeer, Params } from "./json_rpc.ts";

/** A piece of work that is shown, or is not where the editor cannot show it. */
export interface WorkProgress extends Disposable {
  /** Aborted when the person cancels it, or the request is cancelled. */
  readonly signal: AbortSignal;
  /** @param percentage from 0 to 100; never less than before */
  report(message: string, percentage: number): void;
  /** Shown as the work's last message. */
  end(message: string): void;
}

type Token = string | number;

export class ProgressTokens {
  readonly #working = new Map<Token, AbortController>();
  #made = 0;

  /** @param canCreate whether the editor shows work that it did not ask to be shown */
  constructor(readonly peer: JsonRpcPeer, readonly canCreate: () => boolean) {}

  /** Begin to show work that a request asked for; dispose of what comes back when it is over. */
  async begin(title: string, params: Params, signal: AbortSignal): Promise<WorkProgress> {
    const token = isToken(params.workDoneToken) ? params.workDoneToken : await this.#create();
    const cancelled = new AbortController();
    const say = (value: object): void => {
      if (token !== null) this.peer.notify("$/progress", { token, value });
    };
    if (token !== null) this.#working.set(token, cancelled);
    say({ kind: "begin", title, cancellable: true, percentage: 0 });
    let isOver = false;
    let shown = 0;
    const end = (message?: string): void => {
      if (isOver) return;
      isOver = true;
      if (token !== null) this.#working.delete(token);
      say({ kind: "end", ...message !== undefined && { message } });
    };
    return {
      signal: AbortSignal.any([signal, cancelled.signal]),
      report: (message, percentage) => {
        shown = Math.max(shown, Math.min(100, Math.round(percentage)));
        say({ kind: "report", message, percentage: shown });
      },
      end,
      [Symbol.dispose]: () => end(),
    };
  }

  /** `window/workDoneProgress/cancel` */
  cancel({ token }: Params): void {
    if (isToken(token)) this.#working.get(token)?.abort(new DOMException("cancelled", "AbortError"));
  }

  /** Cancel all that is shown. */
  cancelAll(): void {
    for (const token of this.#working.keys()) this.cancel({ token });
  }

  /** A token of ours; null where the editor cannot show it, or will not. */
  async #create(): Promise<Token | null> {
    if (!this.canCreate()) return null;
    const token = `tactics ${++this.#made}`;
    try {
      await this.peer.request("window/workDoneProgress/create", { token });
      return token;
    } catch {
      return null;
    }
  }
}

function isToken(value: unknown): value is Token {
  return typeof value === "string" || typeof value === "number";
}
