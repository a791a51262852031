/**
 * Flattens a payload to columns: nested objects by dots, short lists by element, longer ones as
 * JSON. Units are part of the payload's names (`heightM`, `velocityEnuMps`).
 *
 * @module
 */

type Cell = string | number | boolean | null;

const LIST_MAX = 36;
const DEPTH_MAX = 8;

/** Names of the elements of lists whose order has a meaning. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  velocityEnuMps: ["east", "north", "up"],
  covarianceEnM2: ["eastEast", "eastNorth", "northNorth"],
  localFromBody: ["w", "x", "y", "z"],
  bodyFromCamera: ["w", "x", "y", "z"],
};

/** Columns in the order of the payload. */
function flatten(payload: Readonly<Record<string, unknown>>): Map<string, Cell> {
  const columns = new Map<string, Cell>();
  put(columns, "", payload, 0);
  return columns;
}

/**
 * A batch of IMU samples has one list for each column: each sample becomes its own row. Every other
 * payload is one row.
 */
export function rowsOf(
  kind: string,
  payload: Readonly<Record<string, unknown>>,
): readonly Map<string, Cell>[] {
  const lists = Object.values(payload).filter(Array.isArray);
  if (kind !== "sensor.imu" || lists.length === 0) return [flatten(payload)];
  const length = Math.max(...lists.map((list) => list.length));
  return Array.from(
    { length },
    (_, row) =>
      flatten(Object.fromEntries(
        Object.entries(payload).map(([key, value]) => [
          key,
          Array.isArray(value) ? value[row] ?? null : value,
        ]),
      )),
  );
}

function put(columns: Map<string, Cell>, name: string, value: unknown, depth: number): void {
  if (value === null || value === undefined) columns.set(name, null);
  else if (typeof value !== "object") columns.set(name, value as Cell);
  else if (Array.isArray(value)) putList(columns, name, value);
  else if (depth >= DEPTH_MAX) columns.set(name, JSON.stringify(value));
  else {
    for (const [key, inner] of Object.entries(value)) {
      put(columns, name === "" ? key : `${name}.${key}`, inner, depth + 1);
    }
  }
}

function putList(columns: Map<string, Cell>, name: string, list: readonly unknown[]): void {
  const isPlain = list.length > 0 && list.length <= LIST_MAX &&
    list.every((item) => item === null || typeof item !== "object");
  if (!isPlain) {
    columns.set(name, JSON.stringify(list));
    return;
  }
  const parts = PARTS[name.slice(name.lastIndexOf(".") + 1)];
  for (const [index, item] of list.entries()) {
    const part = parts?.length === list.length ? parts[index] : String(index);
    columns.set(`${name}.${part}`, item as Cell);
  }
}

/** RFC 4180; null is empty, and an empty text is quoted, so that they differ. */
export function csvCell(cell: Cell | undefined): string {
  if (cell === undefined || cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  return cell === "" || /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
