/**
 * Makes key pairs as `minisign -G` does: the secret half encrypted with a password.
 *
 * @module
 */
import { randomFillSync, scryptSync } from "node:crypto";
import { blake2b } from "@noble/hashes/blake2.js";
import { ED25519_SECRET_BYTES, ed25519PrivateKey, ed25519PublicBytes } from "../ed25519.ts";
import { KEY_ID_BYTES, type KeyId, keyIdText, SEALED_BYTES } from "./keys.ts";

/**
 * scrypt with N 2^17, r 8, p 1: 128 MiB and about half a second, the least that OWASP's Password Storage
 * Cheat Sheet names. minisign itself takes 1 GiB and reads these limits from the file.
 */
const COST = 2 ** 17;
const BLOCK_SIZE = 8;
/** libsodium's limits from which minisign derives the three numbers above. */
const OPERATIONS_LIMIT = 4n * BigInt(COST) * BigInt(BLOCK_SIZE);
const MEMORY_LIMIT = 128n * BigInt(COST) * BigInt(BLOCK_SIZE);
const SALT_BYTES = 32;

interface KeyPairFiles {
  readonly keyId: KeyId;
  /** Content of the `.pub` file. */
  readonly publicText: string;
  /** Content of the `.key` file: of use only with the password. */
  readonly secretText: string;
}

/** `password`: UTF-8, without a line end; the caller overwrites it. */
export function createKeyPair(password: Uint8Array): KeyPairFiles {
  const keyId = randomFillSync(new Uint8Array(KEY_ID_BYTES));
  const seed = randomFillSync(new Uint8Array(ED25519_SECRET_BYTES));
  const sealed = new Uint8Array(SEALED_BYTES);
  try {
    const publicBytes = ed25519PublicBytes(ed25519PrivateKey(seed));
    sealed.set(keyId);
    sealed.set(seed, KEY_ID_BYTES);
    sealed.set(publicBytes, KEY_ID_BYTES + seed.length);
    const checksum = blake2b.create({ dkLen: 32 }).update(ALGORITHM)
      .update(sealed.subarray(0, KEY_ID_BYTES + 64)).digest();
    sealed.set(checksum, KEY_ID_BYTES + 64);
    const name = keyIdText(keyId);
    return {
      keyId,
      publicText: twoLines(`minisign public key ${name}`, [ALGORITHM, keyId, publicBytes]),
      secretText: twoLines(
        `minisign encrypted secret key ${name}`,
        sealedParts(sealed, password),
      ),
    };
  } finally {
    seed.fill(0);
    sealed.fill(0);
  }
}

const ALGORITHM = new TextEncoder().encode("Ed");

/** Encrypts `sealed` in place. */
function sealedParts(sealed: Uint8Array, password: Uint8Array): Uint8Array[] {
  const salt = randomFillSync(new Uint8Array(SALT_BYTES));
  const stream = scryptSync(password, salt, SEALED_BYTES, {
    N: COST,
    r: BLOCK_SIZE,
    p: 1,
    maxmem: 2 * Number(MEMORY_LIMIT),
  });
  for (let i = 0; i < SEALED_BYTES; i++) sealed[i] ^= stream[i];
  stream.fill(0);
  const limits = new DataView(new ArrayBuffer(16));
  limits.setBigUint64(0, OPERATIONS_LIMIT, true);
  limits.setBigUint64(8, MEMORY_LIMIT, true);
  const kinds = new TextEncoder().encode("EdScB2");
  return [kinds, salt, new Uint8Array(limits.buffer), sealed];
}

function twoLines(comment: string, parts: readonly Uint8Array[]): string {
  const bytes = new Uint8Array(parts.flatMap((part) => [...part]));
  return `untrusted comment: ${comment}\n${bytes.toBase64()}\n`;
}
