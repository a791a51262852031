/**
 * Ed25519 keys of node:crypto from their 32 raw bytes.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

export const ED25519_SECRET_BYTES = 32;

/** PKCS #8 of an Ed25519 key up to its 32 secret bytes (RFC 8410). */
const PKCS8_PREFIX = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 raw bytes (RFC 8410). */
const SPKI_PREFIX = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/** The caller's `secret` (32 bytes) is not altered; the copy that is made here is overwritten. */
export function ed25519PrivateKey(secret: Uint8Array): KeyObject {
  const der = Buffer.alloc(PKCS8_PREFIX.length + ED25519_SECRET_BYTES);
  try {
    der.set(PKCS8_PREFIX);
    der.set(secret, PKCS8_PREFIX.length);
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } finally {
    der.fill(0);
  }
}

/** From 32 raw bytes. */
export function ed25519PublicKey(raw: Uint8Array): KeyObject {
  const der = Buffer.from([...SPKI_PREFIX, ...raw]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

/** The 32 raw bytes of the public half of `key`. */
export function ed25519PublicBytes(key: KeyObject): Uint8Array<ArrayBuffer> {
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return new Uint8Array(spki.subarray(SPKI_PREFIX.length));
}
