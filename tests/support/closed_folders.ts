/**
 * Folders without permission to read.
 *
 * @module
 */
/** Root may read everything: the answer that another user gets is given here. */
export function closedFolders(closed: readonly string[]): Disposable {
  const { readDir } = Deno;
  Deno.readDir = (path) => {
    if (closed.includes(String(path))) throw new Deno.errors.PermissionDenied("access denied");
    return readDir(path);
  };
  return {
    [Symbol.dispose]() {
      Deno.readDir = readDir;
    },
  };
}
