// The texts that are open in the editor, as they are there and not as they are on disk. Positions are in
// UTF-16 code units. vscode-languageserver-textdocument applies the changes.
import { TextDocument } from "vscode-languageserver-textdocument";
import { CODE, type Params, ResponseError } from "./json_rpc.ts";
import { countAt, rangeAt, recordAt, recordsAt, textAt } from "./params.ts";

/** A text as it was at one version; another change makes another object. */
export interface OpenText {
  readonly uri: string;
  readonly version: number;
  readonly text: string;
}

/** Most texts that may be open, and most UTF-16 units of one. */
const MAX_TEXTS = 4096;
const MAX_UNITS = 1 << 23;

export class Documents {
  readonly #texts = new Map<string, TextDocument>();
  readonly #seen = new Map<string, OpenText>();

  /** `textDocument/didOpen` */
  open(params: Params): void {
    const item = recordAt(params, "textDocument");
    const [uri, text] = [textAt(item, "uri"), textAt(item, "text")];
    if (this.#texts.size >= MAX_TEXTS && !this.#texts.has(uri)) {
      throw new ResponseError(CODE.requestFailed, `${MAX_TEXTS} texts are open`);
    }
    this.#keep(TextDocument.create(uri, "acorn", versionAt(item), text));
  }

  /** `textDocument/didChange`: pieces, or whole texts, one after the other. */
  change(params: Params): void {
    const item = recordAt(params, "textDocument");
    const document = this.#texts.get(textAt(item, "uri"));
    if (document === undefined) throw new ResponseError(CODE.invalidParams, "the text is not open");
    const changes = recordsAt(params, "contentChanges").map((change) => ({
      text: textAt(change, "text"),
      ...change.range !== undefined && { range: rangeAt(change, "range") },
    }));
    this.#keep(TextDocument.update(document, changes, versionAt(item)));
  }

  /** `textDocument/didClose` */
  close(params: Params): void {
    const uri = textAt(recordAt(params, "textDocument"), "uri");
    this.#texts.delete(uri);
    this.#seen.delete(uri);
  }

  /** The text as it is now. @throws {ResponseError} when it is not open */
  get(uri: string): OpenText {
    const document = this.#texts.get(uri);
    if (document === undefined) throw new ResponseError(CODE.invalidParams, "the text is not open");
    const { version } = document;
    const seen = this.#seen.get(uri);
    if (seen !== undefined) return seen;
    const text = { uri, version, text: document.getText() };
    this.#seen.set(uri, text);
    return text;
  }

  #keep(document: TextDocument): void {
    this.#seen.delete(document.uri);
    if (document.getText().length > MAX_UNITS) {
      this.#texts.delete(document.uri);
      throw new ResponseError(CODE.requestFailed, `the text has more than ${MAX_UNITS} characters`);
    }
    this.#texts.set(document.uri, document);
  }
}

/** A version may be below 0. */
function versionAt(item: Params): number {
  return typeof item.version === "number" ? item.version : countAt(item, "version");
}
