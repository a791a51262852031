/**
 * A folder as a tar archive (ustar) in memory: the form in which PGlite takes a database that it keeps in
 * memory.
 *
 * @module
 */
import { readPlainFile } from "../../../../core/mod.ts";

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
const FILE_BYTES_MAX = 2 ** 31;
const KINDS = { file: "0", folder: "5" } as const;

/**
 * All plain files and folders below `folder`.
 *
 * @throws RangeError for a name that the format cannot hold; NotPlainFileError; errors of the file system
 */
export async function tarOfFolder(folder: string): Promise<Blob> {
  const parts: BlobPart[] = [];
  await addFolder(folder, ".", parts);
  parts.push(new Uint8Array(2 * BLOCK_BYTES));
  return new Blob(parts);
}

async function addFolder(root: string, under: string, parts: BlobPart[]): Promise<void> {
  parts.push(header(`${under}/`, "folder", 0));
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${under}`)) {
    const path = `${under}/${name}`;
    if (isDirectory) {
      await addFolder(root, path, parts);
      continue;
    }
    const bytes = await readPlainFile(`${root}/${path}`, {
      within: root,
      bytesMax: FILE_BYTES_MAX,
    });
    const padding = (BLOCK_BYTES - bytes.length % BLOCK_BYTES) % BLOCK_BYTES;
    parts.push(header(path, "file", bytes.length), bytes, new Uint8Array(padding));
  }
}

/** IEEE Std 1003.1, pax, "ustar Interchange Format". */
function header(
  name: string,
  kind: keyof typeof KINDS,
  bytes: number,
): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  if (new TextEncoder().encode(name).length > NAME_BYTES_MAX) {
    throw new RangeError(`${name} is longer than ${NAME_BYTES_MAX} bytes`);
  }
  put(0, name);
  put(100, octal(kind === "file" ? 0o600 : 0o700, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(bytes, 11));
  put(136, octal(0, 11));
  put(148, " ".repeat(8));
  put(156, KINDS[kind]);
  put(257, "ustar\x0000");
  put(148, `${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
  return block;
}
