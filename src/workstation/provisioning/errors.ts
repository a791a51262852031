/**
 * Errors of provisioning.
 *
 * @module
 */
import { EXIT, type ExitCode, GdnError } from "../../core/mod.ts";

/** A package cannot be made from these tiles. */
export class ProvisioningError extends GdnError {
  constructor(message: string, options: { cause?: unknown; exitCode?: ExitCode } = {}) {
    super("PROVISIONING", `Cannot make the package: ${message}`, {
      cause: options.cause,
      exitCode: options.exitCode ?? EXIT.data,
    });
  }
}
