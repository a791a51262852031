/**
 * Who made a package, and whether this aircraft may fly it now: the signature of its manifest, held against
 * the keys that are trusted, and what it states against the time, the aircraft and what was flown before.
 * The files are none of its business: the manifest names their hashes.
 *
 * @module
 */
import {
  keyIdText,
  nullIfAbsent,
  parseSignature,
  readPlainTextFile,
  verifyFile,
} from "../../../core/mod.ts";
import { PACKAGE_PATHS } from "../contract.ts";
import { PackageError, PackageTrustError } from "../errors.ts";
import type { ManifestBytes } from "../manifest.ts";
import type { PackageTrust } from "./package_trust.ts";
import { type PackageStatement, parseStatement, SIGNATURE_PATHS } from "./statement.ts";
import { type BelievedKey, believedKeys, parseSuccessions } from "./succession.ts";
import type { TrustStore } from "./trust_folder.ts";

/** A signature has 8 KiB of comment at most, as minisign has. */
const SIGNATURE_BYTES_MAX = 16 * 1024;
const SUCCESSION_BYTES_MAX = 64 * 1024;

/** Of who checks a package for no aircraft of his own. */
export const ANY_AIRCRAFT = Symbol("any aircraft");

/** What a package is held against. */
export interface TrustDemands {
  readonly store: TrustStore;
  /** For when expiry is judged. */
  readonly at: Date;
  /** null: this aircraft has none; {@link ANY_AIRCRAFT}: nobody asks for which it is. */
  readonly aircraftId: string | typeof ANY_AIRCRAFT | null;
  /** Of the package of this name that was flown last; null: none was. */
  readonly counterFlown: (name: string) => number | null;
  /**
   * Takes a package that is not trusted, and says so: for simulation and recorded flights alone. A list: for
   * these reasons.
   */
  readonly allowUntrusted?: boolean | readonly string[];
  /** Takes a package that is older than the one flown last, and says so. */
  readonly allowRollback?: boolean;
  /** Takes one that has expired, and says so: after a reboot in flight. */
  readonly allowExpired?: boolean;
}

/**
 * @param manifest the bytes of manifest.json, and their SHA-256
 * @throws PackageError (exit 65) where signature or manifest is damaged, altered or of another schema;
 * PackageTrustError (exit 77) where the package must not be flown
 */
export async function checkTrust(
  packagePath: string,
  manifest: ManifestBytes,
  demands: TrustDemands,
): Promise<PackageTrust> {
  try {
    return await judge(packagePath, manifest, demands);
  } catch (error) {
    const { allowUntrusted = false } = demands;
    if (!(error instanceof PackageTrustError)) throw error;
    const isAllowed = typeof allowUntrusted === "boolean"
      ? allowUntrusted
      : allowUntrusted.includes(error.code);
    if (!isAllowed) throw error;
    return { kind: "untrusted", code: error.code, reason: error.reason };
  }
}

async function judge(
  packagePath: string,
  manifest: ManifestBytes,
  demands: TrustDemands,
): Promise<PackageTrust> {
  const path = `${packagePath}/${SIGNATURE_PATHS.signature}`;
  const signature = await readBeside(packagePath, SIGNATURE_PATHS.signature, SIGNATURE_BYTES_MAX);
  if (signature === null) {
    throw new PackageTrustError(
      "PACKAGE_UNSIGNED",
      packagePath,
      `is unsigned: anybody may have made it (${SIGNATURE_PATHS.signature} is missing); sign it with ` +
        "`operator package sign`",
    );
  }
  const key = await signerFor(packagePath, signature, demands.store);
  const verified = verifyFile(manifest.bytes, signature, key.key, path);
  if (!verified.ok) {
    if (verified.trustedComment === undefined) {
      const what = verified.reason === "the file was altered"
        ? "manifest.json or its signature was altered"
        : "what the signature states was altered";
      throw new PackageError(path, `is not genuine: ${what}; copy the package again`);
    }
    const { name, counter, manifestSha256 } = parseStatement(verified.trustedComment, path);
    throw new PackageError(
      `${packagePath}/${PACKAGE_PATHS.manifest}`,
      `is not the one that was signed: the signature is of package ${
        JSON.stringify(name)
      }, version ` +
        `${counter}, whose manifest has SHA-256 ${manifestSha256}; copy the package again`,
    );
  }
  const statement = parseStatement(verified.trustedComment, path);
  return { kind: "trusted", key, statement, warning: warningOf(packagePath, statement, demands) };
}

