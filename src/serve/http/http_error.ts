// An answer that says what is wrong with a request.
import { BusyError } from "../queue.ts";
import { UsageError } from "../../errors.ts";

export class HttpError extends Error {
  override name = "HttpError";
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The answer to an error; null for a fault of the program, which is nobody's business there. */
export function errorResponse(error: unknown): Response | null {
  if (error instanceof HttpError) return answer(error.status, { error: error.message }, error.headers);
  if (error instanceof BusyError) return answer(503, { error: error.message }, { "retry-after": "5" });
  if (error instanceof UsageError) return answer(422, { error: error.message, hint: error.hint });
  return null;
}

function answer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers });
}
