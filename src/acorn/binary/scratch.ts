// A scratch library: the user's library, seen through links, but for one module, whose file is empty. The
// prover is given that module's text on standard input, which it appends to the file: so a text of any state
// is checked under the module's own name (with its certificates, and what is private to its package), and
// nothing of the user's is written. The folder holds only links, an empty file, and nothing else.
import { dirname, join, relative, resolve } from "@std/path";
import { DataError } from "../../errors.ts";

/** A library in which one module's text is free. */
export interface ScratchLibrary extends AsyncDisposable {
  /** Its folder. */
  readonly path: string;
  /** The module's file, below the folder. */
  readonly module: string;
}

/** Entries of one folder that are linked, at most. */
const MOST_LINKS = 10_000;

/** Make one. @param lib the library's folder, with `src` @param file the module's file in it */
export async function makeScratchLibrary(lib: string, file: string): Promise<ScratchLibrary> {
  const [root, target] = [
    await realPath(lib, "library"),
    resolve(await realPath(dirname(file), "module's folder"), baseOf(file)),
  ];
  const module = relative(root, target);
  if (module.startsWith("..") || !/^src[/\\]/.test(module)) {
    throw new DataError(`"${file}" is no module of the library "${lib}": it is not below its folder "src"`, {
      hint: "name the library's folder with --lib PATH",
    });
  }
  const path = await Deno.makeTempDir({ prefix: "tactics_prove_" });
  try {
    await link(root, path, module.split(/[/\\]/));
  } catch (cause) {
    await Deno.remove(path, { recursive: true }).catch(() => {});
    throw new DataError(`Cannot make a scratch library in "${path}": ${(cause as Error).message}`, { cause });
  }
  return { path, module, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

function baseOf(file: string): string {
  return file.split(/[/\\]/).at(-1)!;
}

async function realPath(path: string, what: string): Promise<string> {
  return await Deno.realPath(path).catch((cause) => {
    throw new DataError(`Cannot read the ${what} "${path}": ${cause.message}`, { cause });
  });
}

/** Link all of a folder; where the way to the module leads through a folder, make it and go on in it. */
async function link(from: string, to: string, [first, ...rest]: readonly string[]): Promise<void> {
  let count = 0;
  for await (const { name } of Deno.readDir(from)) {
    if (++count > MOST_LINKS) throw new RangeError(`"${from}" has more than ${MOST_LINKS} entries`);
    if (name !== first) await Deno.symlink(join(from, name), join(to, name));
  }
  if (rest.length === 0) {
    await Deno.writeTextFile(join(to, first!), "");
  } else {
    await Deno.mkdir(join(to, first!));
    await link(join(from, first!), join(to, first!), rest);
  }
}
