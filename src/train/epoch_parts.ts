// What any thread finds out of some documents before an epoch: their names, and how much each of them gives.
import { beat } from "../heartbeat.ts";
import type { CountedPart, DocumentRange } from "./corpus_requests.ts";
import type { DocumentForms } from "./document_forms.ts";
import type { DocumentList } from "./document_list.ts";
import type { EpochDraws } from "./epoch.ts";
import { NameCounts } from "./renaming.ts";

/** In how many documents of a range each name is. */
export function namesOf(documents: DocumentList, { first, end }: DocumentRange): NameCounts {
  const names = new NameCounts();
  for (let i = first; i < end; i++) {
    names.add(documents.at(i).text);
    beat();
  }
  return names;
}

/** What an epoch gives of a range. */
export function countPart(
  forms: DocumentForms,
  draws: EpochDraws,
  { first, end }: DocumentRange,
): CountedPart {
  const counts = new Uint32Array(end - first);
  let targets = 0;
  for (let i = first; i < end; i++) {
    const size = forms.sizeOf(i, draws.of(i));
    counts[i - first] = size.sequences;
    targets += size.targets;
    beat();
  }
  return { counts, targets };
}
