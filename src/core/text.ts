/**
 * Figures as text for people.
 *
 * @module
 */

const UNITS = ["kB", "MB", "GB", "TB"];

/** Three digits, decimal units: "812 B", "1.00 kB", "12.4 MB". */
export function bytesText(bytes: number): string {
  if (Math.abs(bytes) < 1000) return `${bytes} B`;
  let value = bytes / 1000, unit = 0;
  // 999.6 would become "1.00e+3".
  for (; Math.abs(value) >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000;
  const text = Math.abs(value) < 999.5 ? value.toPrecision(3) : value.toFixed(0);
  return `${text} ${UNITS[unit]}`;
}

/** "1 record", "12,345 records". */
export function countText(count: number, word: string): string {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
