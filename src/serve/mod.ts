// What listens: pages on the loopback interface only, which no other site can read, drive or frame
// (loopback_server.ts, read it first), files of folders for them, the HTTP interface (http/), and an editor
// on standard input (lsp/). Both interfaces ask an assistant (assistant.ts). Not how lines are found.
export type { Answer, Assistant, Question } from "./assistant.ts";
export { eventStream } from "./http/event_stream.ts";
export { HttpError } from "./http/http_error.ts";
export { routesOf } from "./http/routes.ts";
export { type Route, routeTable } from "./http/route_table.ts";
export { suggestRoute } from "./http/suggest_route.ts";
export { serveEditor } from "./lsp/server.ts";
export { ModelAssistant } from "./model_assistant.ts";
export { fileHandler } from "./file_handler.ts";
export { type LoopbackServer, type PageHandler, serveOnLoopback } from "./loopback_server.ts";
