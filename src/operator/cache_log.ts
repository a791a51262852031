/**
 * What the tile cache tells the operator's user: warnings, as JSON lines on stderr. A database that was
 * made anew, a clock that was set back or files that could not be deleted must not pass unseen.
 *
 * @module
 */
import { createLogger } from "../core/mod.ts";
import type { TileCacheLogger } from "../tiles/workstation/tile_cache/mod.ts";

/** Told by the command itself, tile by tile, with its reason. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(["c6.freshness.rejected"]);

/** `onInfo` sees what is not worth a line. */
export function cacheLogger(
  onInfo: TileCacheLogger["info"] = () => {},
  sink: (line: string) => void = (line) => console.error(line),
): TileCacheLogger {
  const logger = createLogger({
    component: "tile_cache",
    level: "warn",
    sink,
    now: () => new Date(),
  });
  return {
    info: onInfo,
    warn(event, fields) {
      if (!TOLD_ELSEWHERE.has(event)) logger.warn(event, { ...fields });
    },
  };
}
