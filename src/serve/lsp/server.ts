// `tactics lsp`: what an editor gets. On a goal's lines it offers to search for lines that the prover
// verifies ("suggest a step here"), which come as an edit, and to show what the model thinks likely. Either
// works in the middle of an edit: texts need not parse, nor be saved. Not how messages travel (framing.ts,
// json_rpc.ts), nor where lines come from (../assistant.ts).
import { VERSION } from "../../version.ts";
import type { LineEdit, ProveResult } from "../../prove/mod.ts";
import type { Assistant, Place } from "../assistant.ts";
import { isRecord } from "../../io/mod.ts";
import { Queue } from "../queue.ts";
import { Documents, type OpenText } from "./documents.ts";
import { workspaceEdit } from "./edits.ts";
import { frame, readMessages } from "./framing.ts";
import { CODE, JsonRpcPeer, type Params, ResponseError } from "./json_rpc.ts";
import { countAt, rangeAt, recordAt, recordsAt, textAt } from "./params.ts";
import { ProgressTokens } from "./progress.ts";

export interface LanguageServerOptions {
  readonly input: ReadableStream<Uint8Array>;
  /** Takes messages, framed. */
  readonly write: (text: string) => void;
  readonly assistant: Assistant;
  /** Of a search for lines. */
  readonly seconds: number;
  /** Takes what is no matter of the protocol. */
  readonly log: (message: string) => void;
  /** Ends the server. */
  readonly signal?: AbortSignal;
}

/** Serve an editor until it leaves. @returns whether it did so in order: `shutdown`, then `exit` */
export async function serveEditor(options: LanguageServerOptions): Promise<boolean> {
  const server = new LanguageServer(options);
  const messages = readMessages(options.input);
  const stopped = new Promise<null>((resolve) =>
    options.signal?.addEventListener("abort", () => resolve(null))
  );
  try {
    while (!server.isOver) {
      const next = await Promise.race([messages.next(), stopped]);
      if (next === null || next.done) break;
      server.peer.receive(next.value);
    }
  } finally {
    server.peer.close();
  }
  return server.state === "shut down";
}

/** What the protocol calls commands. */
const PROVE = "tactics.prove";
const SUGGEST = "tactics.suggest";
/** Likely lines that are offered in a message. */
const SHOWN_LINES = 5;

class LanguageServer {
  readonly peer: JsonRpcPeer;
  state: "new" | "ready" | "shut down" = "new";
  isOver = false;
  readonly #options: LanguageServerOptions;
  readonly #documents = new Documents();
  readonly #progress: ProgressTokens;
  readonly #searches = new Queue(4);
  /** What the editor says that it can do. */
  #abilities = abilitiesOf({});

  constructor(options: LanguageServerOptions) {
    this.#options = options;
    this.peer = new JsonRpcPeer((message) => options.write(frame(message)), {
      log: options.log,
      admit: (method, kind) => this.#admit(method, kind),
      requests: {
        "initialize": (params) => this.#initialize(params),
        "shutdown": () => this.#shutDown(),
        "textDocument/codeAction": (params) => this.#codeActions(params),
        "workspace/executeCommand": (params, signal) => this.#execute(params, signal),
      },
      notifications: {
        "exit": () => this.#exit(),
        "textDocument/didOpen": (params) => this.#documents.open(params),
        "textDocument/didChange": (params) => this.#documents.change(params),
        "textDocument/didClose": (params) => this.#documents.close(params),
        "window/workDoneProgress/cancel": (params) => this.#progress.cancel(params),
      },
    });
    this.#progress = new ProgressTokens(this.peer);
  }

