/**
 * Keys and signatures of flight packages for tests: without the passphrase, which costs half a second.
 *
 * @module
 */
import { randomFillSync } from "node:crypto";
import {
  ed25519PrivateKey,
  ed25519PublicBytes,
  keyIdText,
  type MinisignSecretKey,
  sha256Hex,
  signFile,
} from "../../src/core/mod.ts";
import { encodeStatement, SUCCESSOR_COMMENT } from "../../src/flight/flight_package/mod.ts";
import { type HeldKey, signPackage } from "../../src/workstation/package_signing/mod.ts";

export interface TestKey extends HeldKey {
  readonly secretKey: MinisignSecretKey;
}

/** With `predecessor` that one signs it. */
export function testKey(name: string, predecessor?: TestKey): TestKey {
  const keyId = randomFillSync(new Uint8Array(8)),
    key = ed25519PrivateKey(
      randomFillSync(new Uint8Array(32)),
    );
  const bytes = [...new TextEncoder().encode("Ed"), ...keyId, ...ed25519PublicBytes(key)];
  const publicText = `untrusted comment: ${name}\n${new Uint8Array(bytes).toBase64()}\n`;
  const id = keyIdText(keyId);
  return {
    name,
    id,
    isRevoked: false,
    successorOf: predecessor?.id ?? null,
    publicText,
    signatureText: predecessor === undefined ? null : signFile(
      new TextEncoder().encode(publicText),
      predecessor.secretKey,
      `${SUCCESSOR_COMMENT}${id}`,
    ),
    secretKey: { keyId, key },
  };
}

interface Signed {
  readonly counter?: number;
  /** From now. */
  readonly expiresInS?: number;
  readonly aircraft?: string[];
  readonly revokedKeys?: string[];
  /** Newest first; default: the key itself. */
  readonly lineage?: readonly TestKey[];
}

const DAY_S = 24 * 3600;

export async function signTestPackage(path: string, key: TestKey, signed: Signed = {}) {
  const { lineage = [key] } = signed;
  const { counter, createdAt, expiresAt, ...rest } = stated(signed);
  return await signPackage(path, {
    ...rest,
    secretKey: key.secretKey,
    lineage,
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    counterOf: () => counter,
  });
}

/** Without a look at the files, which `signPackage` verifies. */
export async function signManifest(path: string, key: TestKey, signed: Signed = {}): Promise<void> {
  const bytes = await Deno.readFile(`${path}/manifest.json`);
  const { name } = JSON.parse(new TextDecoder().decode(bytes));
  const statement = { ...stated(signed), name, manifestSha256: sha256Hex(bytes) };
  const text = signFile(bytes, key.secretKey, encodeStatement(statement));
  await Deno.writeTextFile(`${path}/manifest.json.minisig`, text);
}

function stated({ counter = 1, expiresInS = DAY_S, lineage: _, ...rest }: Signed) {
  const nowMs = Date.now();
  return {
    ...rest,
    counter,
    createdAt: new Date(Math.min(nowMs, nowMs + 1000 * (expiresInS - DAY_S))).toISOString(),
    expiresAt: new Date(nowMs + 1000 * expiresInS).toISOString(),
  };
}

/** A folder of keys as `airborne keys trust` makes it. */
export async function trustTestKeys(folder: string, keys: readonly TestKey[]): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.chmod(folder, 0o755);
  for (const { name, publicText } of keys) {
    await Deno.writeTextFile(`${folder}/${name}.pub`, publicText);
    await Deno.chmod(`${folder}/${name}.pub`, 0o644);
  }
  return folder;
}
