/**
 * New keys that older ones have signed. An aircraft that trusts the old one alone takes the new one by it.
 *
 * Each is six lines: the two of the `.pub` file and the four of its `.minisig` by the older key, so that
 * `minisign -Vm NEW.pub -p OLD.pub` says the same.
 *
 * @module
 */
import { keyIdText, parseSignature, readPublicKey, verifyFile } from "../../../core/mod.ts";
import { PackageError } from "../errors.ts";
import type { TrustedKey, TrustStore } from "./trust_folder.ts";

/** How the comment of such a signature begins: no other file that a key signs has it. */
export const SUCCESSOR_COMMENT = "gdn-key-successor ";
const LINES = 6;
const SUCCESSIONS_MAX = 16;

interface Succession {
  /** Content of the `.pub` file of the new key. */
  readonly publicText: string;
  /** Content of its `.minisig` by the older key. */
  readonly signatureText: string;
}

/** A key that is believed, and by which installed key. */
export interface BelievedKey extends TrustedKey {
  /** null: it is installed itself. */
  readonly successorOf: string | null;
}

export function encodeSuccessions(successions: readonly Succession[]): string {
  return successions.map(({ publicText, signatureText }) => publicText + signatureText).join("");
}

/** @throws PackageError */
export function parseSuccessions(text: string, path: string): Succession[] {
  const lines = text.split("\n").slice(0, -1);
  if (lines.length % LINES !== 0 || lines.length > LINES * SUCCESSIONS_MAX) {
    throw new PackageError(path, "does not hold keys and their signatures, six lines each");
  }
  return Array.from({ length: lines.length / LINES }, (_, i) => {
    const at = LINES * i;
    return {
      publicText: lines.slice(at, at + 2).join("\n") + "\n",
      signatureText: lines.slice(at + 2, at + LINES).join("\n") + "\n",
    };
  });
}

/**
 * The keys of the store and their successors, without those that are revoked; what a revoked key has signed
 * counts for nothing.
 *
 * @throws PackageError for a signature that is not genuine
 */
export function believedKeys(
  { keys, revoked }: TrustStore,
  successions: readonly Succession[],
  path: string,
): ReadonlyMap<string, BelievedKey> {
  const believed = new Map<string, BelievedKey>();
  for (const [id, key] of keys) {
    if (!revoked.has(id)) believed.set(id, { ...key, successorOf: null });
  }
  // In any order: each pass believes at least one more, or is the last.
  for (let before = -1; before !== believed.size;) {
    before = believed.size;
    for (const succession of successions) {
      const key = successorOf(succession, believed, path);
      if (key !== null && !revoked.has(key.id) && !believed.has(key.id)) believed.set(key.id, key);
    }
  }
  return believed;
}

/** null where it is not signed by a key that is believed. */
function successorOf(
  { publicText, signatureText }: Succession,
  believed: ReadonlyMap<string, BelievedKey>,
  path: string,
): BelievedKey | null {
  const signer = believed.get(keyIdText(parseSignature(signatureText, path).keyId));
  if (signer === undefined) return null;
  const content = new TextEncoder().encode(publicText);
  const verified = verifyFile(content, signatureText, signer.key, path);
  if (!verified.ok || !verified.trustedComment.startsWith(SUCCESSOR_COMMENT)) {
    const why = verified.ok ? "it is a signature of something else" : verified.reason;
    throw new PackageError(path, `names a key that ${signer.id} has not signed: ${why}`);
  }
  const key = readPublicKey(publicText, path);
  const id = keyIdText(key.keyId);
  return { name: id, id, key, successorOf: signer.successorOf ?? signer.id };
}
