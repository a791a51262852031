/**
 * The operator's folder of signing keys.
 *
 *     NAME.key             secret key, encrypted with a passphrase; only its owner may read it (0600)
 *     NAME.pub             public key
 *     NAME.pub.minisig     signature of the public key by the key that it succeeds; absent without one
 *     revoked_keys.txt     ids of keys that are not to be believed any more
 *     signed_packages.json highest version that was signed of each package name
 *
 * @module
 */
import {
  createKeyPair,
  exists,
  EXIT,
  GdnError,
  keyIdText,
  type MinisignSecretKey,
  nullIfAbsent,
  parseSignature,
  readPlainTextFile,
  readPublicKey,
  readSecretKey,
  replaceFile,
  signFile,
  writeSynced,
} from "../../core/mod.ts";
import {
  PUBLIC_KEY_SUFFIX,
  readTrustFolder,
  REVOKED_KEYS_FILE,
  SUCCESSOR_COMMENT,
} from "../../flight/flight_package/mod.ts";

const SECRET_SUFFIX = ".key";
const SIGNATURE_SUFFIX = ".minisig";
const KEY_BYTES_MAX = 4096;
const LIST_BYTES_MAX = 1024 * 1024;
/** Permissions of everybody but the owner. */
const OTHERS = 0o077;
/** A shorter one is guessed, whatever scrypt costs. */
const PASSPHRASE_BYTES_MIN = 8;
const SUCCESSORS_MAX = 16;

export const KEY_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A key pair that the operator holds, without its secret. */
export interface HeldKey {
  readonly name: string;
  readonly id: string;
  readonly isRevoked: boolean;
  /** Id of the key that signed it; null: none did. */
  readonly successorOf: string | null;
  /** Content of the `.pub` file. */
  readonly publicText: string;
  /** Of that key's signature; null where there is none. */
  readonly signatureText: string | null;
}

