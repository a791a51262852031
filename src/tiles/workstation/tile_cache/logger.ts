/**
 * The log interface that the tile cache writes to.
 *
 * @module
 */

/** Structured lines: an event name that never changes, and its fields. */
export interface TileCacheLogger {
  info(event: string, fields: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields: Readonly<Record<string, unknown>>): void;
}

export const silentLogger: TileCacheLogger = { info: () => {}, warn: () => {} };
