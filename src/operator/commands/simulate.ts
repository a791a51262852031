/**
 * `operator simulate flight` and `operator simulate map`: makes flights and maps without an
 * aircraft.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  Refused,
} from "../../core/mod.ts";
import {
  flightOptions,
  GPS_LOST_AFTER_START,
  type GpsWindow,
  simulateFlight,
} from "../../workstation/simulation/mod.ts";
import type { VisionLibrary } from "../../native/vision/mod.ts";
import { GROUND_GROUP, GROUND_OPTIONS, openGround } from "./simulated_ground.ts";

/** The parts that the composition root passes to the commands. */
export interface SimulateParts {
  openVision(): VisionLibrary;
}

const ABOUT = `
Flies a simulated aircraft over real or procedural ground and writes what its sensors measured as a
recorded flight: pictures, IMU, attitude, barometer, GPS, and the truth. \`airborne replay\` flies it
again. The same seed gives the same flight, byte by byte.`;

const OPTIONS = {
  out: option.path({
    access: "create",
    placeholder: "FLIGHT",
    required: true,
    help: "the folder to write",
  }),
  aircraft: option.choice(["fixed_wing", "multirotor"], {
    placeholder: "KIND",
    default: "fixed_wing",
    help: "fixed_wing flies 16.7 m/s, multirotor 10 m/s",
  }),
  agl: option.lengthM({
    minimum: 5,
    maximum: 3000,
    help: "height above ground",
    absent: "130",
  }),
  fov: option.angleDeg({
    minimum: 10,
    maximum: 120,
    help: "horizontal field of view",
    absent: "60",
  }),
  distance: option.lengthM({
    minimum: 50,
    maximum: 1_000_000,
    help: "length over the ground",
    absent: "3000",
  }),
  duration: option.durationS({
    minimum: 2,
    maximum: 12 * 3600,
    help: "instead of, or as a limit beside, the distance",
  }),
  landing: option.flag({ help: "behind it the aircraft comes down, lands and stands" }),
  frameRate: option.rateHz({ minimum: 0.1, maximum: 60, help: "pictures", absent: "3" }),
  gps: option.custom({
    form: "absent, present, or windows like jam:60-90,silent-spoof:120-180@0.5",
    read: readGps,
  }, {
    placeholder: "WHAT",
    default: GPS_LOST_AFTER_START,
    help: "absent: after the first second; present; or windows in seconds, several with commas: " +
      "jam:FROM-TO; spoof:FROM-TO@MPS drifts away (4 m/s) and is reported, silent-spoof is not; " +
      "offset:FROM-TO@M is off at once (50 m); frozen:FROM-TO; replayed:FROM-TO@S is late (20 s)",
    example: "jam:60-90,silent-spoof:120-180@0.5",
    absent: "absent",
  }),
  velocity: option.flag({
    help: "a sensor of the velocity over the ground in body axes too (velocity.csv)",
  }),
  noPrior: option.flag({
    help: "nothing is known of the start, and no GPS message ever comes",
  }),
  start: option.date({
    help: "when it begins; a provider takes tiles of recent flights alone",
    example: "2026-11-29T09:30Z",
    absent: "yesterday, 09:30 UTC",
  }),
  seed: option.text({ placeholder: "SEED", help: "number or word", absent: "1" }),
  name: option.text({ help: "name in flight.json", absent: "the folder's" }),
  ...GROUND_OPTIONS,
  extent: option.lengthM({
    minimum: 300,
    maximum: 50_000,
    help: "procedural: side of the square that the route keeps to",
    group: GROUND_GROUP,
  }),
} as const;

type Values = OptionValues<typeof OPTIONS> & { readonly json: boolean };

/** `operator simulate flight`. */
export function simulateFlightCommand(parts: SimulateParts): Command {
  return defineCommand({
    name: "simulate flight",
    summary: "fly a simulated aircraft over real or procedural ground",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: [
      "operator simulate flight --out flights/a --procedural 7 --centre 48.5,35.0 --distance 5000",
      "operator simulate flight --out flights/b --image world.png --centre 30.2672,-97.7431 --gsd 0.5",
    ],
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: SimulateParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const options = requested(values);
  const ground = await openGround(values);
  using vision = parts.openVision();
  using bar = io.progress("flying", 1);
  const flight = await simulateFlight(options, ground, values.out, {
    vision,
    signal: io.signal,
    progress: (done, total) => bar.update(done / total, `${done} pictures`),
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

function requested(values: Values) {
  return flightOptions({
    aircraft: values.aircraft,
    name: values.name ?? values.out.split("/").at(-1) ?? "flight",
    ...defined({
      seed: values.seed,
      aglM: values.agl,
      fovDeg: values.fov,
      distanceM: values.distance,
      durationS: values.duration,
      extentM: values.extent,
      frameRateHz: values.frameRate,
      startUtc: (values.start ?? yesterday()).toISOString(),
    }),
    gps: values.gps,
    prior: !values.noPrior,
    velocity: values.velocity,
    lands: values.landing,
  });
}

/**
 * Recent enough for a provider to take the tiles of the flight, and over by now however long it is;
 * flights of one day that are simulated alike are alike.
 */
function yesterday(): Date {
  const at = new Date();
  at.setUTCDate(at.getUTCDate() - 1);
  at.setUTCHours(9, 30, 0, 0);
  return at;
}

/** Removes undefined values, so that defaults apply. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const GPS_KINDS = {
  "jam": "jammed",
  "spoof": "spoofed",
  "silent-spoof": "spoofed_silently",
  "offset": "offset",
  "frozen": "frozen",
  "replayed": "replayed",
} as const;

/** "jam:60-90,silent-spoof:120-180@0.5" → windows; see the help text. */
export function readGps(text: string): readonly GpsWindow[] | Refused {
  if (text === "absent") return GPS_LOST_AFTER_START;
  if (text === "present") return [];
  const form = new RegExp(
    `^(${Object.keys(GPS_KINDS).join("|")}):(${NUMBER})-(${NUMBER})(?:@(${NUMBER}))?$`,
  );
  const windows: GpsWindow[] = [];
  for (const part of text.split(",")) {
    const match = form.exec(part.trim());
    if (match === null) return new Refused();
    const kind = GPS_KINDS[match[1] as keyof typeof GPS_KINDS];
    const [fromS, toS] = [Number(match[2]), Number(match[3])];
    if (toS <= fromS) return new Refused(`${part.trim()} ends before it begins`);
    if (match[4] === undefined) windows.push({ kind, fromS, toS });
    else if (kind === "jammed" || kind === "frozen") return new Refused(`${match[1]} takes no @`);
    else windows.push({ kind, fromS, toS, amount: Number(match[4]) });
  }
  return windows;
}
