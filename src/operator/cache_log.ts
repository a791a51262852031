/**
 * Prints the tile cache's warnings as JSON lines on stderr: a rebuilt database, a clock that was
 * set back or files that could not be deleted must be noticed.
 *
 * @module
 */
import { createLogger } from "../core/mod.ts";
import type { TileCacheLogger } from "../tiles/workstation/tile_cache/mod.ts";

/** Events that the command itself reports, tile by tile, with the reason. */
const REPORTED_ELSEWHERE: ReadonlySet<string> = new Set(["c6.freshness.rejected"]);

/** `onInfo` receives events that are not printed. */
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
      if (!REPORTED_ELSEWHERE.has(event)) logger.warn(event, { ...fields });
    },
  };
}
