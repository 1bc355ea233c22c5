/** An assistant whose answers are written down: for tests of who asks, not of what is found. */
import { goalAtLine, parseModule } from "../../src/acorn/mod.ts";
import type { Answer, Assistant, Place, Question, SearchEvent } from "../../src/serve/assistant.ts";

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

  withLines(place: Place, lines: readonly string[]): string {
    const { line, indent } = this.goalAt(place)!.insertion;
    return place.text.split("\n").toSpliced(line, 0, ...lines.map((text) => indent + text)).join("\n");
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

  async *prove(place: Place, { signal }: { signal: AbortSignal }): AsyncGenerator<SearchEvent, void> {
    this.asked.push(place);
    yield { kind: "searching", tried: 1, accepted: 0, secondsLeft: 45 };
    if (this.hold !== null) {
      const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      await Promise.race([this.hold, stopped]);
      if (signal.aborted) this.stopped++;
      signal.throwIfAborted();
    }
    yield { kind: "searching", tried: 9, accepted: 2, secondsLeft: 30 };
    yield this.lines === null
      ? { kind: "failed", message: "nothing was found" }
      : { kind: "proved", lines: this.lines, text: this.withLines(place, this.lines), message: "proved" };
  }
}
