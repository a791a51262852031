/**
 * Names of an index's files.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { TEMPORARY_MARK } from "../../core/mod.ts";

interface IndexPaths {
  readonly index: string;
  readonly sha256: string;
  readonly metadata: string;
}

/** `indexPath` names the `.index` file; the others stand beside it. */
export function indexPaths(indexPath: string): IndexPaths {
  return {
    index: indexPath,
    sha256: `${indexPath}.sha256`,
    metadata: `${indexPath}.meta.json`,
  };
}

const STAGED_MARK = ".staged-";

/**
 * Where index and `.sha256` of a new build wait, under the hash of the index, until the metadata
 * that names this hash has its place. The three documented names are what they are moved to.
 */
export function stagedPaths(indexPath: string, sha256: string): Omit<IndexPaths, "metadata"> {
  const { index, sha256: sidecar } = indexPaths(indexPath);
  return { index: index + STAGED_MARK + sha256, sha256: sidecar + STAGED_MARK + sha256 };
}

/** Files beside the index that a build left which did not end. */
export async function leftoversOf(indexPath: string): Promise<string[]> {
  const folder = dirname(indexPath);
  const marks = Object.values(indexPaths(indexPath)).flatMap((path) =>
    [TEMPORARY_MARK, STAGED_MARK].map((mark) => basename(path) + mark)
  );
  const found: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && marks.some((mark) => name.startsWith(mark))) found.push(`${folder}/${name}`);
  }
  return found.sort();
}
