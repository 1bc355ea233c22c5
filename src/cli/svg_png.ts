// An SVG picture of ours as a PNG, twice as large, by resvg (in WebAssembly) with the font DejaVu Sans: a
// terminal's machine need not have any. Both are read when a PNG is asked for, and only then.
import { fromFileUrl } from "@std/path";
import { readBounded } from "../io/mod.ts";

const FILES = { wasm: "@resvg/resvg-wasm/index_bg.wasm", font: "dejavu-fonts-ttf/ttf/DejaVuSans.ttf" };
const MAX_BYTES = 1 << 24;

/** Resvg takes its module once. */
let ready: Promise<void> | undefined;

/** The bytes of a .png file. */
export async function svgToPng(svg: string): Promise<Uint8Array> {
  const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
  const read = (name: string): Promise<Uint8Array<ArrayBuffer>> =>
    readBounded(fromFileUrl(import.meta.resolve(name)), { maxBytes: MAX_BYTES });
  await (ready ??= initWasm(await read(FILES.wasm)));
  const family = "DejaVu Sans";
  using picture = disposable(
    new Resvg(svg, {
      fitTo: { mode: "zoom", value: 2 },
      font: { fontBuffers: [await read(FILES.font)], defaultFontFamily: family, sansSerifFamily: family },
    }),
  );
  using image = disposable(picture.value.render());
  return image.value.asPng();
}

function disposable<T extends { free(): void }>(value: T): Disposable & { readonly value: T } {
  return { value, [Symbol.dispose]: () => value.free() };
}
