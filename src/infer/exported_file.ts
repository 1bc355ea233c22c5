/**
 * The files of an exported folder, from the disk or over HTTP: the one place that knows which. In a web page every folder is an address; in Deno
 * an http(s) address is fetched, anything else is a path.
 */
import { fromFileUrl, join } from "@std/path";
import { DataError } from "../errors.ts";

/** Hint of the errors about a folder's content. */
export const FOLDER_HINT =
  "A folder made by `tactics export` has model.onnx, tokenizer.json and config.json.";

/**
 * Read a file.
 *
 * @param folder path or address of an exported folder; in a page an address may be relative to the page
 * @param name of a file in it
 * @throws {DataError} that says why it cannot be read
 */
export async function readExportedFile(
  folder: string | URL,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const place = exportedFile(folder, name);
  return place instanceof URL ? await fetchFile(place) : await readFile(place);
}

/**
 * Where a file of an exported folder is: a path on the disk, or an address to fetch.
 *
 * @throws {DataError} when the address of the folder is none
 */
export function exportedFile(folder: string | URL, name: string): string | URL {
  let url: URL;
  if (folder instanceof URL) {
    url = new URL(folder);
  } else if (/^https?:/i.test(folder) || typeof Deno === "undefined") {
    url = parseAddress(folder);
  } else {
    return join(folder, name);
  }
  // The address may or may not end with a slash; what follows a question mark goes with every file.
  url.pathname = url.pathname.replace(/\/?$/, "/") + name;
  return url.protocol === "file:" && typeof Deno !== "undefined" ? fromFileUrl(url) : url;
}

function parseAddress(folder: string): URL {
  try {
    return new URL(new Request(folder).url); // relative to the page, where there is one
  } catch (cause) {
    throw new DataError(`"${folder}" is not an address: ${(cause as Error).message}`, {
      cause,
      hint: "Give the address of an exported folder, such as https://example.org/model/.",
    });
  }
}

async function fetchFile(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await fetch(url);
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new DataError(`Cannot fetch "${url}": ${(cause as Error).message}`, {
      cause,
      hint:
        "Check the address, and that its server runs. A page may read another site's files only where that site allows it " +
        "(CORS: it must send the header Access-Control-Allow-Origin).",
    });
  }
  if (!response.ok) {
    const status = `${response.status} ${response.statusText}`.trimEnd();
    throw new DataError(`Cannot fetch "${url}": the server answers ${status}`, { hint: FOLDER_HINT });
  }
  return bytes;
}

async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound ? "it does not exist" : (cause as Error).message;
    throw new DataError(`Cannot read "${path}": ${reason}`, { cause, hint: FOLDER_HINT });
  }
}
