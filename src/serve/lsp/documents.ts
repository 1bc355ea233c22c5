// The texts that are open in the editor, as they are there and not as they are on disk. Positions are in
// UTF-16 code units. vscode-languageserver-textdocument applies the changes.
import { TextDocument } from "vscode-languageserver-textdocument";
import { CODE, type Params, ResponseError } from "./json_rpc.ts";
import { rangeAt, recordAt, recordsAt, textAt, versionAt } from "./params.ts";

/** A text as it was at one version. */
export interface OpenText {
  readonly uri: string;
  readonly version: number;
  readonly text: string;
}

export class Documents {
  readonly #texts = new Map<string, TextDocument>();

  /** `textDocument/didOpen` */
  open(params: Params): void {
    const item = recordAt(params, "textDocument");
    const [uri, text] = [textAt(item, "uri"), textAt(item, "text")];
    this.#texts.set(uri, TextDocument.create(uri, "acorn", versionAt(item), text));
  }

  /** `textDocument/didChange`: pieces, or whole texts, one after the other. */
  change(params: Params): void {
    const item = recordAt(params, "textDocument");
    const document = this.#find(textAt(item, "uri"));
    const changes = recordsAt(params, "contentChanges").map((change) => ({
      text: textAt(change, "text"),
      ...change.range !== undefined && { range: rangeAt(change, "range") },
    }));
    TextDocument.update(document, changes, versionAt(item));
  }

  /** `textDocument/didClose` */
  close(params: Params): void {
    this.#texts.delete(textAt(recordAt(params, "textDocument"), "uri"));
  }

  /** The text as it is now. @throws {ResponseError} when it is not open */
  get(uri: string): OpenText {
    const document = this.#find(uri);
    return { uri, version: document.version, text: document.getText() };
  }

  /** Whether a text is still what it was. */
  isNow({ uri, version }: OpenText): boolean {
    return this.#texts.get(uri)?.version === version;
  }

  #find(uri: string): TextDocument {
    const document = this.#texts.get(uri);
    if (document === undefined) throw new ResponseError(CODE.invalidParams, "the text is not open");
    return document;
  }
}
