/**
 * Writes and checks the Content-Digest of a body (RFC 9530): a structured-field dictionary of byte
 * sequences.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { type Dictionary, parseDictionary, serializeDictionary } from "structured-headers";

/** Active algorithms of RFC 9530; the others must not be used. */
const HASHES = { "sha-256": "sha256", "sha-512": "sha512" } as const;
type DigestAlgorithm = keyof typeof HASHES;

export function contentDigest(
  body: Uint8Array,
  algorithm: DigestAlgorithm = "sha-256",
): string {
  return serializeDictionary({ [algorithm]: new Uint8Array(digest(body, algorithm)) });
}

const NO_DICTIONARY = "Content-Digest is not a dictionary of byte sequences";

/**
 * null when every digest of a known algorithm in the header matches the body, else the reason. A
 * header without any known algorithm proves nothing and is refused.
 */
export function contentDigestFault(header: string | null, body: Uint8Array): string | null {
  if (header === null) return "Content-Digest is missing";
  let members: Dictionary;
  try {
    members = parseDictionary(header);
  } catch {
    return NO_DICTIONARY;
  }
  let known = 0;
  for (const [algorithm, [claimed]] of members) {
    if (!(claimed instanceof ArrayBuffer)) return NO_DICTIONARY;
    if (!(algorithm in HASHES)) continue;
    known++;
    const actual = digest(body, algorithm as DigestAlgorithm);
    if (claimed.byteLength !== actual.length || !timingSafeEqual(new Uint8Array(claimed), actual)) {
      return `the body does not match its Content-Digest (${algorithm})`;
    }
  }
  return known === 0 ? "Content-Digest names no known algorithm" : null;
}

function digest(body: Uint8Array, algorithm: DigestAlgorithm): Buffer {
  return createHash(HASHES[algorithm]).update(body).digest();
}
