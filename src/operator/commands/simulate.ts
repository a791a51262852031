/**
 * `operator simulate flight` and `operator simulate map`: flights and maps without an aircraft.
 *
 * @module
 */
import { type Command, type CommandIo, EXIT, type ExitCode, UsageError } from "../../core/mod.ts";
import {
  type Aircraft,
  flightOptions,
  GPS_LOST_AFTER_START,
  type GpsWindow,
  type GroundSource,
  PictureGround,
  ProceduralGround,
  readRasterFile,
  simulateFlight,
  TileFolderGround,
} from "../../workstation/simulation/mod.ts";
import type { VisionLibrary } from "../../native/vision/mod.ts";
import {
  GROUND_HEIGHT_DEFAULT_M,
  numberOption,
  parseCommandLine,
  positionOption,
} from "../options.ts";

/** What the composition root gives to the commands. */
export interface SimulateParts {
  openVision(): VisionLibrary;
}

const HELP = `operator simulate flight --out FLIGHT [ground] [options]

Flies a simulated aircraft over real or procedural ground and writes what its sensors measured as a
recorded flight: pictures, IMU, attitude, barometer, GPS, and the truth. \`airborne replay\` flies it
again. The same seed gives the same flight, byte by byte.

Ground (one of them)
  --image FILE          a picture, north up, with --centre LAT,LON of its middle and --gsd M (metres
                        per pixel); beyond its edges the camera sees its mirror image
  --tiles FOLDER        a folder {z}/{x}/{y}.jpg (its finest zoom)
  --procedural SEED     painted farmland without end around --centre, as it looks years after the
                        map that \`operator simulate map\` makes of the same seed
  --extent M            procedural: side of the square that the route keeps to

Flight
  --aircraft KIND       fixed_wing (16.7 m/s, default) or multirotor (10 m/s)
  --agl M               height above ground (default 130)
  --fov DEG             horizontal field of view (default 60)
  --distance M          length over the ground (default 3000)
  --duration S          instead of, or as a limit beside, the distance
  --frame-rate HZ       pictures a second (default 3)
  --ground-height M     height of the ground over the ellipsoid (default ${GROUND_HEIGHT_DEFAULT_M})
  --gps WHAT            absent (after the first second, default), present, jam:FROM-TO, spoof:FROM-TO
                        or silent-spoof:FROM-TO in seconds; several with commas
  --velocity            a sensor of the velocity over the ground in body axes too (velocity.csv)
  --no-prior            nothing is known of the start, and no GPS message ever comes
  --seed N              number or word (default 1)
  --name NAME           name in flight.json (default: the folder's)
  --json                one JSON object instead of the summary

Examples
  operator simulate flight --out flights/a --procedural 7 --centre 48.5,35.0 --distance 5000
  operator simulate flight --out flights/b --image world.png --centre 30.2672,-97.7431 --gsd 0.5`;

const OPTIONS = {
  out: { type: "string" },
  image: { type: "string" },
  tiles: { type: "string" },
  procedural: { type: "string" },
  centre: { type: "string" },
  gsd: { type: "string" },
  extent: { type: "string" },
  aircraft: { type: "string" },
  agl: { type: "string" },
  fov: { type: "string" },
  distance: { type: "string" },
  duration: { type: "string" },
  "frame-rate": { type: "string" },
  "ground-height": { type: "string" },
  gps: { type: "string" },
  "no-prior": { type: "boolean" },
  velocity: { type: "boolean" },
  seed: { type: "string" },
  name: { type: "string" },
  json: { type: "boolean" },
} as const;

/** `operator simulate flight`. */
export function simulateFlightCommand(parts: SimulateParts): Command {
  return {
    name: "simulate flight",
    summary: "fly a simulated aircraft over real or procedural ground",
    help: HELP,
    run: (args, io) => run(parts, args, io),
  };
}

type Values = ReturnType<typeof parseCommandLine<typeof OPTIONS>>["values"];

