/** Tar archives for tests, as tar makes them. */

export interface ArchiveEntry {
  readonly path: string;
  readonly text: string;
  /** Type flag. Default: a regular file */
  readonly kind?: string;
  /** How a name of more than 100 bytes is told. */
  readonly longName?: "gnu" | "pax";
  /** The length that the header tells. Default: the text's */
  readonly toldBytes?: number;
}

const utf8 = new TextEncoder();

export function archiveOf(entries: readonly ArchiveEntry[]): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  for (const { path, text, kind = "0", longName, toldBytes } of entries) {
    if (longName === "gnu") blocks.push(...entry("././@LongLink", `${path}\0`, "L"));
    if (longName === "pax") {
      const record = ` path=${path}\n`;
      const length = record.length + String(record.length + 3).length;
      blocks.push(...entry("PaxHeaders/x", `${length}${record}`, "x"));
    }
    blocks.push(...entry(path.slice(0, 100), text, kind, toldBytes));
  }
  blocks.push(new Uint8Array(1024));
  const archive = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    archive.set(block, at);
    at += block.length;
  }
  return archive;
}

export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function entry(path: string, text: string, kind: string, toldBytes?: number): Uint8Array[] {
  const body = utf8.encode(text);
  const size = toldBytes ?? body.length;
  const header = new Uint8Array(512);
  header.set(utf8.encode(path));
  header.set(utf8.encode("0000644\0"), 100);
  if (size < 8 ** 11) header.set(utf8.encode(`${size.toString(8).padStart(11, "0")}\0`), 124);
  else {
    header[124] = 0x80;
    new DataView(header.buffer).setBigUint64(128, BigInt(size));
  }
  header.set(utf8.encode(kind), 156);
  header.set(utf8.encode("ustar\x0000"), 257);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((sum, byte) => sum + byte, 0);
  header.set(utf8.encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  const filled = new Uint8Array(Math.ceil(body.length / 512) * 512);
  filled.set(body);
  return [header, filled];
}
