/** Numbers and foreign text as people read them. */
import { assertEquals } from "@std/assert";
import {
  formatBytes,
  formatCount,
  formatPercent,
  formatSeconds,
  jsonText,
  printable,
  printableLine,
} from "../src/text_format.ts";

Deno.test("numbers, sizes and times are written for people", () => {
  assertEquals([0, 999, 1000, 1234567].map(formatCount), ["0", "999", "1,000", "1,234,567"]);
  assertEquals([0, 999, 1000, 3882208, 999_900, 5e12].map(formatBytes), [
    "0 bytes",
    "999 bytes",
    "1.00 kB",
    "3.88 MB",
    "1.00 MB",
    "5.00 TB",
  ]);
  assertEquals([formatPercent(0.12345), formatPercent(-0.5, 0)], ["12.35 %", "-50 %"]);
  assertEquals([0, 59.4, 59.6, 245, 3599.7, 7380, NaN].map(formatSeconds), [
    "0s",
    "59s",
    "1m 00s",
    "4m 05s",
    "1h 00m",
    "2h 03m",
    "?",
  ]);
});

const UNSAFE = "a\n\t∈\x1b]0;t\x07\x7f\u009b\u202e\u2028\u{e0041}\u{1f600}\ud83d";

Deno.test("printable() shows control characters instead of sending them", () => {
  const signs = "∈␛]0;t␇\\u007f\\u009b\\u202e\\u2028\\udb40\\udc41\u{1f600}\\ud83d";
  assertEquals(printable(UNSAFE), `a\n\t${signs}`);
  assertEquals(printableLine(UNSAFE), `a␊␉${signs}`);
});

Deno.test("jsonText() gives JSON of the same value without a character that a terminal obeys", () => {
  const text = jsonText({ text: UNSAFE, [UNSAFE]: [1] });
  assertEquals(JSON.parse(text), { text: UNSAFE, [UNSAFE]: [1] });
  assertEquals(text, printableLine(text));
});
