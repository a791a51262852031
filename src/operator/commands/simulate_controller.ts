/**
 * `operator simulate controller`: a flight controller and a camera that fly a simulated flight.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  openOwnFile,
  option,
  type OptionValues,
  Refused,
  seededRandom,
  SystemClock,
  UsageError,
} from "../../core/mod.ts";
import type { VisionLibrary } from "../../native/vision/mod.ts";
import { flightOptions } from "../../workstation/simulation/mod.ts";
import { FAULT_OPTIONS, faultsOf } from "./simulate_controller_faults.ts";
import { GROUND_GROUP, GROUND_OPTIONS, openGround } from "./simulated_ground.ts";
import type { SimulateParts } from "./simulate.ts";
import { lineSigning, openLine } from "./controller_line.ts";
import { openDevice } from "../../native/device/mod.ts";
import {
  cloudPictures,
  composeController,
  FIRMWARES,
  type Flight,
  FlightReport,
  flyController,
  FrameServer,
  type GroundTime,
  listenAt,
  openGeneratedVehicle,
  openRecordedVehicle,
} from "../../workstation/simulated_controller/mod.ts";

const ABOUT = `
Flies a simulated flight in real time as an aircraft's flight controller and camera, for \`airborne
fly\` to fly with. It waits until it hears the companion, then streams what it is asked for, takes
positions in as the firmware would, and reports where these would have led. Behind the flight it lands
right where it is, stands for some seconds, and ends.

Without FLIGHT it flies as \`operator simulate flight\` would, with the same seed the same flight, for
hours if need be; the pictures are rendered on the way.

Windows are seconds of the flight: 20..40, or 20.. to its end.`;

/** A simulation that is later than this, on a busy machine, is named: its figures are worth little. */
const LATE_MS = 100;
/** Of a flight without a folder. */
const DURATION_DEFAULT_S = 60;

const ARGUMENTS = {
  flight: option.path({
    access: "read",
    placeholder: "FLIGHT",
    help: "a folder that `operator simulate flight` wrote; without one the flight is simulated " +
      "while it is flown, over --procedural, --image or --tiles, for --duration",
  }),
} as const;

const OPTIONS = {
  firmware: option.choice(FIRMWARES, {
    placeholder: "NAME",
    default: "ardupilot-copter",
    help: "whose rules and habits",
  }),
  link: option.link({
    default: "tcpin:127.0.0.1:5760",
    help: "line to the companion; pty: makes a serial line, and says its name",
  }),
  cameraLink: option.link({
    default: "tcpin:127.0.0.1:5770",
    help: "where the camera's pictures are fetched",
  }),
  startInAir: option.flag({ help: "no ground and no climb before the flight" }),
  endInAir: option.flag({ help: "no landing after the flight" }),
  startAtOnce: option.flag({ help: "do not wait for the companion" }),
  ground: option.durationS({
    minimum: 3,
    maximum: 3600,
    default: 10,
    help: "on the ground, before the climb",
  }),
  climb: option.durationS({ minimum: 5, maximum: 600, default: 20, help: "the climb" }),
  duration: option.durationS({
    minimum: 1,
    maximum: 12 * 3600,
    help: "the flight ends after so long, and the landing begins",
    absent: "where FLIGHT ends; without one 60",
  }),
  companionReceiver: option.choice(["first", "second", "only"], {
    placeholder: "WHICH",
    default: "second",
    help: "which receiver the companion poses as; only: there is no other",
  }),
  startCompression: option.number({
    unit: "times",
    minimum: 1,
    maximum: 1000,
    default: 10,
    help: "how much faster the firmware begins to use a receiver than the 42 s of a real one",
  }),
  parameter: option.custom({
    form: "NAME=VALUE, or NAME=none for a firmware without it",
    read: readParameter,
  }, {
    placeholder: "NAME=VALUE",
    multiple: true,
    help: "the controller has this parameter otherwise than it should",
    example: "GPS_AUTO_SWITCH=1",
  }),
  undulation: option.lengthM({
    minimum: -110,
    maximum: 110,
    default: 0,
    help: "mean sea level over the ellipsoid",
  }),
  signingKey: option.path({
    access: "read",
    placeholder: "FILE",
    help:
      "sign MAVLink with this key (32 bytes, or 64 hexadecimal digits; readable by its owner alone), " +
      "and take nothing unsigned",
    absent: "nothing is signed",
  }),
  seed: option.text({ default: "1", help: "number or word" }),
  report: option.path({
    access: "write",
    placeholder: "FILE",
    help:
      "JSON lines: each position taken in, its error, what the firmware made of it; texts, commands",
  }),
  ...FAULT_OPTIONS,
  ...GROUND_OPTIONS,
  aircraft: option.choice(["fixed_wing", "multirotor"], {
    placeholder: "KIND",
    default: "fixed_wing",
    help: "without FLIGHT: fixed_wing flies 16.7 m/s, multirotor 10 m/s",
    group: GROUND_GROUP,
  }),
  agl: option.lengthM({
    minimum: 5,
    maximum: 3000,
    default: 130,
    help: "without FLIGHT: height above ground",
    group: GROUND_GROUP,
  }),
  extent: option.lengthM({
    minimum: 300,
    maximum: 50_000,
    default: 1500,
    help: "without FLIGHT, procedural: side of the square that the route keeps to",
    group: GROUND_GROUP,
  }),
} as const;

