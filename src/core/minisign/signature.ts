/**
 * Signs and verifies as minisign does: one Ed25519 signature over the BLAKE2b-512 of the file, a
 * second over the first and the trusted comment.
 *
 * @module
 */
import { createHash, sign, timingSafeEqual, verify } from "node:crypto";
import { DataError } from "../errors.ts";
import { ascii, base64Line, type MinisignPublicKey, type MinisignSecretKey } from "./keys.ts";

const UNTRUSTED = "untrusted comment: ";
const TRUSTED = "trusted comment: ";
const SIGNATURE_BYTES = 2 + 8 + 64;
const WHOLE_BYTES = 64;

type Verification =
  | { readonly ok: true; readonly trustedComment: string }
  | {
    readonly ok: false;
    readonly reason: string;
    /** Where the signature is genuine, and of another file: what it says of that one. */
    readonly trustedComment?: string;
  };

/** The text of the `.minisig` file; the same arguments give the same text. */
export function signFile(
  content: Uint8Array,
  secretKey: MinisignSecretKey,
  trustedComment: string,
): string {
  if (/[\r\n]/.test(trustedComment)) throw new RangeError("A trusted comment is one line");
  const signature = sign(null, prehash(content), secretKey.key);
  const whole = sign(null, joined(signature, encode(trustedComment)), secretKey.key);
  return [
    `${UNTRUSTED}signature of gps-denied-onboard`,
    joined(encode("ED"), secretKey.keyId, signature).toBase64(),
    `${TRUSTED}${trustedComment}`,
    new Uint8Array(whole).toBase64(),
    "",
  ].join("\n");
}

/** @throws DataError when `signatureText` is not a signature file; `path` names it in messages */
export function verifyFile(
  content: Uint8Array,
  signatureText: string,
  publicKey: MinisignPublicKey,
  path: string,
): Verification {
  const { keyId, signature, trustedComment, whole } = parseSignature(signatureText, path);
  if (!timingSafeEqual(keyId, publicKey.keyId)) {
    return { ok: false, reason: "it was signed with another key" };
  }
  const isComplete = verify(
    null,
    joined(signature, encode(trustedComment)),
    publicKey.key,
    whole,
  );
  if (!verify(null, prehash(content), publicKey.key, signature)) {
    const reason = "the file was altered";
    return isComplete ? { ok: false, reason, trustedComment } : { ok: false, reason };
  }
  if (!isComplete) return { ok: false, reason: "the trusted comment was altered" };
  return { ok: true, trustedComment };
}

/** The parts of a signature: `keyId` and `trustedComment` are what it says of itself. @throws DataError */
export function parseSignature(signatureText: string, path: string) {
  const lines = signatureText.split(/\r?\n/);
  if (
    lines.length < 4 || !lines[0].startsWith(UNTRUSTED) || !lines[2].startsWith(TRUSTED)
  ) throw new DataError(path, "not a minisign signature: it has four lines, two of them comments");
  const bytes = base64Line(lines[1], path, "a minisign signature");
  const whole = base64Line(lines[3], path, "a minisign signature");
  if (bytes.length !== SIGNATURE_BYTES || ascii(bytes.subarray(0, 2)) !== "ED") {
    throw new DataError(path, "not a minisign signature of the prehashed kind (ED)");
  }
  if (whole.length !== WHOLE_BYTES) {
    throw new DataError(path, "not a minisign signature: the one of its comment is cut");
  }
  return {
    keyId: bytes.slice(2, 10),
    signature: bytes.subarray(10),
    trustedComment: lines[2].slice(TRUSTED.length),
    whole,
  };
}

function prehash(content: Uint8Array): Uint8Array {
  return createHash("blake2b512").update(content).digest();
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}
