/**
 * The scenarios' rows as a table for a person.
 *
 * @module
 */
import type { Row } from "./contract.ts";

const HEADINGS = ["scenario", "criterion", "what", "bar", "figure", ""];

export function tableLines(rows: readonly Row[]): string[] {
  const cells = rows.map(({ name, criterion, what, bar, figure, passes }) => [
    name,
    criterion,
    what,
    bar,
    figure,
    passes ? "pass" : "FAIL",
  ]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column].length))
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd();
  return [line(HEADINGS), ...cells.map(line)];
}
