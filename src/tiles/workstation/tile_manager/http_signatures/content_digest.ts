/**
 * Writes and checks the Content-Digest of a body (RFC 9530): a structured-field dictionary of byte
 * sequences.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";

/** Active algorithms of RFC 9530; the others must not be used. */
const HASHES = { "sha-256": "sha256", "sha-512": "sha512" } as const;
export type DigestAlgorithm = keyof typeof HASHES;

export function contentDigest(
  body: Uint8Array,
  algorithm: DigestAlgorithm = "sha-256",
): string {
  return `${algorithm}=:${digest(body, algorithm).toString("base64")}:`;
}

/**
 * null when every digest of a known algorithm in the header matches the body, else the reason. A
 * header without any known algorithm proves nothing and is refused.
 */
export function contentDigestFault(header: string | null, body: Uint8Array): string | null {
  if (header === null) return "Content-Digest is missing";
  let known = 0;
  for (const member of header.split(",")) {
    const found = /^\s*([a-z0-9-]+)=:([A-Za-z0-9+/]*={0,2}):\s*$/.exec(member);
    if (found === null) return "Content-Digest is not a dictionary of byte sequences";
    const [, algorithm, text] = found;
    if (!(algorithm in HASHES)) continue;
    known++;
    const claimed = Buffer.from(text, "base64");
    const actual = digest(body, algorithm as DigestAlgorithm);
    if (claimed.length !== actual.length || !timingSafeEqual(claimed, actual)) {
      return `the body does not match its Content-Digest (${algorithm})`;
    }
  }
  return known === 0 ? "Content-Digest names no known algorithm" : null;
}

function digest(body: Uint8Array, algorithm: DigestAlgorithm): Buffer {
  return createHash(HASHES[algorithm]).update(body).digest();
}
