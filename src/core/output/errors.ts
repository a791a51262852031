/**
 * Errors of writing an output.
 *
 * @module
 */
import { EXIT, GdnError, messageOf } from "../errors.ts";

/** The name is taken by something that must not be replaced: exit code 73. */
export class OutputTakenError extends GdnError {
  constructor(path: string, state: string) {
    super("OUTPUT_EXISTS", `Cannot write ${path}: ${state}`, { exitCode: EXIT.cannotCreate });
  }
}

/** Another process is writing the same output, or holds a lock on its folder: exit code 75. */
export class OutputBusyError extends GdnError {
  constructor(path: string, state = "another process is writing it") {
    super("OUTPUT_BUSY", `Cannot write ${path}: ${state}; wait for it`, {
      exitCode: EXIT.tryAgain,
    });
  }
}

/** The disk is full, permissions are missing, or the like: exit code 74. */
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
