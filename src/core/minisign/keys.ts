/**
 * The key files of minisign (its format is described in minisign(1) and in the header of its source,
 * `minisign.h`).
 *
 * @module
 */
import { type KeyObject, scryptSync, timingSafeEqual } from "node:crypto";
import { blake2b } from "@noble/hashes/blake2.js";
import { ed25519PrivateKey, ed25519PublicBytes, ed25519PublicKey } from "../ed25519.ts";
import { DataError, EXIT, GdnError } from "../errors.ts";
import { inOneLine } from "../visible.ts";

/** Eight bytes that name a key pair. */
export type KeyId = Uint8Array;

export interface MinisignPublicKey {
  readonly keyId: KeyId;
  readonly key: KeyObject;
}

export interface MinisignSecretKey {
  readonly keyId: KeyId;
  readonly key: KeyObject;
}

/** The password of a secret key is wrong or missing; its exit code says "refused" (77). */
class KeyPasswordError extends GdnError {
  constructor(path: string, state: string) {
    super("KEY_PASSWORD", `${inOneLine(path)}: ${state}`, { exitCode: EXIT.refused });
  }
}

export const KEY_ID_BYTES = 8;
const PUBLIC_BYTES = 2 + KEY_ID_BYTES + 32;
/** Key id, seed, public key, checksum: what a password encrypts. */
export const SEALED_BYTES = KEY_ID_BYTES + 64 + 32;
const SECRET_BYTES = 2 + 2 + 2 + 32 + 8 + 8 + SEALED_BYTES;
/** What minisign itself uses; a file that wants more is not one of its own. */
const MEMORY_BYTES_MAX = 2 ** 30;
const OPERATIONS_MAX = 2 ** 25;

/** `text` is the content of a `.pub` file, or its second line alone; `path` is for messages. */
export function readPublicKey(text: string, path: string): MinisignPublicKey {
  const bytes = base64Line(text.trim().split(/\r?\n/).at(-1) ?? "", path, "a minisign public key");
  if (bytes.length !== PUBLIC_BYTES || ascii(bytes.subarray(0, 2)) !== "Ed") {
    throw new DataError(path, "not a minisign public key; give the .pub file of minisign -G");
  }
  return { keyId: bytes.slice(2, 10), key: ed25519PublicKey(bytes.subarray(10)) };
}

/**
 * `text` is the content of a secret key file; `password` where it is encrypted.
 *
 * @throws DataError for a file that is none; GdnError (exit 77) for a wrong password, and a missing one
 */
export function readSecretKey(
  text: string,
  path: string,
  password?: string | Uint8Array,
): MinisignSecretKey {
  const bytes = base64Line(text.trim().split(/\r?\n/)[1] ?? "", path, "a minisign secret key");
  if (
    bytes.length !== SECRET_BYTES || ascii(bytes.subarray(0, 2)) !== "Ed" ||
    ascii(bytes.subarray(4, 6)) !== "B2"
  ) {
    throw new DataError(path, "not a minisign secret key; make one with minisign -G");
  }
  const sealed = bytes.subarray(SECRET_BYTES - SEALED_BYTES);
  try {
    // A key without a password has no checksum either (minisign -W leaves it zero).
    if (ascii(bytes.subarray(2, 4)) === "Sc") unseal(bytes, sealed, path, password);
    const keyId = sealed.slice(0, KEY_ID_BYTES);
    const secret = sealed.subarray(KEY_ID_BYTES, KEY_ID_BYTES + 64);
    const key = ed25519PrivateKey(secret.subarray(0, 32));
    if (!timingSafeEqual(ed25519PublicBytes(key), secret.subarray(32))) {
      throw new DataError(path, "the two halves of the secret key do not belong together");
    }
    return { keyId, key };
  } finally {
    bytes.fill(0);
  }
}

/** Decrypts `sealed` in place (a stream of scrypt, RFC 7914, is added to it), and checks it. */
function unseal(
  bytes: Uint8Array,
  sealed: Uint8Array,
  path: string,
  password: string | Uint8Array | undefined,
): void {
  if (password === undefined) {
    throw new KeyPasswordError(path, "the secret key is encrypted; give its password");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const { cost, parallelization } = scryptParameters(
    Number(view.getBigUint64(38, true)),
    Number(view.getBigUint64(46, true)),
    path,
  );
  const stream = scryptSync(password, bytes.subarray(6, 38), SEALED_BYTES, {
    N: cost,
    r: 8,
    p: parallelization,
    maxmem: 2 * MEMORY_BYTES_MAX,
  });
  for (let i = 0; i < SEALED_BYTES; i++) sealed[i] ^= stream[i];
  stream.fill(0);
  const checksum = blake2b.create({ dkLen: 32 }).update(bytes.subarray(0, 2))
    .update(sealed.subarray(0, KEY_ID_BYTES + 64)).digest();
  if (!timingSafeEqual(checksum, sealed.subarray(KEY_ID_BYTES + 64))) {
    throw new KeyPasswordError(path, "cannot read the secret key: its password is another one");
  }
}

/** As libsodium derives them from its two limits (crypto_pwhash_scryptsalsa208sha256). */
function scryptParameters(operations: number, memoryBytes: number, path: string) {
  if (operations > OPERATIONS_MAX || memoryBytes > MEMORY_BYTES_MAX) {
    throw new DataError(path, "asks for more memory or time than minisign's own keys; not read");
  }
  const floor = Math.max(operations, 32_768);
  const isTimeBound = floor < memoryBytes / 32;
  const costMax = isTimeBound ? floor / 32 : memoryBytes / 1024;
  let cost = 2;
  while (cost <= costMax / 2) cost *= 2;
  const parallelization = isTimeBound ? 1 : Math.floor(floor / 4 / cost / 8);
  return { cost, parallelization };
}

/** As minisign prints it: 16 upper-case hexadecimal digits, the last byte first. */
export function keyIdText(keyId: KeyId): string {
  return keyId.toReversed().toHex().toUpperCase();
}

/** @throws DataError where the line is not base64 */
export function base64Line(line: string, path: string, what: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(line.trim(), { lastChunkHandling: "strict" });
  } catch (error) {
    throw new DataError(path, `not ${what}: a line is not base64`, { cause: error });
  }
}

export function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
