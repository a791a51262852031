/**
 * Command line of `deno task evaluate`.
 *
 * @module
 */
import { messageOf, option, type OptionValues, Refused, UsageError } from "../../src/core/mod.ts";

import type { Aircraft, FlightRequest } from "../../src/workstation/evaluation/mod.ts";

import { WORKERS_OPTIONS, type WorkersPlace, workersPlace } from "./workers.ts";

const GROUND_GROUP = "One flight, instead of the suite";

export const EVALUATE_OPTIONS = {
  only: option.custom({ form: "a regular expression", read: readPattern }, {
    placeholder: "PATTERN",
    help: "of the suite, or of the drawn flights, only those whose name matches",
    example: "two_dates",
  }),
  estimator: option.custom({ form: "names, by comma", read: readNames }, {
    placeholder: "NAMES",
    help: "fly each flight with each of these state estimators, and print them side by side",
    absent: "airborne's default",
    example: "eskf,isam2",
  }),
  matcher: option.custom({ form: "names, by comma", read: readNames }, {
    placeholder: "NAMES",
    help: "fly each flight with each of these matchers, and print them side by side",
    absent: "airborne's default",
    example: "structural,features,onnx",
  }),
  model: option.path({
    access: "read",
    placeholder: "FILE",
    help: "neural model (.onnx) of the matcher onnx",
  }),
  tiles: option.flag({
    help: "the flights make tiles as well (airborne replay --make-tiles); where these lie is " +
      "measured by pose and by picture, and shown in a table of its own (criterion N7)",
  }),
  hostile: option.flag({
    help: "inputs that lie, one per flight, instead of the suite: how wrong, and how sure of it; " +
      "results are kept in build/evaluate/hostile, and a run that was broken off goes on (criterion H1)",
  }),
  atOnce: option.count({
    minimum: 1,
    maximum: 64,
    help: "hostile: replays side by side",
    absent: "2",
  }),
  keep: option.flag({ help: "keep the work folder and say where it is" }),
  monteCarlo: option.count({
    minimum: 1,
    maximum: 10_000,
    placeholder: "N",
    help:
      "instead of the suite: N short flights over 20 grounds, each with a map that lies as wrong " +
      "as its package says; whether the covariance tells the truth (criterion H2); --seed draws others",
  }),
  special: option.flag({
    help:
      "of --monte-carlo: over ground that repeats itself, has no structure or is seen badly, each " +
      "kind in turn; no accepted fix may be false there",
  }),
  work: option.path({
    access: "write",
    placeholder: "DIR",
    help: "of --monte-carlo: what was flown there is not flown again",
    absent: "a folder that is removed at the end",
  }),
  map: option.path({
    access: "read",
    placeholder: "IMAGE",
    help: "what the tiles are cut from (PNG or JPEG, north up)",
    group: GROUND_GROUP,
  }),
  world: option.path({
    access: "read",
    placeholder: "IMAGE",
    help: "what the camera sees: the same ground, maybe years later",
    group: GROUND_GROUP,
  }),
  centre: option.position({
    help: "middle of both pictures",
    example: "30.2672,-97.7431",
    group: GROUND_GROUP,
  }),
  gsd: option.lengthM({
    minimum: 0.005,
    maximum: 50,
    help: "length of a pixel of both pictures",
    group: GROUND_GROUP,
  }),
  aircraft: option.choice(["fixed_wing", "multirotor"], {
    placeholder: "KIND",
    help: "what flies",
    absent: "fixed_wing",
    group: GROUND_GROUP,
  }),
  agl: option.lengthM({
    minimum: 10,
    maximum: 5000,
    help: "height above the ground",
    absent: "130",
    group: GROUND_GROUP,
  }),
  fov: option.angleDeg({
    minimum: 10,
    maximum: 120,
    help: "horizontal field of view",
    absent: "60",
    group: GROUND_GROUP,
  }),
  distance: option.lengthM({
    minimum: 50,
    maximum: 1_000_000,
    help: "length of the flight",
    absent: "3000",
    group: GROUND_GROUP,
  }),
  seed: option.count({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    help: "seed of the simulation",
    absent: "1",
    group: GROUND_GROUP,
  }),
  noPrior: option.flag({
    help: "nothing is known at the start but heading and height",
    group: GROUND_GROUP,
  }),
  ...WORKERS_OPTIONS,
} as const;

export type EvaluateValues = OptionValues<typeof EVALUATE_OPTIONS> & { readonly json: boolean };

export type { Aircraft, FlightRequest };

