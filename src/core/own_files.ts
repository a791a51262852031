/**
 * Where the program's own files are: the repository in a checkout, the unpacked folder in an executable. There, bundles
 * lie two folders below it, as this module does here.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/** The path of a file or folder of the program's own, such as "build/lib" or "migrations". */
export function ownFile(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}
