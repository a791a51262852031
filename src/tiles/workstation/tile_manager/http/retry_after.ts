/**
 * Parses Retry-After (RFC 9110, 10.2.3): whole seconds, or a date.
 *
 * @module
 */

/** Longer waits are capped: a provider that asks for a year is tried again after a day. */
const WAIT_S_MAX = 24 * 3600;

/** Seconds to wait; 0 for a time that is past; null when the header is absent or malformed. */
export function retryAfterSeconds(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,15}$/.test(text)) return Math.min(WAIT_S_MAX, Number(text));
  // Only the date forms of HTTP: Date.parse() accepts many other texts as dates.
  if (!/^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/.test(text)) return null;
  const atMs = Date.parse(text);
  if (!Number.isFinite(atMs)) return null;
  return Math.min(WAIT_S_MAX, Math.max(0, Math.ceil((atMs - nowMs) / 1000)));
}
