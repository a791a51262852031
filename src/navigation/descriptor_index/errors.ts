/**
 * Errors of the descriptor index. The root of the tile cache's family stands here, in the part of C6
 * that both executables carry.
 *
 * @module
 */
import { EXIT, type ExitCode, GdnError } from "../../core/mod.ts";

/** Any fault of the tile cache, but not of building an index. */
export class TileCacheError extends GdnError {
  constructor(
    code: string,
    message: string,
    options: { cause?: unknown; exitCode?: ExitCode } = {},
  ) {
    super(code, message, options);
  }
}

/** The index cannot be searched: files absent, altered, of another kind, or nothing is loaded. */
export class IndexUnavailableError extends TileCacheError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("INDEX_UNAVAILABLE", message, { ...options, exitCode: EXIT.data });
  }
}

/** The index cannot be built; outside of the family on purpose: a builder's fault, not a reader's. */
export class IndexBuildError extends GdnError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("INDEX_BUILD", message, { ...options, exitCode: EXIT.data });
  }
}
