/**
 * Whether the aircraft holds a package as it is here: the hash of each file is computed there.
 *
 * @module
 */
import { shellWord } from "./shell.ts";
import { askThere, type SshAccess } from "./ssh.ts";

interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

interface PackageDifferences {
  readonly missing: readonly string[];
  readonly altered: readonly string[];
  readonly unexpected: readonly string[];
}

/** `files`: all that belongs to the package, with its manifest and signatures. @throws AircraftError */
export async function comparePackage(
  access: SshAccess,
  path: string,
  files: readonly HashedFile[],
  signal: AbortSignal,
): Promise<PackageDifferences> {
  const script = `cd ${shellWord(path)} || exit
find . -type f -print0 | LC_ALL=C xargs -0 -r sha256sum`;
  const { text } = await askThere(access, script, signal);
  const there = new Map<string, string>();
  for (const [, sha256, name] of text.matchAll(/^([0-9a-f]{64}) [ *]\.\/(.+)$/gm)) {
    there.set(name, sha256);
  }
  const missing: string[] = [], altered: string[] = [];
  for (const { path: name, sha256 } of files) {
    const found = there.get(name);
    if (found === undefined) missing.push(name);
    else if (found !== sha256) altered.push(name);
    there.delete(name);
  }
  return { missing, altered, unexpected: [...there.keys()].sort() };
}
