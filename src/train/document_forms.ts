// What an epoch shows of each document: its form, its names and its tokens, drawn anew from seed, epoch and
// document, cut into sequences. A form is made when it is its turn; of large corpora only what it gives is
// kept.
import type { TrainConfig } from "../config.ts";
import type { Sequence } from "../model/batch.ts";
import { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { DocumentList } from "./document_list.ts";
import { countTargets, cutDocument, cutProverDocument, pieceCount } from "./documents.ts";
import { rename, type Renaming } from "./renaming.ts";
import { TokenSubstitution } from "./substitution.ts";
import { bodylessForm, type EncodedDocument, proverForm, trainingDocument } from "./training_document.ts";
import { type TrainingDocument, wholeForm } from "./training_document.ts";

/** What decides how documents are shown. */
export type FormOptions =
  & Pick<TrainConfig, "seed" | "proverForm" | "renaming" | "substitution">
  & { readonly contextLength: number; readonly tokenizer: Tokenizer };

/** What was drawn for a document. */
export interface FormDraw {
  readonly epoch: number;
  /** In [0, 1): where it is cut. */
  readonly shift: number;
  /** In [0, 1): its form. */
  readonly form: number;
}

/** What a document gives. */
export interface FormSize {
  readonly sequences: number;
  /** Tokens that they predict. */
  readonly targets: number;
}

type Form = "whole" | "prover" | "bodyless";

/** What forms that are kept may take, in bytes: all of a small corpus. */
const MOST_KEPT_BYTES = 1 << 25;
const FORMS: readonly Form[] = ["whole", "prover", "bodyless"];
/** What has not been looked at yet. */
const UNKNOWN = 2 ** 32 - 1;

export class DocumentForms {
  readonly #documents: DocumentList;
  readonly #options: FormOptions;
  readonly #renaming: Renaming | null;
  readonly #substitution: TokenSubstitution | null;
  readonly #newline: number;
  /** Forms under the documents' own names, by 3 * document + form. */
  readonly #kept = new Map<number, EncodedDocument>();
  #keptBytes = 0;
  /** What the other forms give under the documents' own names; no sequences: there is no proof. */
  readonly #sizes: Readonly<Record<"prover" | "bodyless", { sequences: Uint32Array; targets: Uint32Array }>>;

  /** @param renaming the corpus' names; null: none are changed */
  constructor(documents: DocumentList, options: FormOptions, renaming: Renaming | null) {
    const column = (): Uint32Array => new Uint32Array(documents.length).fill(UNKNOWN);
    this.#documents = documents;
    this.#options = options;
    this.#renaming = renaming;
    const { substitution, tokenizer } = options;
    this.#substitution = substitution > 0 ? new TokenSubstitution(documents, tokenizer) : null;
    this.#newline = tokenizer.encode("\n")[0] ?? -1;
    this.#sizes = {
      prover: { sequences: column(), targets: column() },
      bodyless: { sequences: column(), targets: column() },
    };
  }

  /** What an epoch shows of a document. */
  sequencesOf(index: number, draw: FormDraw): Sequence[] {
    let { form, encoded } = this.#shown(index, draw);
    const others = new Rng(this.#options.seed, "substitution", draw.epoch, index);
    if (this.#substitution !== null && others.uniform() < this.#options.substitution) {
      encoded = { ...encoded, tokens: this.#substitution.apply(encoded.tokens, others) };
    }
    return this.#cut(encoded, form, draw.shift);
  }

  /** How much that is. Other tokens in their place change nothing of it. */
  sizeOf(index: number, draw: FormDraw): FormSize {
    const renamed = this.#renamed(index, draw.epoch);
    if (renamed !== null) {
      const form = renamed.proof === null ? "whole" : this.#askedForm(draw);
      return sizeOf(this.#cut(this.#encode(renamed, form), form, draw.shift));
    }
    const asked = this.#askedForm(draw);
    const size = asked === "whole" ? null : this.#proverSize(index, asked);
    if (size !== null) return size;
    const { length } = this.#documents.tokensOf(index);
    return { sequences: pieceCount(length, this.#options.contextLength, draw.shift), targets: length - 1 };
  }

  /** The document under other names; null: it keeps its own. */
  #renamed(index: number, epoch: number): TrainingDocument | null {
    if (this.#renaming === null) return null;
    const names = new Rng(this.#options.seed, "names", epoch, index);
    if (names.uniform() >= this.#options.renaming) return null;
    const { text } = this.#documents.at(index);
    return trainingDocument(rename(text, this.#renaming.namesFor(text, names)), this.#options.tokenizer);
  }

  #askedForm({ form }: FormDraw): Form {
    if (form >= this.#options.proverForm) return "whole";
    // Half of what is shown as a prover asks is as January's asks.
    return form < this.#options.proverForm / 2 ? "bodyless" : "prover";
  }

  /** What a form gives; null: the document has no proof. */
  #proverSize(index: number, form: "prover" | "bodyless"): FormSize | null {
    const { sequences, targets } = this.#sizes[form];
    if (sequences[index] === UNKNOWN) {
      const document = this.#documents.at(index);
      const size = document.proof === null
        ? { sequences: 0, targets: 0 }
        : sizeOf(this.#cut(this.#own(index, form, document), form, 0));
      sequences[index] = size.sequences;
      targets[index] = size.targets;
    }
    const count = sequences[index]!;
    return count === 0 ? null : { sequences: count, targets: targets[index]! };
  }

  /** A document in the form that was drawn, and under its names. */
  #shown(index: number, draw: FormDraw): { form: Form; encoded: EncodedDocument } {
    const renamed = this.#renamed(index, draw.epoch);
    const asked = this.#askedForm(draw);
    if (renamed !== null) {
      const form = renamed.proof === null ? "whole" : asked;
      return { form, encoded: this.#encode(renamed, form) };
    }
    const form = asked === "whole" || this.#proverSize(index, asked) === null ? "whole" : asked;
    return { form, encoded: this.#own(index, form) };
  }

  /** A form under the document's own names. */
  #own(index: number, form: Form, document?: TrainingDocument): EncodedDocument {
    const key = FORMS.length * index + FORMS.indexOf(form);
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const encoded = this.#encode(document ?? this.#documents.at(index), form);
    if (this.#keptBytes < MOST_KEPT_BYTES) {
      this.#kept.set(key, encoded);
      this.#keptBytes += encoded.tokens.byteLength;
    }
    return encoded;
  }

  #encode(document: TrainingDocument, form: Form): EncodedDocument {
    const encode = form === "whole" ? wholeForm : form === "prover" ? proverForm : bodylessForm;
    return encode(document, this.#options.tokenizer);
  }

  #cut(encoded: EncodedDocument, form: Form, shift: number): Sequence[] {
    const { contextLength } = this.#options;
    if (form === "whole") return cutDocument(encoded, contextLength, shift);
    return cutProverDocument(encoded, contextLength, this.#newline);
  }
}

function sizeOf(sequences: readonly Sequence[]): FormSize {
  const targets = sequences.reduce((sum, { targets }) => sum + countTargets(targets), 0);
  return { sequences: sequences.length, targets };
}
