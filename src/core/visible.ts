/**
 * Control characters in names of files and in other data of strangers: a terminal obeys them.
 *
 * @module
 */

// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * With every control character but tabs and line ends as \u001b, which JSON takes for the same
 * character.
 */
export function visible(text: string): string {
  return text.replaceAll(
    CONTROL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The same for a name, whose line ends would forge lines of their own. */
export function inOneLine(name: string): string {
  return visible(name).replaceAll(
    /[\n\u2028\u2029]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
