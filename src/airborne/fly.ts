/**
 * `airborne fly`: a live flight.
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
  UsageError,
} from "../core/mod.ts";
import { CAMERA_ADDRESS_FORMS, parseCameraAddress } from "../flight/camera_source/mod.ts";
import {
  CONTROLLER_ADDRESS_FORMS,
  parseControllerAddress,
} from "../flight/flight_controller/mod.ts";
import type { AirborneConfig } from "./config.ts";
import { packageOptions, readFlightSettings, startOption } from "./flight_options.ts";
import type { FlightConsole, FlightParts, FlyRequest } from "./contract.ts";
import type { SummaryLine } from "./json_lines.ts";
import { flyFlight } from "./live/fly_flight.ts";
import { nonThrowingNote } from "./notes.ts";
import { summaryText } from "./summary_text.ts";

const ABOUT = `
Flies with the aircraft: takes what the flight controller and the camera send, finds where the aircraft
is, and sends the flight controller that position ten times a second, with what it is worth. It runs
until the aircraft has landed or a signal (SIGINT, SIGTERM) comes; then it closes the record and ends
with 0.

Until there is a first estimate it sends "no fix". Where the flight starts is found in this order:
--start, the last position of a flight that was interrupted, the flight controller's GPS, the package's
take-off origin (on the ground), or anywhere on the map (the camera must see known ground then). Where GPS
and the origin contradict each other on the ground neither is believed until pictures tell.

A package may carry the camera's calibration, the take-off origin and settings. What the command line, the
configuration, a variable or a recording say otherwise is flown, and told on the terminal, in the record
and to the ground station.

Instead of a flight controller it takes a recorded flight (--connect replay:FLIGHT: a folder of operator
simulate flight, or a .BIN, .ulg or .tlog) or a simulated aircraft (simulated:LAT,LON,MINUTES, without a
camera), to try a package, a configuration and a computer: all is as in flight, but for the time, which is
the flight's own. Its positions go nowhere but into the record.

The ground station hears of what happens as STATUSTEXT, and may say where the aircraft is with the text
RELOC:<latitude>,<longitude>,<radius in metres>.`;

const settings = {
  modelPath: "read",
  "inference.ortTrtCacheDir": "write",
  "trust.folder": "read",
  "okvis2.program": "program",
  "okvis2.vocabulary": "read",
  "flightController.connect": "link",
  "flightController.signingKey": "read",
  "camera.address": "camera",
  "camera.calibration": "read",
  "live.package": "read",
  "live.recorder": "write",
} as const;

const OPTIONS = {
  ...packageOptions,
  config: option.path({
    access: "read",
    placeholder: "FILE",
    help:
      "YAML configuration; GDN_… variables override it, and it overrides the package's settings. It can " +
      "hold all of the others",
    absent: "the package's settings, else those of config/airborne.example.yaml",
    settings,
  }),
  package: option.path({
    access: "read",
    placeholder: "PACKAGE",
    help: "flight package (operator provision makes it); verified whole before the flight",
    absent: "live.package of the configuration",
  }),
  connect: option.custom({
    form: CONTROLLER_ADDRESS_FORMS,
    access: "link",
    read: (text) => readAddress(text, parseControllerAddress),
  }, {
    placeholder: "ADDRESS",
    help:
      "where the flight controller is; or a recorded or simulated flight, which is flown at its own " +
      "time, as fast as the machine can",
    example: "serial:/dev/ttyTHS1:921600",
    absent: "flightController.connect of the configuration",
  }),
  autopilot: option.choice(["ardupilot", "px4", "inav"], {
    help: "firmware of the flight controller",
    absent: "strategies.flightController of the configuration (ardupilot)",
  }),
  camera: option.custom({
    form: CAMERA_ADDRESS_FORMS,
    access: "camera",
    read: (text) => readAddress(text, parseCameraAddress),
  }, {
    placeholder: "ADDRESS",
    help: "where the camera is; without one the flight rests on the flight controller alone",
    absent: "camera.address of the configuration",
  }),
  calibration: option.path({
    access: "read",
    placeholder: "FILE",
    help: "calibration of the camera (JSON), or flight.json of a recorded flight",
    absent: "camera.calibration of the configuration, else the package's",
  }),
  recorder: option.path({
    access: "write",
    placeholder: "DIR",
    help:
      "write the flight record (MCAP), and the state that a restart goes on from, below this folder",
    absent: "live.recorder of the configuration (flights)",
    implied: "flights",
  }),
  makeTiles: option.path({
    access: "write",
    placeholder: "DIR",
    help:
      "make map tiles of the frames whose place is certain; their journal goes into this folder",
  }),
  start: startOption({ help: "where the aircraft is, whatever its GPS says" }),
  signingKey: option.path({
    access: "read",
    placeholder: "FILE",
    help:
      "sign MAVLink with this key (32 bytes, or 64 hexadecimal digits; readable by its owner alone), " +
      "and believe nothing unsigned",
    absent: "flightController.signingKey of the configuration",
  }),
  allowUnsigned: option.flag({
    help:
      "for simulation alone: take a package that nobody who is trusted has signed; recorded as a " +
      "warning, and told to the ground station. Not on a serial line, which leads to an aircraft",
  }),
  allowRollback: option.flag({
    help: "take a package although a newer version of it was flown here; recorded as a warning",
  }),
  noSyscallFilter: option.flag({
    help: "do without the filter of system calls, which keeps native code from starting programs " +
      "in flight; recorded as a warning",
  }),
} as const;

type Values = OptionValues<typeof OPTIONS> & { readonly json: boolean };

export function flyCommand(parts: FlightParts): Command {
  return defineCommand({
    name: "fly",
    summary: "fly: position for the flight controller, from camera and map",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object a frame, then a summary",
    examples: [
      "airborne fly --connect tcp:127.0.0.1:5760 --package packages/valley --allow-unsigned",
      "airborne fly --connect serial:/dev/ttyTHS1:921600 --camera v4l2:/dev/video0 --config flight.yaml",
      "airborne fly --connect replay:flights/monday --package packages/valley",
      "airborne fly --config /etc/gps-denied-onboard/airborne.yaml",
    ],
    environment: { "GDN_…": "overrides a setting: GDN_LIVE__BLACKOUT_S=20" },
    exitCodes: {
      0: "the aircraft has landed, or a signal ended the flight, and the record is closed",
      2: "the recorder cannot be opened: the flight has not begun",
      65: "the package is incomplete, damaged or altered",
      70: "the state estimator failed",
      74: "an output or the record is incomplete",
      77:
        "the package is not trusted: unsigned, by a key that is unknown or revoked, expired, older than " +
        "the one flown last, or for another aircraft",
    },
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: FlightParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const { config: configPath, model } = values;
  const settings = await readFlightSettings({
    configPath: configPath ?? null,
    modelPath: model ?? null,
    trustFolder: values.trust ?? null,
    signingKey: values.signingKey ?? null,
  });
  const request = requestOf(values, settings.own);
  const console: FlightConsole = {
    line: (line) => values.json && io.out(JSON.stringify(line)),
    note: nonThrowingNote((line) => io.err(line)),
    progress: () => {},
    signal: io.signal,
  };
  io.signalEnds();
  const summary = await flyFlight(parts, request, settings, console);
  if (values.json) io.out(JSON.stringify(summary));
  else for (const line of summaryText(summary, { isReplay: false })) io.out(line);
  return exitCode(summary);
}

function requestOf(values: Values, config: AirborneConfig): FlyRequest {
  const { live, flightController, strategies } = config;
  const connect = values.connect ?? flightController.connect;
  const packagePath = values.package ?? live.package;
  if (connect === "") {
    throw new UsageError("--connect is missing: where is the flight controller?");
  }
  if (packagePath === "") throw new UsageError("--package is missing: which map is flown over?");
  const { kind } = parseControllerAddress(connect);
  if (values.allowUnsigned && connect.startsWith("serial:")) {
    throw new UsageError(
      "--allow-unsigned is for simulation alone, and a serial line leads to an aircraft: sign the package " +
        "(operator package sign), and trust its key (airborne keys trust)",
    );
  }
  const isLive = kind === "line";
  return {
    connect,
    autopilot: isLive ? values.autopilot ?? strategies.flightController : kind,
    ...isLive ? liveCamera(values, config) : noLiveDevices(values),
    packagePath,
    packageSha256: values.packageSha256 ?? null,
    recorderFolder: values.recorder ?? live.recorder,
    tilesFolder: values.makeTiles ?? null,
    start: values.start ?? null,
    allowUnsigned: values.allowUnsigned,
    allowRollback: values.allowRollback,
    noSyscallFilter: values.noSyscallFilter,
  };
}

type CameraRequest = Pick<FlyRequest, "camera" | "calibrationPath">;

function liveCamera(values: Values, { camera }: AirborneConfig): CameraRequest {
  const address = values.camera ?? camera.address;
  const calibrationPath = values.calibration ?? camera.calibration;
  return { camera: address === "" ? null : address, calibrationPath };
}

/** @throws UsageError for what belongs to an aircraft: a flight that is over has its own pictures. */
function noLiveDevices(values: Values): CameraRequest {
  const named = (["autopilot", "camera", "calibration", "signingKey"] as const)
    .filter((key) => values[key] !== undefined)
    .map((key) => `--${key === "signingKey" ? "signing-key" : key}`);
  if (named.length === 0) return { camera: null, calibrationPath: "" };
  throw new UsageError(
    `${named.join(" and ")}: a recorded or simulated flight has its own controller and pictures`,
  );
}

function exitCode(summary: SummaryLine): ExitCode {
  const { estimatorFailed, recorderBroken, outputFaults } = summary;
  if (estimatorFailed) return EXIT.software;
  return recorderBroken || Object.keys(outputFaults).length > 0 ? EXIT.io : EXIT.ok;
}

/** The text itself where it can be read. */
function readAddress(text: string, parse: (text: string) => unknown): string | Refused {
  try {
    parse(text);
    return text;
  } catch (error) {
    if (error instanceof UsageError) return new Refused(error.message);
    throw error;
  }
}
