/**
 * Signs a flight package: a detached signature of its manifest, which names the hash of every file.
 *
 * @module
 */
import {
  DataError,
  type MinisignSecretKey,
  removeIfPresent,
  replaceFile,
  signFile,
} from "../../core/mod.ts";
import {
  encodeStatement,
  encodeSuccessions,
  type Manifest,
  openFlightPackage,
  PACKAGE_PATHS,
  type PackageStatement,
  readManifestBytes,
  SIGNATURE_PATHS,
  type VerifyProgress,
} from "../../flight/flight_package/mod.ts";
import type { HeldKey } from "./key_folder.ts";

interface SignRequest extends Pick<PackageStatement, "aircraft" | "revokedKeys"> {
  readonly secretKey: MinisignSecretKey;
  /** Newest first: the key that signs, the one that signed it, …; empty where it is not of the folder. */
  readonly lineage: readonly HeldKey[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Of the name that the manifest has. */
  readonly counterOf: (name: string) => number;
}

/**
 * Verifies the package whole, then signs it; an older signature is replaced.
 *
 * @throws PackageError when it is not whole; errors of the file system
 */
export async function signPackage(
  path: string,
  request: SignRequest,
  onProgress?: (manifest: Manifest) => VerifyProgress,
): Promise<Omit<PackageStatement, "schema">> {
  const { manifest: { name }, manifestSha256 } = await openFlightPackage(path, onProgress);
  const { bytes, sha256 } = await readManifestBytes(path);
  if (sha256 !== manifestSha256) {
    throw new DataError(`${path}/${PACKAGE_PATHS.manifest}`, "was changed while it was signed");
  }
  const { aircraft, revokedKeys } = request;
  const statement = {
    name,
    counter: request.counterOf(name),
    manifestSha256,
    createdAt: request.createdAt.toISOString(),
    expiresAt: request.expiresAt.toISOString(),
    ...(aircraft === undefined ? {} : { aircraft }),
    ...(revokedKeys === undefined ? {} : { revokedKeys }),
  };
  const successions = request.lineage.flatMap(({ publicText, signatureText }) =>
    signatureText === null ? [] : [{ publicText, signatureText }]
  );
  const successionPath = `${path}/${SIGNATURE_PATHS.succession}`;
  if (successions.length === 0) await removeIfPresent(successionPath);
  else await write(successionPath, encodeSuccessions(successions));
  const signature = signFile(bytes, request.secretKey, encodeStatement(statement));
  await write(`${path}/${SIGNATURE_PATHS.signature}`, signature);
  return statement;
}

async function write(path: string, text: string): Promise<void> {
  await replaceFile(path, new TextEncoder().encode(text));
}
