/**
 * Faults of the flight recorder that its callers see.
 *
 * @module
 */
import { EXIT, GdnError, messageOf } from "../core/mod.ts";

/** The recorder cannot open: an aircraft never arms without it (exit code 2). */
export class FdrOpenError extends GdnError {
  constructor(folder: string, cause: unknown) {
    super(
      "FDR_OPEN",
      `flight recorder cannot open ${folder}: ${messageOf(cause)}`,
      { cause, exitCode: EXIT.recorderOpen },
    );
  }
}

/** A kind that the registry does not list, or one that may never be recorded. */
export class FdrKindError extends GdnError {
  constructor(kind: string, state: string) {
    super("FDR_KIND", `Cannot record the kind "${kind}": ${state}`, { exitCode: EXIT.software });
  }
}

/** A record after close, or a second close. */
export class FdrClosedError extends GdnError {
  constructor(action: string) {
    super("FDR_CLOSED", `Cannot ${action}: the flight recorder is closed`, {
      exitCode: EXIT.software,
    });
  }
}
