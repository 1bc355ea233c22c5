/**
 * The check of Deno's version. Imports nothing, so that it works in any Deno that can load a TypeScript file.
 */

/** Oldest Deno that works: relaxed SIMD, file locks without waiting, npm packages as they are used here. */
export const OLDEST_DENO = "2.8";

/** What to tell the user when `version` ("2.9.6") is too old or no version; null when it is fine. */
export function denoVersionProblem(version: string): string | null {
  const [major, minor] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_DENO.split(".").map(Number);
  if (major! > oldestMajor! || (major === oldestMajor && minor! >= oldestMinor!)) return null;
  return `error: Deno too old: found ${version}, need ${OLDEST_DENO} or newer\n` +
    'hint: run "deno upgrade", or take Deno from npm: "npx -y deno@2.9.6 task quickstart"';
}
