// A server for this machine's own browser. A name of another site can be made to point to 127.0.0.1 (DNS
// rebinding), and any site may send requests there; so a request counts only when it names this server as
// its host, comes from its own pages or from no page, and only reads, or posts JSON where that is allowed
// (which no form of another site can). What is answered may not be read, framed or run by other sites, and
// runs nothing that did not come from here.

/** A handler of what was let in: GET and HEAD (and POST), asked for by this server's own pages, or programs. */
export type PageHandler = (request: Request) => Response | Promise<Response>;

export interface LoopbackOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Whether the pages are isolated, which gives them memory shared between threads. Default: yes */
  readonly isolated?: boolean;
  /** Whether JSON may be posted. Default: no */
  readonly posts?: boolean;
}

/** A server that runs until it is disposed of. */
export interface LoopbackServer extends AsyncDisposable {
  /** `http://127.0.0.1:8000`, without a slash at its end. */
  readonly address: string;
}

/** Listen on 127.0.0.1. @throws {Deno.errors.AddrInUse} when the port is taken */
export function serveOnLoopback(handler: PageHandler, options: LoopbackOptions): LoopbackServer {
  const headers = headersOf(options);
  const end = new AbortController();
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
    hostname: "127.0.0.1",
    signal: end.signal,
    port: options.port,
    onListen: () => {},
    // What went wrong is nobody's business there: a message may name files.
    onError: () => new Response("This cannot be answered\n", { status: 500, headers }),
  }, async (request) => {
    const answer = refusalOf(request, server.addr.port, options.posts ?? false) ?? await handler(request);
    for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
    if (request.method !== "HEAD") return answer;
    await answer.body?.cancel();
    return new Response(null, answer);
  });
  return {
    address: `http://127.0.0.1:${server.addr.port}`,
    // Not in order: that would wait for requests whose rest never comes.
    [Symbol.asyncDispose]: () => {
      end.abort();
      return server.finished;
    },
  };
}

/** The answer to a request that does not count; null for one that does. */
function refusalOf(request: Request, port: number, posts: boolean): Response | null {
  const { method, headers } = request;
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const origin = headers.get("origin");
  const refuse = (status: number, text: string, more: Record<string, string> = {}): Response =>
    new Response(`${text}\n`, { status, headers: { "content-type": "text/plain", ...more } });
  // A request line may have a host, too; where the first is wrong, the address may be none.
  if (!hosts.includes(headers.get("host") ?? "") || !hosts.includes(new URL(request.url).host)) {
    return refuse(421, "This server has another name");
  }
  if (origin !== null && !hosts.some((host) => origin === `http://${host}`)) {
    return refuse(403, "Only pages of this server may ask");
  }
  if (method === "GET" || method === "HEAD") return null;
  if (method !== "POST" || !posts) {
    return refuse(405, posts ? "Only reading and posting" : "Only reading", {
      allow: posts ? "GET, HEAD, POST" : "GET, HEAD",
    });
  }
  const isJson = /^application\/json *(; *charset="?utf-8"?)?$/i.test(headers.get("content-type") ?? "");
  return isJson ? null : refuse(415, "Only application/json in UTF-8");
}

function headersOf({ isolated = true }: LoopbackOptions): Record<string, string> {
  const policy = [
    "default-src 'none'",
    // Compiling WebAssembly is allowed, evaluating text is not.
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    ...isolated && {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    },
  };
}