export class KeyFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws DataError | GdnError where a file of it cannot be read, or others may write it */
  async list(): Promise<HeldKey[]> {
    const { keys, revoked } = await readTrustFolder(this.path);
    const held = await Promise.all(
      [...keys.values()].map(({ name, id }) => this.#held(name, revoked.has(id))),
    );
    return held.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** @throws GdnError (66) where there is none of this name */
  async find(name: string): Promise<HeldKey> {
    const found = (await this.list()).find((key) => key.name === name);
    if (found !== undefined) return found;
    throw new GdnError(
      "NO_KEY",
      `there is no key "${name}" in ${this.path}; \`operator keys list\` shows those that are`,
      { exitCode: EXIT.noInput },
    );
  }

  /**
   * Makes a key pair. With `predecessor` that key signs the new one, and who trusts it trusts the new one.
   *
   * @throws GdnError (73) where the name is taken, (77) where the passphrase is too short
   */
  async create(
    name: string,
    passphrase: Uint8Array,
    predecessor: { readonly key: MinisignSecretKey; readonly id: string } | null,
  ): Promise<HeldKey> {
    if (passphrase.length < PASSPHRASE_BYTES_MIN) {
      throw refused(`the passphrase is shorter than ${PASSPHRASE_BYTES_MIN} bytes`);
    }
    const secretPath = this.#pathOf(name, SECRET_SUFFIX);
    for (const path of [secretPath, this.#pathOf(name, PUBLIC_KEY_SUFFIX)]) {
      if (!await exists(path)) continue;
      throw new GdnError("KEY_EXISTS", `${path} exists already; give the new key another name`, {
        exitCode: EXIT.cannotCreate,
      });
    }
    await this.#make();
    const { keyId, publicText, secretText } = createKeyPair(passphrase);
    const comment = `${SUCCESSOR_COMMENT}${keyIdText(keyId)}`;
    const signature = predecessor === null
      ? null
      : signFile(new TextEncoder().encode(publicText), predecessor.key, comment);
    // The secret key first: a public key without it is of no use, and the name is taken.
    // Never readable by others, not even while it is written.
    await writeSynced(secretPath, new TextEncoder().encode(secretText), { mode: 0o600 });
    if (signature !== null) {
      await this.#write(`${name}${PUBLIC_KEY_SUFFIX}${SIGNATURE_SUFFIX}`, signature);
    }
    await this.#write(`${name}${PUBLIC_KEY_SUFFIX}`, publicText);
    return await this.find(name);
  }

  /**
   * The secret key of that name, for which others than its owner have no permission at all.
   *
   * @throws GdnError (66, 77); its messages hold neither key nor passphrase
   */
  async unlock(name: string, passphrase: Uint8Array): Promise<MinisignSecretKey> {
    const path = this.#pathOf(name, SECRET_SUFFIX);
    const info = await nullIfAbsent(Deno.stat(path));
    if (info === null) {
      throw new GdnError("NO_KEY", `there is no secret key ${path}`, { exitCode: EXIT.noInput });
    }
    if (info.mode !== null && (info.mode & OTHERS) !== 0) {
      throw refused(
        `others may read the secret key ${path}: chmod 600 it, and replace it if they did`,
      );
    }
    return readSecretKey(
      await readPlainTextFile(path, { bytesMax: KEY_BYTES_MAX }),
      path,
      passphrase,
    );
  }

  /** Adds a key to the list of those that are not to be believed any more. */
  async revoke(key: HeldKey, reason: string): Promise<void> {
    if (key.isRevoked) return;
    const path = `${this.path}/${REVOKED_KEYS_FILE}`;
    const before = await nullIfAbsent(readPlainTextFile(path, { bytesMax: LIST_BYTES_MAX })) ?? "";
    const remark = `${key.name}, ${new Date().toISOString()}${reason === "" ? "" : `: ${reason}`}`;
    await this.#write(
      REVOKED_KEYS_FILE,
      `${before}${key.id} # ${remark.replace(/[\r\n]+/g, " ")}\n`,
    );
  }

  /** Newest first: the key itself, the one that signed it, … as far as they are held here. */
  async lineage(key: HeldKey): Promise<HeldKey[]> {
    const all = await this.list();
    const line: HeldKey[] = [];
    for (let at: HeldKey | undefined = key; at !== undefined && line.length < SUCCESSORS_MAX;) {
      if (line.includes(at)) break;
      line.push(at);
      const by: string | null = at.successorOf;
      at = all.find(({ id }) => id === by);
    }
    return line;
  }

  async #held(name: string, isRevoked: boolean): Promise<HeldKey> {
    const publicPath = this.#pathOf(name, PUBLIC_KEY_SUFFIX);
    const publicText = await readPlainTextFile(publicPath, { bytesMax: KEY_BYTES_MAX });
    const signaturePath = `${publicPath}${SIGNATURE_SUFFIX}`;
    const signatureText = await nullIfAbsent(
      readPlainTextFile(signaturePath, { bytesMax: KEY_BYTES_MAX }),
    );
    return {
      name,
      id: keyIdText(readPublicKey(publicText, publicPath).keyId),
      isRevoked,
      successorOf: signatureText === null
        ? null
        : keyIdText(parseSignature(signatureText, signaturePath).keyId),
      publicText,
      signatureText,
    };
  }

  #pathOf(name: string, suffix: string): string {
    if (!KEY_NAME_PATTERN.test(name)) throw new RangeError(`"${name}" is no name of a key`);
    return `${this.path}/${name}${suffix}`;
  }

  async #make(): Promise<void> {
    if (await exists(this.path)) return;
    await Deno.mkdir(this.path, { recursive: true });
    await Deno.chmod(this.path, 0o700);
  }

  async #write(file: string, text: string): Promise<void> {
    const path = `${this.path}/${file}`;
    await replaceFile(path, new TextEncoder().encode(text));
    await Deno.chmod(path, 0o644);
  }
}

function refused(state: string): GdnError {
  return new GdnError("SIGNING_KEY", `Cannot use the key: ${state}`, { exitCode: EXIT.refused });
}
