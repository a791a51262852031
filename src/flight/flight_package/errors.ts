/**
 * Errors of flight packages.
 *
 * @module
 */
import { DataError, EXIT, GdnError, inOneLine } from "../../core/mod.ts";

/** A package that is incomplete, altered or of another version; `path` names the file. Exit 65. */
export class PackageError extends DataError {
  constructor(path: string, message: string, options: { cause?: unknown } = {}) {
    super(path, message, { ...options, code: "PACKAGE" });
  }
}

/** Why a package must not be flown, although its files are whole. */
export type PackageTrustCode =
  | "PACKAGE_UNSIGNED"
  | "PACKAGE_KEY_UNKNOWN"
  | "PACKAGE_KEY_REVOKED"
  | "PACKAGE_EXPIRED"
  | "PACKAGE_ROLLED_BACK"
  | "PACKAGE_OTHER_AIRCRAFT";

/** A package that is whole, and not to be flown here and now. Exit 77. */
export class PackageTrustError extends GdnError {
  declare readonly code: PackageTrustCode;
  /** The message without the path. */
  readonly reason: string;

  constructor(code: PackageTrustCode, path: string, reason: string) {
    super(code, `${inOneLine(path)}: ${reason}`, { exitCode: EXIT.refused });
    this.reason = reason;
  }
}
