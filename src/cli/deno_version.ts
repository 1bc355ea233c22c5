// The check of Deno's version. Imports nothing, so that it works in any Deno that loads a TypeScript file.

/** Oldest Deno that works: relaxed SIMD, file locks without waiting, npm packages as they are used here. */
const OLDEST = [2, 8] as const;

/** What to tell the user when `version` ("2.9.6") is too old or no version; null when it is fine. */
export function denoVersionProblem(version: string): string | null {
  const [major, minor] = version.split(".").map(Number);
  if (major! > OLDEST[0] || (major === OLDEST[0] && minor! >= OLDEST[1])) return null;
  return `error: Deno too old: found ${version}, need ${OLDEST.join(".")} or newer\n` +
    'hint: run "deno upgrade", or take Deno from npm: "npx -y deno@2.9.6 task quickstart"';
}
