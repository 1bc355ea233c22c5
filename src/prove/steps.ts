// What a search does next, and which lines it asks about at once: a sheet's share of each place, in groups.
// Not here: what a sheet looks like (sheet.ts), which lines there are (candidates.ts).
import type { Candidate, CandidateQueue } from "./candidates.ts";
import type { ProofPlace } from "./places.ts";
import type { Question } from "./sheet.ts";

/** Lines of one sheet; of a group of citations, which are true, and of others, one of which may spoil it. */
const SHEET_LINES = 24;
const GROUP = { cited: 6, other: 3 } as const;

/** Lines that stand together at one place. */
export interface Group {
  readonly place: ProofPlace;
  readonly lines: readonly Candidate[];
}

/** What the search does next. */
export type Step =
  | { readonly kind: "begin" }
  /** Does the goal go through with a group? */
  | { readonly kind: "screen" | "again"; readonly groups: readonly Group[] }
  /** Which lines of groups that help are proved? */
  | { readonly kind: "members"; readonly groups: readonly Group[] }
  /** Which lines are proved that did not help? */
  | { readonly kind: "ground"; readonly lines: readonly Candidate[] }
  /** Do those of a group that are proved help? */
  | { readonly kind: "enough"; readonly groups: readonly Group[] }
  /** Which of the lines are needed? */
  | { readonly kind: "fewest"; readonly group: Group }
  | { readonly kind: "whole"; readonly group: Group };

/** What is nearest to a proof comes first. */
export const ORDER: readonly Step["kind"][] = [
  "whole",
  "fewest",
  "enough",
  "members",
  "begin",
  "again",
  "screen",
  "ground",
];

/** A place and the lines that wait for it. */
export interface WaitingLines {
  readonly place: ProofPlace;
  readonly queue: CandidateQueue;
}

/** Half of the lines are of the goal's own place, the first, where there are others. */
export function nextGroups(places: readonly WaitingLines[]): Group[] {
  const waiting = places.filter(({ queue }) => queue.size > 0);
  const own = places[0]!.place;
  const others = waiting.filter(({ place }) => place !== own);
  return waiting.flatMap(({ place, queue }) => {
    const share = others.length === 0 || others.length === waiting.length
      ? 1 / waiting.length
      : place === own
      ? 1 / 2
      : 1 / 2 / others.length;
    const lines = queue.take(Math.ceil(SHEET_LINES * share));
    return grouped(lines).map((lines) => ({ place, lines }));
  });
}

export function helps(place: ProofPlace, lines: readonly Candidate[]): Question {
  return { kind: "goal", given: place.given(lines.map(({ line }) => line)) };
}

export function isProved(place: ProofPlace, { line }: Candidate): Question {
  return { kind: "line", text: place.given([line]).join("\n") };
}

/** Lines in groups: citations by themselves. */
function grouped(lines: readonly Candidate[]): Candidate[][] {
  const groups: Candidate[][] = [];
  for (const kind of ["other", "cited"] as const) {
    const own = lines.filter(({ source }) => (source === "cited") === (kind === "cited"));
    for (let i = 0; i < own.length; i += GROUP[kind]) groups.push(own.slice(i, i + GROUP[kind]));
  }
  return groups;
}