  #admit(method: string, kind: "request" | "notification"): void {
    if (method === "exit" || this.state === "ready" && method !== "initialize") return;
    if (this.state === "new") {
      if (method === "initialize" && kind === "request") return;
      throw new ResponseError(CODE.notInitialized, "the first request is initialize");
    }
    throw new ResponseError(CODE.invalidRequest, `${method} may not come now`);
  }

  #initialize(params: Params): object {
    this.#abilities = abilitiesOf(params);
    this.state = "ready";
    return {
      capabilities: {
        positionEncoding: "utf-16",
        textDocumentSync: { openClose: true, change: 2 },
        codeActionProvider: { codeActionKinds: ["quickfix"] },
        executeCommandProvider: { commands: [PROVE, SUGGEST], workDoneProgress: true },
      },
      serverInfo: { name: "tactics", version: VERSION },
    };
  }

  #shutDown(): null {
    this.state = "shut down";
    this.#progress.cancelAll();
    return null;
  }

  #exit(): void {
    this.isOver = true;
  }

  /** What is offered at a place; finding it takes no model. */
  #codeActions(params: Params): object[] {
    const uri = textAt(recordAt(params, "textDocument"), "uri");
    const { start, end } = rangeAt(params, "range");
    const context = recordAt(params, "context");
    const { only } = context;
    const isWanted = !Array.isArray(only) || only.some((kind) => kind === "" || kind === "quickfix");
    if (!isWanted) return [];
    const text = this.#documents.get(uri);
    const line = [start.line, end.line].find((line) => this.#goalAt(text, line) !== undefined);
    if (line === undefined) return [];
    const diagnostics = recordsAt(context, "diagnostics").filter((diagnostic) => {
      const range = rangeAt(diagnostic, "range");
      return range.start.line <= line && line <= range.end.line;
    });
    const about = { kind: "quickfix", ...diagnostics.length > 0 && { diagnostics, isPreferred: true } };
    const place = { uri, line };
    // Commands, not edits that are asked for later: their progress is shown, and they can be cancelled.
    const title = "tactics: suggest a step here";
    const prove = { ...about, title, command: { title, command: PROVE, arguments: [place] } };
    const show = "tactics: show likely lines, not checked";
    const likely = { title: show, command: SUGGEST, arguments: [{ ...place, show: true }] };
    return [prove, { kind: "quickfix", title: show, command: likely }];
  }

  async #execute(params: Params, signal: AbortSignal): Promise<unknown> {
    const command = textAt(params, "command");
    if (command !== PROVE && command !== SUGGEST) {
      throw new ResponseError(CODE.invalidParams, `there is no command "${command.slice(0, 100)}"`);
    }
    const [place] = recordsAt(params, "arguments");
    if (place === undefined) throw new ResponseError(CODE.invalidParams, '"arguments" must have a place');
    const text = this.#documents.get(textAt(place, "uri"));
    const line = countAt(place, "line");
    if (command === SUGGEST) return await this.#suggest(text, line, { show: place.show === true, signal });
    const found = await this.#prove(text, line, params, signal);
    const { outcome, edit } = found;
    return { ...found, applied: outcome === "proved" && edit !== null && await this.#apply(text, edit) };
  }

  /** Search for lines that are verified. @returns what was found, and the same for people */
  async #prove(text: OpenText, line: number, params: Params, signal: AbortSignal): Promise<Found> {
    const { assistant, seconds } = this.#options;
    const goal = this.#goalAt(text, line);
    if (goal === undefined) throw noGoal(line);
    const title = `Proving ${goal.name ?? `line ${goal.firstLine + 1}`}`;
    const creates = this.#abilities.progress;
    using shown = await this.#progress.begin(title, { params, creates, signal });
    using _turn = await this.#searches.enter(shown.signal);
    let trouble = "";
    for await (const event of assistant.prove(placeOf(text, line), { seconds, signal: shown.signal })) {
      if (event.kind === "progress") {
        const { tried, accepted, secondsLeft } = event;
        const left = `${Math.ceil(secondsLeft)} s left`;
        shown.report(`${tried} lines tried, ${accepted} proved, ${left}`, 100 * (1 - secondsLeft / seconds));
      } else if (event.kind === "trouble") trouble = ` ${event.message}`;
      else if (event.kind === "result") {
        const message = messageOf(event) + (event.outcome === "proved" ? "" : trouble);
        shown.report(message);
        return { ...event, message };
      }
    }
    throw new Error("internal: the search ended without a result");
  }

  /** Likely lines, as the answer; with `show`, in a message, and the one that is chosen is written down. */
  async #suggest(text: OpenText, line: number, { show, signal }: { show: boolean; signal: AbortSignal }) {
    const { assistant } = this.#options;
    const place = placeOf(text, line);
    if (this.#goalAt(text, line) === undefined) throw noGoal(line);
    const answer = await assistant.suggest(place, { signal });
    if (!show) return answer;
    const lines = answer.suggestions.map(({ line }) => line).filter((line) => line !== "");
    const message = lines.length === 0 ? "The model has no line for this." : "Likely lines, not checked:";
    const actions = lines.slice(0, SHOWN_LINES).map((title) => ({ title }));
    const chosen = await this.peer.request("window/showMessageRequest", { type: 3, message, actions });
    const { title } = isRecord(chosen) ? chosen : {};
    if (!lines.includes(String(title))) return answer;
    return { ...answer, applied: await this.#apply(text, assistant.editOf(place, [String(title)])) };
  }

  #goalAt(text: OpenText, line: number): ReturnType<Assistant["goalAt"]> {
    return this.#options.assistant.goalAt(placeOf(text, line));
  }

  /** Have the editor change the text, unless it has changed meanwhile. @returns whether it did */
  async #apply(text: OpenText, edit: LineEdit): Promise<boolean> {
    if (!this.#documents.isNow(text)) return false;
    const answer = await this.peer.request("workspace/applyEdit", {
      edit: workspaceEdit(text, edit, this.#abilities),
    });
    return isRecord(answer) && answer.applied === true;
  }
}

type Found = ProveResult & { readonly message: string };

/** A search's result for people. */
function messageOf({ outcome, lines, tried, accepted }: ProveResult): string {
  if (outcome === "proved") {
    return lines.length === 0 ? "It needs no line." : `Verified with ${lines.length} more.`;
  }
  const tries = `${tried} lines tried, ${accepted} proved`;
  return outcome === "stopped" ? `Stopped: ${tries}.` : `Nothing was found: ${tries}.`;
}

interface Abilities {
  /** It shows work that the server begins. */
  readonly progress: boolean;
  /** Its edits name the version that they are of. */
  readonly versions: boolean;
}

/** What an editor says that it can do, with `initialize`. */
function abilitiesOf(params: Params): Abilities {
  const at = (...names: readonly string[]): boolean =>
    names.reduce<unknown>((value, name) => isRecord(value) ? value[name] : undefined, params) === true;
  return {
    progress: at("capabilities", "window", "workDoneProgress"),
    versions: at("capabilities", "workspace", "workspaceEdit", "documentChanges"),
  };
}

function placeOf({ text, uri }: OpenText, line: number): Place {
  return { kind: "place", text, line, uri };
}

function noGoal(line: number): ResponseError {
  return new ResponseError(CODE.requestFailed, `line ${line + 1} belongs to no goal`);
}
