/**
 * GPS time of a UTC moment.
 *
 * @module
 */

const GPS_EPOCH_MS = Date.UTC(1980, 0, 6);
/** GPS time is ahead of UTC by the leap seconds since 1980: 18 since 2017. */
const LEAP_MS = 18_000;
const WEEK_MS = 7 * 24 * 3600 * 1000;

export function gpsTime(utc: Date): { readonly week: number; readonly weekMs: number } {
  const sinceMs = utc.getTime() - GPS_EPOCH_MS + LEAP_MS;
  const week = Math.floor(sinceMs / WEEK_MS);
  return { week, weekMs: Math.floor(sinceMs - week * WEEK_MS) };
}
