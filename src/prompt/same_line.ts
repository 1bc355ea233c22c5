// What counts as the same line, or the same proof: its text, white space aside.

/** A line without white space at its ends, and with single spaces inside: what is compared. */
export function normalLine(line: string): string {
  return line.trim().replaceAll(/\s+/g, " ");
}

/** A proof's text, line by line normalised, without empty lines. */
export function normalProof(text: string): string {
  return text.split("\n").map(normalLine).filter((line) => line !== "").join("\n");
}
