/**
 * Errors of reading a recorded flight. Damage inside a flight is not an error: it is reported, and
 * reading continues.
 *
 * @module
 */
import { EXIT, GdnError } from "../../core/mod.ts";

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
