// Spans for Deno's own OpenTelemetry, which OTEL_DENO=true switches on: one of each command, and inside a
// training's one of each step, evaluation and checkpoint. Where it is off, this file tries once, and nothing
// is done after that; Deno has the tracer, so no package is needed.
import type { TrainEvent } from "../metrics/mod.ts";

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Of Deno.telemetry what is used here, as OpenTelemetry's API names it. */
interface Span {
  end(time?: number): void;
  recordException(error: unknown): void;
  setStatus(status: { readonly code: number; readonly message?: string }): void;
}
interface Tracer {
  startSpan(name: string, options?: { startTime?: number; attributes?: Attributes }): Span;
  startActiveSpan<T>(name: string, work: (span: Span) => T): T;
}

/** OpenTelemetry's code of a span that failed. */
const ERROR = 2;

/** Deno's tracer; null where telemetry is off. */
export function openTracer(): Tracer | null {
  if (typeof Deno.telemetry === "undefined") return null;
  const tracer: Tracer = Deno.telemetry.tracerProvider.getTracer("tactics");
  try {
    // Where it is off, this throws; a span that is not ended is not told of.
    tracer.startSpan("probe");
    return tracer;
  } catch {
    return null;
  }
}

/** Do a command's work inside a span of its name. */
export async function inSpan(tracer: Tracer | null, name: string, work: () => Promise<void>): Promise<void> {
  if (tracer === null) return await work();
  await tracer.startActiveSpan(name, async (span) => {
    try {
      await work();
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Spans of a training's events, each told when it is over. */
export class RunSpans {
  readonly #tracer: Tracer;
  /** Milliseconds since 1970 of the last event: what takes time begins where the last thing ended. */
  #last = Date.now();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  render(event: TrainEvent): void {
    const now = Date.now();
    if (event.kind === "step") {
      const { step, loss, tokens, learningRate, stepMs } = event;
      this.#tell("train step", [now - stepMs, now], { step, loss, tokens, learningRate });
    } else if (event.kind === "evaluation") {
      const { step, loss, bitsPerByte, documents } = event;
      this.#tell("train evaluation", [this.#last, now], { step, loss, bitsPerByte, documents });
    } else if (event.kind === "checkpoint") {
      const { step, reason } = event;
      this.#tell("train checkpoint", [this.#last, now], { step, reason });
    }
    this.#last = now;
  }

  #tell(name: string, [start, end]: readonly [number, number], attributes: Attributes): void {
    this.#tracer.startSpan(name, { startTime: start, attributes }).end(end);
  }
}
