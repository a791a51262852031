/**
 * A simulated flight to be measured: what flies over which ground with which map, and the commands that make
 * it, from map to replay.
 *
 * @module
 */
import { dirname } from "node:path";
import * as z from "zod";
import { quantity, radiansFromDegrees } from "../../core/mod.ts";

/** Height of the ground over the ellipsoid: that of the simulation and of the package, metres. */
export const GROUND_HEIGHT_M = 100;
/** When flights begin: the same flight on any day. */
export const FLIGHT_START = "2026-06-15T09:30Z";
/** Pictures are 4:3. */
const ASPECT = 3 / 4;

const Centre = z.string().max(60).regex(/^-?\d+(\.\d+)?,-?\d+(\.\d+)?$/);
const Path = z.string().min(1).max(4096);

/** Pictures of the same ground at two dates. */
const PictureGroundSchema = z.strictObject({
  kind: z.literal("pictures"),
  map: Path,
  world: Path,
  centre: Centre,
  gsdM: quantity.gsdM,
});
export type PictureGround = Readonly<z.infer<typeof PictureGroundSchema>>;

/**
 * Ground without data files: painted from a seed, in one season for the map and in another, years
 * later, for the camera.
 */
const ProceduralGroundSchema = z.strictObject({
  kind: z.literal("procedural"),
  /** As `operator simulate flight --procedural` takes it. */
  seed: z.union([
    z.int().min(0).max(Number.MAX_SAFE_INTEGER),
    z.string().max(60).regex(/^[a-z_]+(:\d+)?$/),
  ]),
  centre: Centre,
  /** Slippy zoom of the map. */
  zoom: z.int().min(0).max(22),
  /** Of the map along the flight, metres; absent: the usual one. */
  widthM: quantity.lengthM.optional(),
  /** It has the hills of `hillsFile`, which its package knows or does not; absent: it is flat. */
  hills: z.enum(["in the package", "unknown"]).optional(),
});
export type ProceduralGround = Readonly<z.infer<typeof ProceduralGroundSchema>>;

/** Where a map lies, and what its package says about that. */
const MapRegistrationSchema = z.strictObject({
  /** 1 sigma of an axis, as the package states it, metres. */
  sigmaM: quantity.lengthM,
  /** The middle of the map as it is imported: off the true one by the map's error. */
  centre: Centre,
});

const AircraftSchema = z.enum(["fixed_wing", "multirotor"]);
export type Aircraft = z.infer<typeof AircraftSchema>;

const FlightRequestSchema = z.strictObject({
  aircraft: AircraftSchema,
  aglM: z.number().min(10).max(5000),
  fovDeg: z.number().min(10).max(120),
  distanceM: z.number().min(50).max(1_000_000),
  /** Ends after this too. */
  durationS: z.number().min(1).max(100_000).optional(),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  prior: z.boolean(),
});
export type FlightRequest = Readonly<z.infer<typeof FlightRequestSchema>>;

/** Everything that a worker needs to know of a flight. */
export const FlownCaseSchema = z.strictObject({
  name: z.string().max(120).regex(/^\w[\w.-]*$/),
  ground: z.discriminatedUnion("kind", [PictureGroundSchema, ProceduralGroundSchema]),
  /** Absent: the map lies where the ground is, and the package states the usual sigma. */
  registration: MapRegistrationSchema.optional(),
  flight: FlightRequestSchema,
});
export type FlownCase = Readonly<z.infer<typeof FlownCaseSchema>>;

/** One command of `operator`, with the paths that it may read and write. */
export interface OperatorStep {
  /** For people: "provision". */
  readonly note: string;
  readonly args: readonly string[];
  readonly reads: readonly string[];
}

/** Where a case has its hills, a GeoTIFF. */
export function hillsFile(folder: string): string {
  return `${folder}/hills.tif`;
}

/** Into `out`, a folder in that of the case. */
export function simulateStep({ ground, flight }: FlownCase, out: string): OperatorStep {
  const hills = ground.kind === "procedural" && ground.hills !== undefined
    ? [hillsFile(dirname(out))]
    : [];
  const seen = ground.kind === "pictures"
    ? ["--image", ground.world, "--gsd", String(ground.gsdM)]
    : ["--procedural", String(ground.seed), ...hills.flatMap((path) => ["--terrain", path])];
  return {
    note: "simulate the flight",
    args: [
      ...["simulate", "flight", "--out", out, ...seen, "--centre", ground.centre],
      ...["--aircraft", flight.aircraft, "--agl", String(flight.aglM)],
      ...["--fov", String(flight.fovDeg), "--distance", String(flight.distanceM)],
      ...(flight.durationS === undefined ? [] : ["--duration", String(flight.durationS)]),
      ...["--seed", String(flight.seed), "--ground-height", String(GROUND_HEIGHT_M)],
      ...["--start", FLIGHT_START],
      ...(flight.prior ? [] : ["--no-prior"]),
      "--json",
    ],
    reads: ground.kind === "pictures" ? [ground.map, ground.world] : hills,
  };
}

/** Makes `folder`/package for the flight, which is in `flight` already. */
export function packageSteps(
  { ground, registration, flight: { aglM, fovDeg } }: FlownCase,
  flight: string,
  folder: string,
): readonly OperatorStep[] {
  const mapCentre = registration?.centre ?? ground.centre;
  const sigma = registration === undefined ? [] : ["--map-sigma", String(registration.sigmaM)];
  const footprintM = 2 * aglM * Math.tan(radiansFromDegrees(fovDeg) / 2) * ASPECT;
  const options = [
    ...["--ground-height", String(GROUND_HEIGHT_M)],
    ...["--footprint", footprintM.toFixed(0)],
  ];
  if (ground.kind === "pictures") {
    const source = [ground.map, "--centre", mapCentre, "--gsd", String(ground.gsdM)];
    return importSteps(folder, source, [...options, ...sigma]);
  }
  // Position error of a painted map: a third of a pixel from resampling and JPEG.
  const painted = registration === undefined ? ["--map-sigma", "0.3"] : sigma;
  const map = `${folder}/map`;
  const hills = ground.hills === "in the package" ? hillsFile(folder) : null;
  const provision = hills === null ? options : [...options, "--terrain", hills];
  return [{
    note: "paint the map",
    args: [
      ...["simulate", "map", "--procedural", String(ground.seed), "--centre", mapCentre],
      ...["--corridor-of", flight, "--zoom", String(ground.zoom)],
      ...(ground.widthM === undefined ? [] : ["--width", String(ground.widthM)]),
      ...["--out", map, "--json"],
    ],
    reads: [],
  }, ...importSteps(folder, [map], [...provision, ...painted], hills === null ? [] : [hills])];
}

/** Imports imagery (`source`: its path, then options) and provisions all of it. */
export function importSteps(
  folder: string,
  source: readonly string[],
  options: readonly string[],
  /** Files that the options name. */
  read: readonly string[] = [],
): readonly OperatorStep[] {
  const data = ["--data", `${folder}/data`, "--json"];
  const reads = [source[0]];
  return [
    { note: "import the map", args: ["tiles", "import", ...source, ...data], reads },
    {
      note: "provision",
      args: ["provision", "--out", `${folder}/package`, ...options, ...data],
      reads: [...reads, ...read],
    },
  ];
}
