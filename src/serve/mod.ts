// What listens, on the loopback interface only: a server whose pages no other site can read, drive or frame,
// and a handler of the files in folders. Not what the pages are. Begin with loopback_server.ts.
export { fileHandler } from "./file_handler.ts";
export { type LoopbackServer, type PageHandler, serveOnLoopback } from "./loopback_server.ts";
