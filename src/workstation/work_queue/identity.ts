/**
 * Which program this is, as far as results depend on it: jobs are done by the program that handed them in, and
 * by no older or newer one.
 *
 * @module
 */
import { nativeLibraryPath, sha256OfFile, VERSION } from "../../core/mod.ts";

/** "0.1.0-4f2a9c01d2e3": version, and the start of the SHA-256 of the native library that describes. */
export async function programIdentity(): Promise<string> {
  const library = await sha256OfFile(nativeLibraryPath("vision"));
  return `${VERSION}-${library.slice(0, 12)}`;
}
