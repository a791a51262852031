/**
 * A file below /proc, which Deno gives to no program that may not do everything: `cat` reads it.
 * "" where it is not there, or not any more.
 */
export function procText(path: `/proc/${string}`): string {
  const { stdout } = new Deno.Command("cat", { args: [path], stderr: "null" }).outputSync();
  return new TextDecoder().decode(stdout);
}
