/**
 * Errors of flight packages.
 *
 * @module
 */
import { DataError } from "../../core/mod.ts";

/** A package that is incomplete, altered or of another version; `path` names the file. Exit 65. */
export class PackageError extends DataError {
  constructor(path: string, message: string, options: { cause?: unknown } = {}) {
    super(path, message, { ...options, code: "PACKAGE" });
  }
}
