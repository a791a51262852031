/**
 * The folder of keys that packages may be signed with. On the aircraft root fills it (`airborne keys`).
 *
 *     NAME.pub            public keys, as `operator keys export` and `minisign -G` write them
 *     revoked_keys.txt    ids of keys that are not to be believed any more, one a line, then a remark
 *
 * @module
 */
import {
  EXIT,
  GdnError,
  keyIdText,
  type MinisignPublicKey,
  nullIfAbsent,
  readPlainTextFile,
  readPublicKey,
} from "../../../core/mod.ts";
import { KEY_ID_PATTERN } from "./statement.ts";

export const PUBLIC_KEY_SUFFIX = ".pub";
export const REVOKED_KEYS_FILE = "revoked_keys.txt";
const KEY_BYTES_MAX = 4096;
const REVOKED_BYTES_MAX = 1024 * 1024;
const KEYS_MAX = 256;
/** Permission to write, of group and others. */
const OTHERS_WRITE = 0o022;

export interface TrustedKey {
  /** Of its file, without the suffix. */
  readonly name: string;
  readonly id: string;
  readonly key: MinisignPublicKey;
}

export interface TrustStore {
  /** By their id. */
  readonly keys: ReadonlyMap<string, TrustedKey>;
  readonly revoked: ReadonlySet<string>;
}

const EMPTY_TRUST: TrustStore = { keys: new Map(), revoked: new Set() };

/**
 * Empty where there is no such folder.
 *
 * @throws GdnError (exit 77) where others than its owner may write it or a file in it; DataError for a key
 * that cannot be read
 */
export async function readTrustFolder(folder: string): Promise<TrustStore> {
  const info = await nullIfAbsent(Deno.stat(folder));
  if (info === null) return EMPTY_TRUST;
  requireOwnersAlone(folder, info);
  const keys = new Map<string, TrustedKey>();
  const names = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.endsWith(PUBLIC_KEY_SUFFIX)) names.push(entry.name);
  }
  for (const file of names.sort().slice(0, KEYS_MAX)) {
    const path = `${folder}/${file}`;
    requireOwnersAlone(path, await Deno.stat(path));
    const key = readPublicKey(await readPlainTextFile(path, { bytesMax: KEY_BYTES_MAX }), path);
    const id = keyIdText(key.keyId);
    keys.set(id, { name: file.slice(0, -PUBLIC_KEY_SUFFIX.length), id, key });
  }
  return { keys, revoked: await readRevoked(folder) };
}

async function readRevoked(folder: string): Promise<ReadonlySet<string>> {
  const path = `${folder}/${REVOKED_KEYS_FILE}`;
  const info = await nullIfAbsent(Deno.stat(path));
  if (info === null) return new Set();
  requireOwnersAlone(path, info);
  const text = await readPlainTextFile(path, { bytesMax: REVOKED_BYTES_MAX });
  return new Set(revokedIds(text, path));
}

/**
 * Ids of a list of revoked keys; `#` begins a remark.
 *
 * @throws GdnError (exit 77) for a line that is none: a list that cannot be read revokes nothing
 */
export function revokedIds(text: string, path: string): string[] {
  const ids = [];
  for (const line of text.split(/\r?\n/)) {
    const [id] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (id === "") continue;
    if (!KEY_ID_PATTERN.test(id)) {
      throw refused(
        path,
        `${JSON.stringify(id.slice(0, 40))} is no id of a key (16 digits A to F)`,
      );
    }
    ids.push(id);
  }
  return ids;
}

function requireOwnersAlone(path: string, { mode }: Deno.FileInfo): void {
  if (mode === null || (mode & OTHERS_WRITE) === 0) return;
  throw refused(
    path,
    "others than its owner may write it (chmod go-w it, and look at what it holds)",
  );
}

function refused(path: string, state: string): GdnError {
  return new GdnError("TRUST_FOLDER", `Cannot trust the keys of ${path}: ${state}`, {
    exitCode: EXIT.refused,
  });
}
