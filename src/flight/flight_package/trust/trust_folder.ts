/**
 * The folder of keys that packages may be signed with. On the aircraft root fills it (`airborne keys`).
 *
 *     NAME.pub            public keys, as `operator keys export` and `minisign -G` write them
 *     revoked_keys.txt    ids of keys that are not to be believed any more, one a line, then a remark
 *
 * @module
 */
import {
  exists,
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
  const names = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(PUBLIC_KEY_SUFFIX)) names.push(name);
  }
  names.sort().splice(KEYS_MAX);
  if (await exists(`${folder}/${REVOKED_KEYS_FILE}`)) names.push(REVOKED_KEYS_FILE);
  const files: TrustFile[] = [];
  for (const name of names) {
    const path = `${folder}/${name}`;
    const bytesMax = name === REVOKED_KEYS_FILE ? REVOKED_BYTES_MAX : KEY_BYTES_MAX;
    const { mode } = await Deno.stat(path);
    requireOwnersAlone(path, { mode });
    files.push({ name, mode, text: await readPlainTextFile(path, { bytesMax }) });
  }
  return trustStoreOf(folder, { mode: info.mode, files });
}

/** A file of the folder, with its permissions. */
interface TrustFile {
  readonly name: string;
  readonly mode: number | null;
  readonly text: string;
}

/**
 * From what was read of a folder, here or on an aircraft; `folder` is for messages.
 *
 * @throws as {@link readTrustFolder}
 */
export function trustStoreOf(
  folder: string,
  { mode, files }: { readonly mode: number | null; readonly files: readonly TrustFile[] },
): TrustStore {
  requireOwnersAlone(folder, { mode });
  const keys = new Map<string, TrustedKey>();
  const revoked = new Set<string>();
  for (const { name: file, mode: fileMode, text } of files) {
    const path = `${folder}/${file}`;
    requireOwnersAlone(path, { mode: fileMode });
    if (file === REVOKED_KEYS_FILE) { for (const id of revokedIds(text, path)) revoked.add(id); }
    if (!file.endsWith(PUBLIC_KEY_SUFFIX)) continue;
    const key = readPublicKey(text, path);
    const id = keyIdText(key.keyId);
    keys.set(id, { name: file.slice(0, -PUBLIC_KEY_SUFFIX.length), id, key });
  }
  return { keys, revoked };
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

function requireOwnersAlone(path: string, { mode }: Pick<Deno.FileInfo, "mode">): void {
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
