// The worker's side of supervise.ts: runs the command line, and says what it prints.
import { run } from "./main.ts";
import type { StreamName } from "./output.ts";
import { processTerminal } from "./terminal.ts";
import type { Phase, WorkerMessage, WorkerStart } from "./worker_messages.ts";

/** Characters that may wait to be written before the command waits, too, or drops what may be dropped. */
const MOST_PENDING = 1 << 20;

const abort = new AbortController();

self.onmessage = ({ data: start }: MessageEvent<WorkerStart>): void => {
  self.onmessage = () => abort.abort(new DOMException("interrupted", "AbortError"));
  runCommand(start).then((code) => say({ kind: "exit", code }));
};

function runCommand({ args, pending }: WorkerStart): Promise<number> {
  const waiting = new Int32Array(pending);
  let dropped = 0;
  const write = (kind: StreamName, text: string, mayDrop: boolean): void => {
    for (;;) {
      const characters = Atomics.load(waiting, 0);
      if (characters < MOST_PENDING) break;
      if (mayDrop) return void dropped++;
      Atomics.wait(waiting, 0, characters);
    }
    if (dropped > 0) text = `(${dropped} messages were left out: nobody read them)\n${text}`;
    dropped = 0;
    Atomics.add(waiting, 0, text.length);
    say({ kind, text });
  };
  const terminal = processTerminal({
    writeOut: (text, mayDrop = false) => write("out", text, mayDrop),
    writeError: (text) => write("error", text, true),
    isUnread: () => Atomics.load(waiting, 1) === 1,
  });
  const onPhase = (phase: Phase): void => say({ kind: "phase", phase });
  const worker = import.meta.url;
  return run(args, { terminal, confined: true, signal: abort.signal, onPhase, worker });
}

function say(message: WorkerMessage): void {
  self.postMessage(message);
}
