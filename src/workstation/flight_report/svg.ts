/**
 * Helper functions for SVG and HTML markup.
 *
 * @module
 */

/** Text that cannot end an element or an attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** Shows control characters and those that change the direction of writing as `\u202e`. */
export function visibleText(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Text from a record: well formed, no longer than `length`, without hidden characters. */
export function shownText(text: string, length: number): string {
  const short = text.length > length ? `${text.slice(0, length - 1)}…` : text;
  return visibleText(short.toWellFormed());
}

/** A coordinate with two decimals at most. */
export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export type Point = readonly [x: number, y: number];

/** "x,y x,y …" of a polyline. */
export function pointList(points: readonly Point[]): string {
  return points.map(([x, y]) => `${coordinate(x)},${coordinate(y)}`).join(" ");
}

/** Ticks with steps of 1, 2 or 5 times a power of ten, about `count` of them, from 0 to `maximum`. */
export function ticks(maximum: number, count: number): number[] {
  return maximum > 0 ? ticksFrom(0, maximum, count) : [0];
}

/** The same between two values. */
export function ticksFrom(minimum: number, maximum: number, count: number): number[] {
  const span = maximum - minimum;
  if (!(span > 0 && Number.isFinite(span))) return [0];
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw) ?? raw;
  const first = Math.ceil(minimum / step - 1e-9), last = Math.floor(maximum / step + 1e-9);
  // Where the span is lost in the values' own precision there is nothing to divide.
  if (!(last - first <= 2 * count)) return [];
  return Array.from(
    { length: last - first + 1 },
    (_, i) => Number(((first + i) * step).toPrecision(12)),
  );
}

/** The largest 1, 2 or 5 times a power of ten that is at most `value`. */
export function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [5, 2, 1].map((factor) => factor * power).find((each) => each <= value) ?? power;
}
