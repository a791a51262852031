/**
 * Readers of values on a command line. They are strict: nothing empty, nothing behind the value,
 * every number within its range.
 *
 * @module
 */

/** What a reader returns for text that it does not take; `reason` says more than the form does. */
export class Refused {
  constructor(readonly reason: string | null = null) {}
}

export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

export interface LatitudeLongitude {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

/** Degrees, WGS84; `westDeg` > `eastDeg` where it crosses the antimeridian. */
export interface GeographicBox {
  readonly southDeg: number;
  readonly westDeg: number;
  readonly northDeg: number;
  readonly eastDeg: number;
}

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** A decimal number: neither "", "1e", "0x10", "NaN" nor "Infinity". */
export function readNumber(text: string, { minimum, maximum }: Range): number | Refused {
  const trimmed = text.trim();
  const value = DECIMAL.test(trimmed) ? Number(trimmed) : NaN;
  return value >= minimum && value <= maximum ? value : new Refused();
}

export function readInteger(text: string, range: Range): number | Refused {
  const value = readNumber(text, range);
  return value instanceof Refused || Number.isSafeInteger(value) ? value : new Refused();
}

/** Parts between commas, each read by `readPart`; an empty part is refused like any other. */
export function readList<T>(
  text: string,
  readPart: (part: string) => T | Refused,
): readonly T[] | Refused {
  const values: T[] = [];
  for (const part of text.split(",")) {
    const value = readPart(part);
    if (value instanceof Refused) {
      return new Refused(value.reason ?? (part.trim() === "" ? "one of them is empty" : null));
    }
    values.push(value);
  }
  return values;
}

const ANY: Range = { minimum: -Infinity, maximum: Infinity };

/** Exactly `count` numbers between commas. */
function readNumbers(text: string, count: number): readonly number[] | Refused {
  const numbers = readList(text, (part) => readNumber(part, ANY));
  if (numbers instanceof Refused || numbers.length === count) return numbers;
  return new Refused(`it holds ${numbers.length} numbers`);
}

/** "LAT,LON", degrees. */
export function readPosition(text: string, latitudeMaxDeg: number): LatitudeLongitude | Refused {
  const numbers = readNumbers(text, 2);
  if (numbers instanceof Refused) return numbers;
  const [latitudeDeg, longitudeDeg] = numbers;
  const fault = latitudeFault(latitudeDeg, latitudeMaxDeg) ?? longitudeFault(longitudeDeg);
  return fault === null ? { latitudeDeg, longitudeDeg } : new Refused(fault);
}

/** "LAT,LON;LAT,LON;…", at least `least` of them. */
export function readPositions(
  text: string,
  { latitudeMaxDeg, least }: { readonly latitudeMaxDeg: number; readonly least: number },
): readonly LatitudeLongitude[] | Refused {
  const positions: LatitudeLongitude[] = [];
  for (const pair of text.split(";")) {
    const position = readPosition(pair, latitudeMaxDeg);
    if (position instanceof Refused) {
      const why = position.reason === null ? "" : `: ${position.reason}`;
      return new Refused(`position ${positions.length + 1} is "${pair}"${why}`);
    }
    positions.push(position);
  }
  return positions.length < least ? new Refused(`it needs at least ${least} positions`) : positions;
}

/** "SOUTH,WEST,NORTH,EAST", degrees. */
export function readArea(text: string, latitudeMaxDeg: number): GeographicBox | Refused {
  const numbers = readNumbers(text, 4);
  if (numbers instanceof Refused) return numbers;
  const [southDeg, westDeg, northDeg, eastDeg] = numbers;
  const fault = latitudeFault(southDeg, latitudeMaxDeg) ??
    latitudeFault(northDeg, latitudeMaxDeg) ??
    longitudeFault(westDeg) ?? longitudeFault(eastDeg);
  if (fault !== null) return new Refused(fault);
  if (southDeg > northDeg) {
    return new Refused(`its south edge, ${southDeg}, lies north of its north edge, ${northDeg}`);
  }
  if (southDeg === northDeg) return new Refused("it is empty: south and north are the same");
  if (westDeg === eastDeg) return new Refused("it is empty: west and east are the same");
  return { southDeg, westDeg, northDeg, eastDeg };
}

function latitudeFault(value: number, maximum: number): string | null {
  return Math.abs(value) <= maximum ? null : `the latitude ${value} is not within ±${maximum}`;
}

function longitudeFault(value: number): string | null {
  return Math.abs(value) <= 180 ? null : `the longitude ${value} is not within ±180`;
}

/** A day or a moment of ISO 8601; UTC where it names no zone. */
export function readDate(text: string): Date | Refused {
  const parts = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(
    text,
  );
  if (parts === null) return new Refused();
  const [, day, time, , , zone] = parts;
  const date = new Date(time !== undefined && zone === undefined ? `${text}Z` : text);
  if (Number.isNaN(date.getTime())) return new Refused();
  // JavaScript takes the 30th of February for the 2nd of March.
  const there = new Date(`${day}T00:00Z`);
  const exists = !Number.isNaN(there.getTime()) && there.toISOString().startsWith(day);
  return exists ? date : new Refused("there is no such day");
}

const BYTES_OF: Readonly<Record<string, number>> = {
  "": 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
};

/** "500000000", "500MB", "1.5GiB". */
export function readBytes(text: string): number | Refused {
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]i?b)?$/i.exec(text.trim());
  if (match === null) return new Refused();
  const bytes = Math.round(Number(match[1]) * BYTES_OF[(match[2] ?? "").toUpperCase()]);
  return Number.isSafeInteger(bytes) ? bytes : new Refused("it is too large");
}

export function readUuid(text: string): string | Refused {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
    ? text.toLowerCase()
    : new Refused();
}