function readParameter(text: string): { name: string; value: number | null } | Refused {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9_]{0,15})=(none|-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (name === undefined) return new Refused();
  return { name, value: value === "none" ? null : Number(value) };
}

type Values = OptionValues<typeof ARGUMENTS> & OptionValues<typeof OPTIONS> & {
  readonly json: boolean;
};

/** `operator simulate controller`. */
export function simulateControllerCommand(parts: SimulateParts): Command {
  return defineCommand({
    name: "simulate controller",
    summary: "be the flight controller and the camera that `airborne fly` connects to",
    about: ABOUT,
    arguments: ARGUMENTS,
    options: OPTIONS,
    json: "one JSON object at the end instead of the summary",
    examples: [
      "operator simulate controller flights/a --gps-off 5..",
      "operator simulate controller flights/a --start-in-air --gps-spoof drift:2@20 --report report.jsonl",
      "operator simulate controller --procedural 7 --centre 48.5,35.0 --duration 1800",
      "operator simulate controller flights/a --firmware ardupilot-plane --link udpout:127.0.0.1:14550",
    ],
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: SimulateParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const random = seededRandom(values.seed);
  const clock = new SystemClock();
  const lands = !values.endInAir;
  const ground = values.startInAir
    ? { restS: 0, climbS: 0, lands }
    : { restS: values.ground, climbS: values.climb, lands };
  using vision = parts.openVision();
  await using flight = await openFlight(values, vision, ground);
  using lines = await reportLines(values.report);
  const report = new FlightReport(flight, lines.write);
  // The line itself would try again for ever, in silence.
  if (values.link.startsWith("tcpin:")) listenAt(cameraAddress(values.link, "--link")).close();
  await using link = openLine(values.link, { clock, openDevice });
  await using frames = new FrameServer(cameraAddress(values.cameraLink));
  const utcMs = () => clock.utc(clock.now()).getTime();
  const { vehicle, protocol } = composeController({
    firmware: values.firmware,
    flight,
    faults: faultsOf(values),
    random,
    companionReceiver: values.companionReceiver,
    climbS: ground.climbS,
    startCompression: values.startCompression,
    undulationM: values.undulation,
    parameters: values.parameter,
    utcNowMs: utcMs(),
    signing: await lineSigning(values, utcMs),
    report,
    write: (bytes) => void link.write(bytes),
  });
  io.note(`${values.firmware} at ${link.address}, its camera at ${values.cameraLink}: waiting`);
  await flyController({
    clock,
    vehicle,
    protocol,
    link,
    frames,
    clouds: await clouds(vision, values, flight),
    report,
    startsAtOnce: values.startAtOnce,
    onStart: () => io.note(`flying ${flight.description.name}: ${flight.endS.toFixed(0)} s`),
  }, io.signal);
  const summary = {
    type: "summary",
    ...report.summary(),
    line: protocol.counters(),
    pictures: frames.counters,
  };
  report.line("summary", vehicle.timeS, summary);
  io.out(values.json ? JSON.stringify(summary) : told(summary));
  return summary.aborts > 0 ? EXIT.failure : EXIT.ok;
}

async function openFlight(values: Values, vision: VisionLibrary, time: GroundTime) {
  const { duration, seed, aircraft, agl, extent } = values;
  if (values.flight !== undefined) {
    return openRecordedVehicle(values.flight, seededRandom(`${seed}/flight`), time, duration);
  }
  const options = flightOptions({
    aircraft,
    name: "live",
    seed,
    aglM: agl,
    extentM: extent,
    durationS: duration ?? DURATION_DEFAULT_S,
    lands: time.lands,
  });
  const ground = await openGround(values);
  return openGeneratedVehicle({ options, ground, vision, random: seededRandom(seed), time });
}

async function clouds(vision: VisionLibrary, { cameraBlind, seed }: Values, flight: Flight) {
  if (cameraBlind.length === 0) return [];
  return await cloudPictures(vision, flight.description.camera, seededRandom(`${seed}/cloud`));
}

function told(summary: ReturnType<FlightReport["summary"]>): string {
  const made = Object.entries(summary.made).map(([what, count]) => `${count} ${what}`).join(", ");
  return `${summary.positions} positions (${
    made || "none"
  }), longest gap ${summary.gapMsMax} ms, ` +
    `largest error ${summary.errorMMax} m, of the controller's own estimate ${summary.ekfErrorMMax} m` +
    (summary.lateMsMax > LATE_MS ? `; the simulation was ${summary.lateMsMax} ms late` : "") +
    (summary.aborts > 0 ? `; ${summary.aborts} would have stopped an autopilot` : "");
}

export function cameraAddress(
  text: string,
  name = "--camera-link",
): { hostname: string; port: number } {
  const match = /^tcpin:(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text);
  if (match === null) throw new UsageError(`${name} must be tcpin:HOST:PORT, not "${text}"`);
  return { hostname: match[1] ?? match[2], port: Number(match[3]) };
}

/** Written as they come, so that a killed simulation leaves what it saw. */
async function reportLines(
  path: string | undefined,
): Promise<Disposable & { write(line: string): void }> {
  if (path === undefined) return { write: () => {}, [Symbol.dispose]: () => {} };
  const file = await openOwnFile(path);
  await file.truncate();
  const encoder = new TextEncoder();
  return {
    write: (line) => void file.writeSync(encoder.encode(`${line}\n`)),
    [Symbol.dispose]: () => file.close(),
  };
}
