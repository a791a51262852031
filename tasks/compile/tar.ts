/**
 * A tar archive (ustar) of files in memory or on disk: sorted, without owners and times, so that the
 * same files give the same bytes.
 *
 * @module
 */

/** A file of the tree: its bytes, or where they are. */
export interface TreeFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly content: Uint8Array | { readonly file: string };
  readonly executable?: boolean;
}

const BLOCK = 512;

/** Folders that are not in `known` come before their first file; they are added to `known`. */
export function tarOf(files: readonly TreeFile[], known: Set<string>): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const sorted = [...files].sort((a, b) => a.path < b.path ? -1 : 1);
  for (const { path, content, executable } of sorted) {
    for (const folder of foldersOf(path)) {
      if (known.has(folder)) continue;
      known.add(folder);
      parts.push(header(folder, 0, 0o755, "5"));
    }
    const bytes = new Uint8Array(
      content instanceof Uint8Array ? content : Deno.readFileSync(content.file),
    );
    parts.push(header(path, bytes.length, executable ? 0o755 : 0o644, "0"), bytes);
    const padding = (BLOCK - bytes.length % BLOCK) % BLOCK;
    if (padding > 0) parts.push(new Uint8Array(padding));
  }
  return parts;
}

/** Two blocks of zeros. */
export function tarEnd(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(2 * BLOCK);
}

function foldersOf(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join("/"));
}

function header(
  path: string,
  size: number,
  mode: number,
  type: "0" | "5",
): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number, room: number) => {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > room) throw new Error(`${path} is too long for the archive`);
    block.set(bytes, at);
  };
  const octal = (value: number, at: number, room: number) =>
    put(`${value.toString(8).padStart(room - 1, "0")}\0`, at, room);
  const [prefix, name] = split(path);
  put(name, 0, 100);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  put("        ", 148, 8);
  put(type, 156, 1);
  put("ustar\x0000", 257, 8);
  put(prefix, 345, 155);
  put(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `, 148, 8);
  return block;
}

/** A name of at most 100 bytes, and what comes before it. */
function split(path: string): [prefix: string, name: string] {
  if (path.length <= 100) return ["", path];
  const slash = path.indexOf("/", path.length - 101);
  return [path.slice(0, slash), path.slice(slash + 1)];
}
