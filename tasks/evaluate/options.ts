/**
 * Command line of `deno task evaluate`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { messageOf, UsageError } from "../../src/core/mod.ts";

export const EVALUATE_HELP = `deno task evaluate [options]

Flies and measures: map tiles → flight package → simulated flight → airborne replay → figures against
the truth. Without --map: the whole suite, as far as ../shared/data holds it.

  --map IMAGE          what the tiles are cut from (PNG or JPEG, north up)
  --world IMAGE        what the camera sees: the same ground, maybe years later
  --centre LAT,LON     middle of both pictures, degrees
  --gsd M              metres per pixel of both pictures
  --aircraft KIND      fixed_wing or multirotor (default: fixed_wing)
  --agl M              height above the ground (default: 130)
  --fov DEG            horizontal field of view (default: 60)
  --distance M         length of the flight (default: 3000)
  --seed N             seed of the simulation (default: 1)
  --no-prior           nothing is known at the start but heading and height
  --only PATTERN       of the suite only the cases whose name matches (a regular expression)
  --tiles              the flights make tiles as well (airborne replay --make-tiles); where these lie is
                       measured by pose and by picture, and told in a table of its own (criterion N7)
  --keep               keep the work folder and say where it is
  --json               one JSON object per flight on stdout and nothing else

Exit code: 0 when every flight could be measured (missed bars are printed), 1 when one failed, 64 for
a wrong command line; with --map the code of what failed (65 bad data, 66 no such file).`;

const OPTIONS = {
  map: { type: "string" },
  world: { type: "string" },
  centre: { type: "string" },
  gsd: { type: "string" },
  aircraft: { type: "string" },
  agl: { type: "string" },
  fov: { type: "string" },
  distance: { type: "string" },
  seed: { type: "string" },
  "no-prior": { type: "boolean" },
  only: { type: "string" },
  tiles: { type: "boolean" },
  keep: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

export type Aircraft = "fixed_wing" | "multirotor";

export interface FlightRequest {
  readonly aircraft: Aircraft;
  readonly aglM: number;
  readonly fovDeg: number;
  readonly distanceM: number;
  readonly seed: number;
  readonly prior: boolean;
}

export interface EvaluateOptions {
  readonly help: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly tiles: boolean;
  readonly only: RegExp | null;
  /** null: the suite. */
  readonly ground: {
    readonly map: string;
    readonly world: string;
    readonly centre: string;
    readonly gsdM: number;
  } | null;
  readonly flight: FlightRequest;
}

/** Paths in it are as typed. @throws UsageError */
export function evaluateOptions(args: readonly string[]): EvaluateOptions {
  const values = parse(args);
  const flight: FlightRequest = {
    aircraft: aircraft(values.aircraft),
    aglM: number("agl", values.agl, 130, 10, 5000),
    fovDeg: number("fov", values.fov, 60, 10, 120),
    distanceM: number("distance", values.distance, 3000, 50, 1_000_000),
    seed: number("seed", values.seed, 1, 0, Number.MAX_SAFE_INTEGER, true),
    prior: !values["no-prior"],
  };
  return {
    help: values.help ?? false,
    json: values.json ?? false,
    keep: values.keep ?? false,
    tiles: values.tiles ?? false,
    only: pattern(values.only),
    ground: ground(values),
    flight,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: joinNegative(args), options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${messageOf(error)}; see --help`, { cause: error });
  }
}

/** "--centre" "-33.9,151.2": the number is the option's value, not another option. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1);
    const isValue = /^-[\d.]/.test(arg) && last?.startsWith("--") && !last.includes("=");
    if (isValue) joined[joined.length - 1] = `${last}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

const GROUND_KEYS = ["map", "world", "centre", "gsd"] as const;
const FLIGHT_KEYS = ["aircraft", "agl", "fov", "distance", "seed", "no-prior"] as const;

function ground(values: ReturnType<typeof parse>): EvaluateOptions["ground"] {
  const { map, world, centre: centreText, gsd } = values;
  const given = GROUND_KEYS.filter((key) => values[key] !== undefined);
  if (given.length === 0) {
    const flightKey = FLIGHT_KEYS.find((key) => values[key] !== undefined);
    if (flightKey !== undefined) {
      throw new UsageError(
        `--${flightKey} needs a ground: give --map, --world, --centre and --gsd`,
      );
    }
    return null;
  }
  if (
    map === undefined || world === undefined || centreText === undefined || gsd === undefined
  ) {
    const missing = GROUND_KEYS.filter((key) => values[key] === undefined);
    throw new UsageError(
      `--${given[0]} needs ${missing.map((key) => `--${key}`).join(", ")} beside it`,
    );
  }
  if (values.only !== undefined) {
    throw new UsageError("--only chooses from the suite, not with --map");
  }
  return { map, world, centre: centre(centreText), gsdM: number("gsd", gsd, NaN, 0.005, 50) };
}

function centre(text: string): string {
  const parts = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  if (parts.length !== 2 || !(Math.abs(parts[0]) <= 85) || !(Math.abs(parts[1]) <= 180)) {
    throw new UsageError(
      `--centre must be LAT,LON in degrees (latitude within ±85, longitude within ±180), got "${text}"`,
    );
  }
  return parts.join(",");
}

function aircraft(text: string | undefined): Aircraft {
  if (text === undefined) return "fixed_wing";
  if (text === "fixed_wing" || text === "multirotor") return text;
  throw new UsageError(`--aircraft must be fixed_wing or multirotor, got "${text}"`);
}

function number(
  name: string,
  text: string | undefined,
  otherwise: number,
  minimum: number,
  maximum: number,
  whole = false,
): number {
  if (text === undefined) return otherwise;
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value >= minimum && value <= maximum) || (whole && !Number.isSafeInteger(value))) {
    const kind = whole ? "a whole number" : "a number";
    throw new UsageError(`--${name} must be ${kind} from ${minimum} to ${maximum}, got "${text}"`);
  }
  return value;
}

function pattern(text: string | undefined): RegExp | null {
  if (text === undefined) return null;
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--only must be a regular expression: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
