/**
 * The highest version that was signed of each package name, beside the keys.
 *
 * @module
 */
import * as z from "zod";
import {
  DataError,
  nullIfAbsent,
  parseBoundedJson,
  readPlainTextFile,
  replaceFile,
} from "../../core/mod.ts";

const FILE_NAME = "signed_packages.json";
const BYTES_MAX = 4 * 1024 * 1024;

const VersionsSchema = z.record(z.string(), z.int().min(1));

/** @throws DataError */
export async function readSignedVersions(folder: string): Promise<Record<string, number>> {
  const path = `${folder}/${FILE_NAME}`;
  const text = await nullIfAbsent(readPlainTextFile(path, { bytesMax: BYTES_MAX }));
  if (text === null) return {};
  try {
    return VersionsSchema.parse(parseBoundedJson(text));
  } catch (cause) {
    throw new DataError(path, "is no list of versions; remove it, and give --counter once", {
      cause,
    });
  }
}

/** Never lower than it was. */
export async function noteSignedVersion(
  folder: string,
  name: string,
  counter: number,
): Promise<void> {
  const versions = await readSignedVersions(folder);
  const next = { ...versions, [name]: Math.max(counter, versions[name] ?? 0) };
  const bytes = new TextEncoder().encode(`${JSON.stringify(next, null, 2)}\n`);
  await replaceFile(`${folder}/${FILE_NAME}`, bytes);
}
