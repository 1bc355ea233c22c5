// A thread that encodes proofs, reads their names and counts what epochs give. Started by corpus_threads.ts.
import { cutSections } from "../corpus/proof_file.ts";
import { beat } from "../heartbeat.ts";
import { Tokenizer } from "../tokenizer/mod.ts";
import { answerInOrder } from "../workers/mod.ts";
import type { CorpusAnswers, CorpusRequest, CountOptions } from "./corpus_requests.ts";
import { DocumentForms } from "./document_forms.ts";
import { type DocumentList, documentsOf } from "./document_list.ts";
import { EpochDraws } from "./epoch.ts";
import { countPart, namesOf } from "./epoch_parts.ts";
import { NameCounts, Renaming } from "./renaming.ts";
import { CorpusBuilder } from "./tokenized_corpus.ts";

/** About as many as a batch of proofs has. */
const BATCH_IDS = 1 << 17;

let tokenizer: Tokenizer | null = null;
let documents: DocumentList | null = null;
let counting: { readonly forms: DocumentForms; readonly options: CountOptions } | null = null;
let draws: EpochDraws | null = null;

answerInOrder((request: CorpusRequest) => Promise.resolve().then(() => answer(request)));

function answer(request: CorpusRequest): CorpusAnswers[keyof CorpusAnswers] {
  switch (request.kind) {
    case "tokenizer":
      tokenizer = Tokenizer.fromJson(request.json);
      return;
    case "encode": {
      const builder = new CorpusBuilder(known(tokenizer), BATCH_IDS);
      for (const proof of request.proofs) {
        builder.add({ ...proof, sections: cutSections(proof.text) });
        beat();
      }
      return builder.finish().table;
    }
    case "documents":
      documents = documentsOf(request.documents, known(tokenizer));
      return;
    case "names":
      return [...namesOf(known(documents), request).counts];
    case "options": {
      const { options, names } = request;
      const all = { ...options, substitution: 0, tokenizer: known(tokenizer) }; // which changes no count
      const renaming = names && new Renaming(NameCounts.of(names, known(documents).length));
      counting = { forms: new DocumentForms(known(documents), all, renaming), options };
      return;
    }
    case "count": {
      const { forms, options } = known(counting);
      if (draws?.epoch !== request.epoch) {
        draws = new EpochDraws(request.epoch, options.seed, known(documents).length);
      }
      return countPart(forms, draws, request);
    }
    default:
      return request satisfies never;
  }
}

function known<T>(value: T | null): T {
  if (value === null) throw new Error("internal: the thread was not told enough");
  return value;
}