/** What the signature states and whose it says that it is, unverified; null where there is none. */
export async function readStatement(
  packagePath: string,
): Promise<{ readonly keyId: string; readonly statement: PackageStatement } | null> {
  const path = `${packagePath}/${SIGNATURE_PATHS.signature}`;
  const text = await readBeside(packagePath, SIGNATURE_PATHS.signature, SIGNATURE_BYTES_MAX);
  if (text === null) return null;
  const { keyId, trustedComment } = parseSignature(text, path);
  return { keyId: keyIdText(keyId), statement: parseStatement(trustedComment, path) };
}

async function signerFor(
  packagePath: string,
  signature: string,
  store: TrustStore,
): Promise<BelievedKey> {
  const path = `${packagePath}/${SIGNATURE_PATHS.signature}`;
  const signer = keyIdText(parseSignature(signature, path).keyId);
  if (store.revoked.has(signer)) {
    throw new PackageTrustError(
      "PACKAGE_KEY_REVOKED",
      path,
      `was made with key ${signer}, which is revoked; sign the package with another key`,
    );
  }
  const text = await readBeside(packagePath, SIGNATURE_PATHS.succession, SUCCESSION_BYTES_MAX);
  const from = `${packagePath}/${SIGNATURE_PATHS.succession}`;
  const successions = text === null ? [] : parseSuccessions(text, from);
  const key = believedKeys(store, successions, from).get(signer);
  if (key !== undefined) return key;
  throw new PackageTrustError(
    "PACKAGE_KEY_UNKNOWN",
    path,
    `was made with key ${signer}, which is not trusted here; if it is yours, install it ` +
      "(`airborne keys trust FILE.pub` on the aircraft)",
  );
}

/** What the statement says against this flight: allowed with a warning, or refused. */
function warningOf(
  packagePath: string,
  statement: PackageStatement,
  demands: TrustDemands,
): string | null {
  const { at, aircraftId, counterFlown } = demands;
  const { name, counter, createdAt, expiresAt, aircraft } = statement;
  const path = `${packagePath}/${SIGNATURE_PATHS.signature}`;
  const isForOthers = aircraft !== undefined && aircraftId !== ANY_AIRCRAFT &&
    (aircraftId === null || !aircraft.includes(aircraftId));
  if (isForOthers) {
    const here = aircraftId === null
      ? "and this one has no id (trust.aircraftId)"
      : `and this is ${aircraftId}`;
    throw new PackageTrustError(
      "PACKAGE_OTHER_AIRCRAFT",
      path,
      `is for aircraft ${aircraft.join(", ")} alone, ${here}; sign the package for this one`,
    );
  }
  const warnings: string[] = [];
  const flown = counterFlown(name);
  if (flown !== null && counter < flown) {
    const text =
      `${JSON.stringify(name)} version ${counter} is older than version ${flown}, which was ` +
      "flown here";
    if (!demands.allowRollback) {
      throw new PackageTrustError(
        "PACKAGE_ROLLED_BACK",
        path,
        `${text}; copy the newer one, or fly the older one on purpose with --allow-rollback`,
      );
    }
    warnings.push(text);
  }
  if (at.getTime() > Date.parse(expiresAt)) {
    if (!demands.allowExpired) {
      throw new PackageTrustError(
        "PACKAGE_EXPIRED",
        path,
        `expired on ${expiresAt} (now ${at.toISOString()}); sign it anew, after a look at its tiles`,
      );
    }
    warnings.push(`it expired on ${expiresAt}`);
  }
  // Days: a workstation's clock may be wrong by as much as nobody notices.
  if (at.getTime() < Date.parse(createdAt) - CLOCK_TOLERANCE_MS) {
    warnings.push(
      `this computer's clock (${at.toISOString()}) stands before the signature (${createdAt}): whether the ` +
        "package has expired is not known",
    );
  }
  return warnings.length === 0 ? null : warnings.join("; ");
}

const CLOCK_TOLERANCE_MS = 24 * 3600 * 1000;

async function readBeside(
  packagePath: string,
  name: string,
  bytesMax: number,
): Promise<string | null> {
  return await nullIfAbsent(
    readPlainTextFile(`${packagePath}/${name}`, { within: packagePath, bytesMax }),
  );
}
