/** The version of this program, as in deno.json (a test keeps them equal). */
export const VERSION = "0.1.0";
