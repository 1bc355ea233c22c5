/** Exchanges between ranks that are all in this process. */
import { assertEquals } from "@std/assert";
import type { Exchange } from "../../../src/train/ranks/exchange.ts";

/** What MPI does: the n-th part from a rank to another is the n-th that this one receives from it. */
export function deliver(exchanges: readonly Exchange[]): void {
  for (const [from, { sent }] of exchanges.entries()) {
    for (const [to, { received }] of exchanges.entries()) {
      const [out, into] = [
        sent.filter(({ peer }) => peer === to),
        received.filter(({ peer }) => peer === from),
      ];
      assertEquals(out.map(({ values }) => values.length), into.map(({ values }) => values.length));
      const copies = out.map(({ values }) => values.slice());
      for (const [i, { values }] of into.entries()) values.set(copies[i]!);
    }
  }
}
