/** Requests that no well-behaved client sends, byte by byte. */

/** Request line, further lines, body; HOST stands for the server's own, PORT for its port. */
export type RawRequest = readonly [line: string, lines: readonly string[], body: string];

/** The answer to bytes sent as they are. */
export async function send(port: number, text: string): Promise<{ status: number; text: string }> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  const answer = await new Response(connection.readable).text().catch(() => "");
  return { status: Number(answer.slice(9, 12)), text: answer };
}

/** The answer to a whole request. */
export function ask(
  port: number,
  [line, lines, body]: RawRequest,
): Promise<{ status: number; text: string }> {
  const own = (text: string): string =>
    text.replace("HOST", `127.0.0.1:${port}`).replace("PORT", String(port));
  const length = new TextEncoder().encode(body).length;
  const head = [`${line} HTTP/1.1`, ...lines.map(own), `Content-Length: ${length}`, "Connection: close"];
  return send(port, `${head.join("\r\n")}\r\n\r\n${body}`);
}
