/**
 * Options that several operator commands share.
 *
 * @module
 */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { type CommandIo, messageOf, UsageError } from "../core/mod.ts";

/**
 * Where the operator keeps everything (tile cache, scratch files) unless `--data` says otherwise: a
 * folder in the working directory, which the operator's permission set can read and write.
 */
export const DATA_DIRECTORY_DEFAULT = "data";

/**
 * Height of the flat ground over the ellipsoid where none is given: the same for packages and for
 * simulated flights, so that they fit each other.
 */
export const GROUND_HEIGHT_DEFAULT_M = 0;

/** For help texts. */
export const CACHE_OPTIONS_HELP =
  `  --data DIR           data folder of the tile cache (default: ${DATA_DIRECTORY_DEFAULT})
  --dsn DSN            PostgreSQL server instead of the embedded database`;

/** For help texts: commands that change tiles can tell the operator's own record of each. */
export const RECORD_HELP =
  `  --record             keep what became of every tile (c6.* records) in recorder/ in the data folder;
                       \`operator fdr info\` and \`fdr cat\` read it`;

/** What {@link RECORD_HELP} asks for, to be spread into the settings of the cache. */
export function recordOption(
  given: boolean | undefined,
  name: string,
  io: Pick<CommandIo, "err">,
): { readonly record?: { readonly name: string; readonly note: (line: string) => void } } {
  return given ? { record: { name, note: (line) => io.err(line) } } : {};
}

/** `parseArgs` of node:util whose faults are {@link UsageError}, and that takes "--centre -33.9,151". */
export function parseCommandLine<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: O,
) {
  try {
    return parseArgs({
      args: joinNegativeNumbers(args),
      options,
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}

/** "--centre", "-33.9,151" → "--centre=-33.9,151": a number is never a short option here. */
function joinNegativeNumbers(args: readonly string[]): string[] {
  const out: string[] = [];
  for (const arg of args) {
    const last = out.at(-1);
    if (/^-[\d.]/.test(arg) && last?.startsWith("--") && !last.includes("=")) {
      out[out.length - 1] = `${last}=${arg}`;
    } else {
      out.push(arg);
    }
  }
  return out;
}

/** A number within [minimum, maximum]; undefined where the option is absent. */
export function numberOption(
  name: string,
  text: string | undefined,
  range: { readonly minimum: number; readonly maximum: number; readonly integer?: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? NaN : Number(text);
  const right = value >= range.minimum && value <= range.maximum &&
    (!range.integer || Number.isInteger(value));
  if (!right) {
    throw new UsageError(
      `--${name} must be ${range.integer ? "a whole number" : "a number"} from ${range.minimum} ` +
        `to ${range.maximum}, got "${text}"`,
    );
  }
  return value;
}

/** "LAT,LON" in degrees; undefined where the option is absent. */
export function positionOption(
  name: string,
  text: string | undefined,
): { latitudeDeg: number; longitudeDeg: number } | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  const [latitudeDeg, longitudeDeg] = parts;
  if (
    parts.length !== 2 || !(Math.abs(latitudeDeg) <= 85) || !(Math.abs(longitudeDeg) <= 180)
  ) {
    throw new UsageError(
      `--${name} must be LAT,LON in degrees (latitude within ±85, longitude within ±180), ` +
        `got "${text}"`,
    );
  }
  return { latitudeDeg, longitudeDeg };
}

/** An ISO 8601 date or moment, UTC; undefined where the option is absent. */
export function dateOption(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text)
    ? new Date(text.includes("T") && !/(Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text)
    : new Date(NaN);
  // JavaScript takes the 30th of February for the 2nd of March.
  const day = new Date(`${text.slice(0, 10)}T00:00Z`);
  const exists = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
  if (Number.isNaN(date.getTime()) || !exists) {
    throw new UsageError(`--${name} must be a date like 2024-05-31, got "${text}"`);
  }
  return date;
}
