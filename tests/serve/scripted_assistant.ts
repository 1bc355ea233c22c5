/** An assistant whose answers are written down: for tests of who asks, not of what is found. */
import { goalAtLine, parseModule } from "../../src/acorn/mod.ts";
import type { LineEdit, ProveEvent } from "../../src/prove/mod.ts";
import type { Answer, Assistant, Place, Question } from "../../src/serve/assistant.ts";

export class ScriptedAssistant implements Assistant {
  readonly asked: Question[] = [];
  /** Searches that were ended before their end. */
  stopped = 0;
  /** What a search waits for after its first event; nothing: it goes on. */
  hold: Promise<void> | null = null;

  /** @param lines what a search finds; null: nothing */
  constructor(readonly lines: readonly string[] | null = ["a + 0 = a"]) {}

  health(): Record<string, unknown> {
    return { model: "scripted" };
  }

  goalAt({ text, line }: Place): ReturnType<Assistant["goalAt"]> {
    return goalAtLine(parseModule(text), line);
  }

  editOf(place: Place, lines: readonly string[]): LineEdit {
    const { line, indent } = this.goalAt(place)!.insertion;
    return { line, removed: 0, lines: lines.map((text) => indent + text) };
  }

  suggest(question: Question): Promise<Answer> {
    this.asked.push(question);
    const found = {
      logProbability: -1,
      score: -1,
      samples: 1,
      beam: false,
      candidate: 0,
      end: "line",
    } as const;
    const suggestions = ["b = b", "c = c"].map((line) => ({ ...found, line }));
    return Promise.resolve({ goal: "@G\n", suggestions, seconds: 0 });
  }

  async *prove(place: Place, { signal }: { signal: AbortSignal }): AsyncGenerator<ProveEvent, void> {
    this.asked.push(place);
    yield { kind: "start", goal: "", line: place.line + 1, judge: "scripted", seconds: 60 };
    yield { kind: "progress", tried: 1, accepted: 0, waiting: 9, secondsLeft: 45 };
    if (this.hold !== null) {
      const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      await Promise.race([this.hold, stopped]);
      if (signal.aborted) this.stopped++;
      signal.throwIfAborted();
    }
    yield { kind: "progress", tried: 9, accepted: 2, waiting: 0, secondsLeft: 30 };
    const leftOut = { unreadable: 0, unknownName: 0, empty: 0, repeated: 0, meaningless: 0 };
    const counts = { tried: 9, accepted: 2, leftOut, runs: 3, seconds: 30, isRestated: false };
    const found = { kind: "result", ...counts } as const;
    yield this.lines === null
      ? { ...found, outcome: "time", lines: ["b = b"], edit: this.editOf(place, ["b = b"]) }
      : { ...found, outcome: "proved", lines: this.lines, edit: this.editOf(place, this.lines) };
  }
}
