/**
 * A golden table: a committed CSV of results, compared column by column.
 *
 * @module
 */

export interface Column {
  readonly name: string;
  /** Digits behind the point in the file; absent: text. */
  readonly decimals?: number;
  /** How far a number may lie from the committed one, in the column's unit. Text has to be equal. */
  readonly tolerance?: number;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (number | string)[])[];
}

/** One header line, one line a row; text holds no comma. */
export function csvOf({ columns, rows }: Table): string {
  const lines = rows.map((row) => columns.map((column, i) => cell(row[i], column)).join(","));
  return [columns.map(({ name }) => name).join(","), ...lines, ""].join("\n");
}

function cell(value: number | string, { name, decimals }: Column): string {
  if (typeof value === "number" && decimals !== undefined) {
    // No "-0.00": the sign of a zero says nothing.
    return value.toFixed(decimals).replace(/^-(0(\.0*)?)$/, "$1");
  }
  const text = String(value);
  if (/[,\n]/.test(text)) throw new Error(`column ${name}: ${text} does not fit into a CSV cell`);
  return text;
}

export interface Comparison {
  /** Cells beyond their tolerance, as sentences. */
  readonly misses: readonly string[];
  /** The largest difference of each column of numbers that differs at all. */
  readonly largest: readonly { readonly column: string; readonly difference: number }[];
  /** Cells whose text differs. */
  readonly texts: number;
}

/** Compares `table` with the committed file; a text that differs is a miss. */
export function compare(table: Table, committed: string): Comparison {
  const [header, ...expected] = committed.trimEnd().split("\n").map((line) => line.split(","));
  const actual = csvOf(table).trimEnd().split("\n").map((line) => line.split(",")).slice(1);
  const names = table.columns.map(({ name }) => name);
  if (header.join() !== names.join()) {
    return {
      misses: [`columns ${names.join()}, committed ${header.join()}`],
      largest: [],
      texts: 0,
    };
  }
  const misses: string[] = [];
  if (actual.length !== expected.length) {
    misses.push(`${actual.length} rows, committed ${expected.length}`);
  }
  const largest = new Map<string, number>();
  let texts = 0;
  for (const [i, row] of actual.slice(0, expected.length).entries()) {
    for (const [k, { name, decimals, tolerance = 0 }] of table.columns.entries()) {
      const was = expected[i][k];
      if (row[k] === was) continue;
      const difference = decimals === undefined ? NaN : Math.abs(Number(row[k]) - Number(was));
      if (Number.isNaN(difference)) texts++;
      else largest.set(name, Math.max(largest.get(name) ?? 0, difference));
      // Half a unit of the last digit: both were rounded.
      if (difference <= tolerance + 0.5 * 10 ** -(decimals ?? 0)) continue;
      misses.push(`row ${i + 1} (${names[0]} ${row[0]}), ${name}: ${row[k]}, committed ${was}`);
    }
  }
  return {
    misses,
    largest: [...largest].map(([column, difference]) => ({ column, difference })),
    texts,
  };
}

/** One line for a person: what differs from the committed file. */
export function summaryOf({ misses, largest, texts }: Comparison): string {
  const numbers = largest.map(({ column, difference }) => `${column} ${difference.toPrecision(2)}`);
  if (misses.length === 0 && numbers.length === 0 && texts === 0) return "as committed";
  return [
    `${misses.length} cells beyond their tolerance`,
    ...(texts > 0 ? [`${texts} texts differ`] : []),
    ...(numbers.length > 0 ? [`largest differences: ${numbers.join(", ")}`] : []),
  ].join("; ");
}