export interface EvaluateOptions {
  readonly json: boolean;
  readonly keep: boolean;
  readonly tiles: boolean;
  readonly only: RegExp | null;
  /** null: the default alone. */
  readonly matchers: readonly string[] | null;
  /** null: the default alone. */
  readonly estimators: readonly string[] | null;
  readonly model: string | null;
  /** null: the suite, or one ground. */
  readonly monteCarlo: {
    readonly flights: number;
    readonly grounds: "ordinary" | "special";
    readonly work: string | null;
  } | null;
  /** null: the suite. */
  readonly ground: {
    readonly map: string;
    readonly world: string;
    readonly centre: string;
    readonly gsdM: number;
  } | null;
  readonly flight: FlightRequest;
  /** null: this machine flies. */
  readonly workers: WorkersPlace | null;
}

/** Paths in it are as typed. @throws UsageError */
export function evaluateOptions(values: EvaluateValues): EvaluateOptions {
  const { json, keep, tiles, only = null, matcher: matchers = null, model = null } = values;
  if (matchers?.includes("onnx") && model === null) {
    throw new UsageError("--matcher onnx needs --model FILE");
  }
  return {
    json,
    keep,
    tiles,
    only,
    matchers,
    estimators: values.estimator ?? null,
    model,
    monteCarlo: monteCarlo(values),
    ground: ground(values),
    workers: workers(values),
    flight: {
      aircraft: values.aircraft ?? "fixed_wing",
      aglM: values.agl ?? 130,
      fovDeg: values.fov ?? 60,
      distanceM: values.distance ?? 3000,
      seed: values.seed ?? 1,
      prior: !values.noPrior,
    },
  };
}

function workers(values: EvaluateValues): WorkersPlace | null {
  const place = workersPlace(values);
  if (place === null) return null;
  const chosen = values.matcher ?? values.estimator;
  if (values.tiles || chosen !== undefined) {
    throw new UsageError(
      "--workers fly with airborne's defaults: not with --tiles, --matcher or --estimator",
    );
  }
  return place;
}

/** What a drawn flight takes from the command line, and what it does not. */
const NOT_DRAWN = ["matcher", "estimator", "map"] as const;

function monteCarlo(values: EvaluateValues): EvaluateOptions["monteCarlo"] {
  if (values.monteCarlo === undefined) {
    const lone = values.work !== undefined ? "work" : values.special ? "special" : null;
    if (lone !== null) throw new UsageError(`--${lone} belongs to --monte-carlo`);
    return null;
  }
  const other = NOT_DRAWN.find((key) => values[key] !== undefined);
  if (other !== undefined) {
    throw new UsageError(`--monte-carlo draws its flights: not with --${other}`);
  }
  const grounds = values.special ? "special" : "ordinary";
  return { flights: values.monteCarlo, grounds, work: values.work ?? null };
}

const GROUND_KEYS = ["map", "world", "centre", "gsd"] as const;
const FLIGHT_KEYS = ["aircraft", "agl", "fov", "distance", "seed"] as const;

function ground(values: EvaluateValues): EvaluateOptions["ground"] {
  const { map, world, centre, gsd } = values;
  const given = GROUND_KEYS.filter((key) => values[key] !== undefined);
  if (given.length === 0) {
    const flightKey = values.noPrior
      ? "no-prior"
      : FLIGHT_KEYS.find((key) =>
        values[key] !== undefined && !(key === "seed" && values.monteCarlo !== undefined)
      );
    if (flightKey !== undefined) {
      throw new UsageError(
        `--${flightKey} needs a ground: give --map, --world, --centre and --gsd`,
      );
    }
    return null;
  }
  if (map === undefined || world === undefined || centre === undefined || gsd === undefined) {
    const missing = GROUND_KEYS.filter((key) => values[key] === undefined);
    throw new UsageError(
      `--${given[0]} needs ${missing.map((key) => `--${key}`).join(", ")} beside it`,
    );
  }
  if (values.only !== undefined) {
    throw new UsageError("--only chooses from the suite, not with --map");
  }
  return { map, world, centre: `${centre.latitudeDeg},${centre.longitudeDeg}`, gsdM: gsd };
}

function readNames(text: string): readonly string[] | Refused {
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !/^[a-z][a-z0-9_]*$/.test(name));
  return wrong === undefined ? names : new Refused(`"${wrong}" is no name of a strategy`);
}

function readPattern(text: string): RegExp | Refused {
  try {
    return new RegExp(text);
  } catch (error) {
    return new Refused(messageOf(error));
  }
}
