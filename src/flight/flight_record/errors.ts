/**
 * Errors of reading a recorded flight. Damage inside a flight is not an error: it is reported, and
 * reading continues.
 *
 * @module
 */
import { EXIT, GdnError, messageOf } from "../../core/mod.ts";

/** No record can be read: exit code 1, as in the `mcap` tool. */
export class NothingReadableError extends GdnError {
  constructor(path: string, reason: string) {
    super("FLIGHT_NOTHING_READABLE", `${path}: no record can be read: ${reason}`, {
      exitCode: EXIT.failure,
    });
  }
}

/** There is no such file or folder: exit code 66. */
export class FlightNotFoundError extends GdnError {
  constructor(path: string, cause: unknown) {
    super("FLIGHT_NOT_FOUND", `${path}: there is no such flight folder or file`, {
      cause,
      exitCode: EXIT.noInput,
    });
  }
}

/** The output exists already: exit code 73. */
export class OutputTakenError extends GdnError {
  constructor(path: string) {
    super(
      "OUTPUT_EXISTS",
      `Cannot write ${path}: it exists already; remove it or choose another name`,
      { exitCode: EXIT.cannotCreate },
    );
  }
}

/** The output cannot be written: exit code 74. */
export class OutputWriteError extends GdnError {
  constructor(path: string, cause: unknown) {
    super(
      "OUTPUT_WRITE",
      `Cannot write ${path}: ${
        messageOf(cause)
      }; no partial output remains: check the free space ` +
        "and the folder's permissions, then run it again",
      { cause, exitCode: EXIT.io },
    );
  }
}