async function run(
  parts: SimulateParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length > 0) {
    throw new UsageError(`simulate flight takes options only, got "${positionals[0]}"`);
  }
  if (!values.out) throw new UsageError("--out FLIGHT is missing: the folder to write");
  const options = requested(values, values.out);
  const ground = await openGround(values);
  using vision = parts.openVision();
  using bar = io.progress("flying", 1000);
  const flight = await simulateFlight(options, ground, values.out, {
    vision,
    signal: io.signal,
    progress: (done, total) => bar.update(Math.round(1000 * done / total), `${done} pictures`),
  });
  bar.end();
  if (values.json) {
    io.out(JSON.stringify({ type: "summary", ground: ground.name, ...flight }));
  } else {
    io.out(
      `${flight.folder}: ${(flight.distanceM / 1000).toFixed(2)} km in ` +
        `${flight.durationS.toFixed(0)} s, ${flight.frames} pictures, over ${ground.name}`,
    );
  }
  return EXIT.ok;
}

function requested(values: Values, out: string) {
  const number = (name: "agl" | "fov" | "distance" | "duration" | "extent" | "frame-rate") =>
    numberOption(name, values[name], LIMITS[name]);
  return flightOptions({
    aircraft: aircraftOption(values.aircraft),
    name: values.name ?? out.replace(/\/+$/, "").split("/").at(-1) ?? "flight",
    ...defined({
      seed: values.seed,
      aglM: number("agl"),
      fovDeg: number("fov"),
      distanceM: number("distance"),
      durationS: number("duration"),
      extentM: number("extent"),
      frameRateHz: number("frame-rate"),
    }),
    gps: gpsOption(values.gps),
    prior: !(values["no-prior"] ?? false),
    velocity: values.velocity ?? false,
  });
}

const LIMITS = {
  agl: { minimum: 5, maximum: 3000 },
  fov: { minimum: 10, maximum: 120 },
  distance: { minimum: 50, maximum: 1_000_000 },
  duration: { minimum: 2, maximum: 12 * 3600 },
  extent: { minimum: 300, maximum: 50_000 },
  "frame-rate": { minimum: 0.1, maximum: 60 },
} as const;

/** Leaves out what is undefined, so that defaults hold. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function aircraftOption(text: string | undefined): Aircraft {
  if (text === undefined || text === "fixed_wing") return "fixed_wing";
  if (text === "multirotor") return "multirotor";
  throw new UsageError(`--aircraft must be fixed_wing or multirotor, got "${text}"`);
}

/** "jam:60-90,spoof:120-180" → windows; see the help text. */
export function gpsOption(text: string | undefined): readonly GpsWindow[] {
  if (text === undefined || text === "absent") return GPS_LOST_AFTER_START;
  if (text === "present") return [];
  const kinds = { jam: "jammed", spoof: "spoofed", "silent-spoof": "spoofed_silently" } as const;
  return text.split(",").map((part) => {
    const match = /^(jam|spoof|silent-spoof):(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(part.trim());
    const [fromS, toS] = [Number(match?.[2]), Number(match?.[3])];
    if (match === null || !(toS > fromS)) {
      throw new UsageError(
        `--gps must be absent, present, or windows like jam:60-90,spoof:120-180, got "${text}"`,
      );
    }
    return { kind: kinds[match[1] as keyof typeof kinds], fromS, toS };
  });
}

/** The ground that the options name. */
async function openGround(values: Values): Promise<GroundSource> {
  const given = [values.image, values.tiles, values.procedural].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new UsageError("give one ground: --image FILE, --tiles FOLDER or --procedural SEED");
  }
  const centre = positionOption("centre", values.centre);
  const groundHeightM = numberOption("ground-height", values["ground-height"], {
    minimum: -500,
    maximum: 9000,
  }) ?? GROUND_HEIGHT_DEFAULT_M;
  if (values.tiles !== undefined) {
    return TileFolderGround.open(values.tiles, { groundHeightM, centre, decode: readRasterFile });
  }
  if (centre === undefined) throw new UsageError("--centre LAT,LON of the ground is missing");
  const origin = { ...centre, heightM: groundHeightM };
  if (values.procedural !== undefined) {
    return new ProceduralGround({ seed: values.procedural, centre: origin, season: "world" });
  }
  const gsdM = numberOption("gsd", values.gsd, { minimum: 0.01, maximum: 20 });
  if (gsdM === undefined) {
    throw new UsageError("--gsd M, metres per pixel of the image, is missing");
  }
  const path = values.image ?? "";
  return new PictureGround({
    name: path,
    picture: await readRasterFile(path),
    centre: origin,
    gsdM,
  });
}
