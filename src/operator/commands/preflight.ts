/**
 * `operator preflight`: whether aircraft, package and route are ready for a flight.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  type LatitudeLongitude,
  messageOf,
  option,
  type OptionValues,
  Output,
  Refused,
  signFile,
  UsageError,
  writeSynced,
} from "../../core/mod.ts";
import {
  CAMERA_ADDRESS_FORMS,
  parseCameraAddress,
  readCalibration,
} from "../../flight/camera_source/mod.ts";
import { parseLinkAddress } from "../../link/transport/mod.ts";
import {
  type Autopilot,
  type PreflightReport,
  type PreflightRequest,
  type PreflightTools,
  runPreflight,
} from "../../workstation/preflight/mod.ts";
import {
  parseSshAddress,
  SSH_ADDRESS_FORM,
  type SshAccess,
} from "../../workstation/aircraft/mod.ts";
import { KeyFolder } from "../../workstation/package_signing/mod.ts";
import { CACHE_OPTIONS, type CachePlace, placeOf, SSH_OPTIONS, sshAccessOf } from "../options.ts";
import { KEY_FD_OPTION, PASSPHRASE_OPTION } from "../secret_input.ts";
import { areaOfGeoJson, readJson } from "./geojson_area.ts";
import { keyNameOption, KEYS_OPTION } from "./keys.ts";
import { unlock } from "./package_sign.ts";

/** What the composition root is told to look at. */
export interface PreflightPlace {
  readonly cache: CachePlace;
  /** Its computer; null: this one. */
  readonly aircraft: SshAccess | null;
  /** Path of airborne's configuration on the aircraft. */
  readonly aircraftConfig: string;
  /** Folder of the keys that are trusted. */
  readonly keys: string;
  /** null: any aircraft. */
  readonly aircraftId: string | null;
  /** null: as is usual there. */
  readonly recorder: string | null;
  readonly controller: {
    readonly address: string;
    readonly autopilot: Autopilot;
    readonly signingKey: string | null;
  } | null;
  readonly camera: string | null;
  readonly signal: AbortSignal;
}

interface PreflightParts {
  openTools(place: PreflightPlace): PreflightTools;
  readonly recordCapBytes: number;
}

const ABOUT = `
Looks at what a flight depends on, and says of each whether it passed, what was found, and what to do.
What is not named is not checked: give --package, --route, --connect, --camera and --calibration.

The aircraft is this computer, or with --aircraft another one: reached by the system's own ssh with the
user's keys, its host key must be known. Its clock, disk, recorder, temperature, libraries and keys are
looked at there, the package is held against the aircraft's copy and keys, and --connect is its own line.
Where \`airborne fly\` runs there, what it says of controller and camera counts, and neither is touched.

The camera's footprints along the route are held against the map. Where it has a hole, the hole is named
with the error that odometry is expected to have at its end.

Nothing is sent that the flight controller would fly by, and none of its parameters is changed.`;

const ROUTE = "Route, one of";
const AIRCRAFT = "Aircraft";
const REPORT = "Report";

const OPTIONS = {
  package: option.path({
    access: "read",
    placeholder: "PACKAGE",
    help: "flight package; verified whole",
  }),
  route: option.positions({
    least: 2,
    help: "where the flight is to lead",
    example: "50.4,30.4;50.9,31.2",
    group: ROUTE,
  }),
  geojson: option.path({
    access: "read",
    placeholder: "FILE",
    help: "the same as a LineString",
    group: ROUTE,
  }),
  agl: option.lengthM({
    minimum: 5,
    maximum: 3000,
    default: 130,
    help: "height above ground to be flown",
  }),
  flightAt: option.date({ help: "when the flight begins", absent: "now" }),
  duration: option.durationS({
    minimum: 60,
    maximum: 86_400,
    default: 3600,
    help: "how long it takes",
  }),
  connect: option.custom({
    form: "tcp:HOST:PORT, udp:HOST:PORT, udpout:HOST:PORT or serial:/dev/NAME:BAUD",
    access: "link",
    read(text) {
      try {
        parseLinkAddress(text);
        return text;
      } catch {
        return new Refused();
      }
    },
  }, {
    placeholder: "ADDRESS",
    help: "where the flight controller is; of an aircraft over SSH tcp: or serial:, as it has it",
    example: "tcp:127.0.0.1:5760",
  }),
  autopilot: option.choice(["ardupilot", "px4", "inav"], {
    default: "ardupilot",
    help: "firmware of the flight controller",
  }),
  signingKey: option.path({
    access: "read",
    placeholder: "FILE",
    help: "the line's MAVLink is signed with this key",
    absent: "nothing is signed",
  }),
  camera: option.custom({
    form: CAMERA_ADDRESS_FORMS,
    access: "camera",
    read(text) {
      try {
        parseCameraAddress(text);
        return text;
      } catch {
        return new Refused();
      }
    },
  }, {
    placeholder: "ADDRESS",
    help: "where the camera is; needs --calibration, or a package that brings one",
  }),
  calibration: option.path({
    access: "read",
    placeholder: "FILE",
    help:
      "calibration of the camera (JSON), or flight.json of a recorded flight; the package's must be the same",
    absent: "the package's",
  }),
  cameraId: option.text({
    placeholder: "ID",
    help: "the calibration must be of this camera",
    absent: "any",
  }),
  recorder: option.path({
    access: "write",
    placeholder: "DIR",
    help: "where the flight will be recorded; over SSH a folder there",
    absent: "flights; over SSH records, or as its configuration says",
    implied: "flights",
  }),
  aircraft: option.custom({
    form: `local, or ${SSH_ADDRESS_FORM}`,
    access: "aircraft",
    read(text) {
      if (text === "local") return text;
      try {
        parseSshAddress(text);
        return text;
      } catch (error) {
        return new Refused(messageOf(error));
      }
    },
  }, {
    placeholder: "AIRCRAFT",
    help: "this computer (local), or the aircraft's with the folder of its data",
    example: "ssh://pilot@10.0.0.7/var/lib/gdn",
    absent: "local",
    group: AIRCRAFT,
  }),
  aircraftConfig: option.text({
    placeholder: "FILE",
    default: "/etc/gdn/airborne.yaml",
    help: "configuration of airborne, over SSH: where it records, which keys it trusts, its id",
    group: AIRCRAFT,
  }),
  aircraftId: option.text({
    placeholder: "ID",
    help: "the package must be for this aircraft",
    absent: "any; over SSH as its configuration says",
    group: AIRCRAFT,
  }),
  ...SSH_OPTIONS,
  report: option.path({
    access: "create",
    placeholder: "FILE",
    help: "write the report there as JSON; an older one is replaced",
    group: REPORT,
  }),
  signature: option.path({
    access: "create",
    placeholder: "FILE",
    help: "and its signature there, by --key or --key-fd; minisign -V -m REPORT -x FILE checks it",
    group: REPORT,
  }),
  key: keyNameOption("key that signs the report (operator keys create)"),
  keyFd: KEY_FD_OPTION,
  ...PASSPHRASE_OPTION,
  ...KEYS_OPTION,
  ...CACHE_OPTIONS,
} as const;

type Values = OptionValues<typeof OPTIONS> & { readonly json: boolean };

export function preflightCommand(parts: PreflightParts): Command {
  return defineCommand({
    name: "preflight",
    summary: "check aircraft, package and route before a flight",
    about: ABOUT,
    options: OPTIONS,
    json: "the report as one JSON object instead of the checklist",
    examples: [
      'operator preflight --package packages/kyiv --route "50.44,30.51;50.46,30.55" --agl 150',
      "operator preflight --connect tcp:127.0.0.1:5760 --autopilot px4 --json",
      "operator preflight --aircraft ssh://pilot@10.0.0.7/var/lib/gdn --package packages/kyiv",
      "operator preflight --connect serial:/dev/ttyTHS1:921600 --camera v4l2:/dev/video0 --calibration camera.json",
    ],
    exitCodes: { 0: "all that was checked passed", 1: "a check failed", 3: "there are warnings" },
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: PreflightParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const request = await requestOf(parts, values);
  const { connect, camera } = values;
  checkSigning(values);
  const tools = parts.openTools({
    cache: placeOf(values),
    aircraft: accessOf(values),
    aircraftConfig: values.aircraftConfig,
    keys: values.keys,
    aircraftId: values.aircraftId ?? null,
    recorder: values.recorder ?? null,
    controller: connect === undefined ? null : {
      address: connect,
      autopilot: values.autopilot,
      signingKey: values.signingKey ?? null,
    },
    camera: camera ?? null,
    signal: io.signal,
  });
  const report = await runPreflight(request, tools);
  io.signal.throwIfAborted();
  if (values.report !== undefined) await writeReport(values.report, report, values);
  if (values.json) io.out(JSON.stringify({ type: "preflight", ...report }));
  else for (const line of checklist(report)) io.out(line);
  return exitCodeOf(report);
}

async function requestOf(parts: PreflightParts, values: Values): Promise<PreflightRequest> {
  if (values.camera !== undefined && (values.calibration ?? values.package) === undefined) {
    throw new UsageError(
      "--camera needs --calibration, or a package that brings one: what should it look like?",
    );
  }
  if (values.signingKey !== undefined && values.connect === undefined) {
    throw new UsageError("--signing-key needs --connect: whose line is signed?");
  }
  checkAircraft(values);
  return {
    aircraft: values.aircraft ?? "local",
    packagePath: values.package ?? null,
    route: await routeOf(values),
    aglM: values.agl,
    durationS: values.duration,
    flightAt: values.flightAt ?? new Date(),
    calibration: values.calibration === undefined
      ? null
      : await readCalibration(values.calibration),
    cameraId: values.cameraId ?? null,
    recordCapBytes: parts.recordCapBytes,
  };
}

function accessOf(values: Values): SshAccess | null {
  const { aircraft = "local" } = values;
  return aircraft === "local" ? null : sshAccessOf(aircraft, values);
}

function checkAircraft({ aircraft = "local", knownHosts, identity, camera, connect }: Values) {
  if (aircraft === "local") {
    if (knownHosts !== undefined || identity !== undefined) {
      throw new UsageError("--known-hosts and --identity need --aircraft ssh://…");
    }
    return;
  }
  if (camera !== undefined) {
    throw new UsageError(
      "--camera is of this computer, and --aircraft names another: leave it out; where \`airborne fly\` runs " +
        "on the aircraft, what it says of the camera is shown",
    );
  }
  if (connect !== undefined && !/^(tcp|serial):/.test(connect)) {
    throw new UsageError("over SSH --connect is a tcp: or serial: address, as the aircraft has it");
  }
}

async function routeOf(
  { route, geojson }: Values,
): Promise<readonly LatitudeLongitude[] | null> {
  if (route !== undefined && geojson !== undefined) {
    throw new UsageError("give --route or --geojson, not both");
  }
  if (geojson === undefined) return route ?? null;
  const area = areaOfGeoJson(geojson, await readJson(geojson), 1);
  if (area.kind !== "corridor") {
    throw new UsageError(`${geojson} holds an area; a route is a LineString`);
  }
  return area.route;
}

function checkSigning({ report, signature, key, keyFd }: Values): void {
  const isSigned = key !== undefined || keyFd !== undefined;
  if (isSigned !== (signature !== undefined)) {
    throw new UsageError("--signature goes with --key or --key-fd: give both, or none");
  }
  if (isSigned && report === undefined) {
    throw new UsageError("--signature needs --report: what is to be signed?");
  }
}

/** The signature first: a report without one is not taken for one that nobody signed. */
async function writeReport(path: string, report: PreflightReport, values: Values): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`);
  if (values.signature !== undefined) {
    const { secretKey } = await unlock(values, new KeyFolder(values.keys));
    const comment = `preflight ${report.madeAt} ${report.verdict}`;
    const text = signFile(bytes, secretKey, comment);
    await writeWhole(values.signature, new TextEncoder().encode(text));
  }
  await writeWhole(path, bytes);
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await using output = await Output.file(path, { force: true });
  await output.guard(() => writeSynced(output.temporaryPath, bytes));
  await output.commit();
}

const MARKS = { pass: "pass", warning: "WARN", fail: "FAIL", not_checked: "  - " } as const;

function checklist({ checks, verdict }: PreflightReport): string[] {
  const lines = checks.flatMap(({ check, status, found, remedy }) => [
    `${MARKS[status]}  ${check.replaceAll("_", " ").padEnd(22)}${found}`,
    ...(remedy === null ? [] : [`${" ".repeat(28)}→ ${remedy}`]),
  ]);
  const count = (wanted: string) => checks.filter(({ status }) => status === wanted).length;
  const unchecked = count("not_checked");
  const rest = unchecked === 0 ? "" : `, ${unchecked} not checked`;
  const words = {
    passed: "ready, as far as it was checked",
    warnings: `${count("warning")} warnings`,
    failed: `${count("fail")} failed, ${count("warning")} warnings: not ready`,
  };
  return [...lines, `${words[verdict]}${rest}`];
}

function exitCodeOf({ verdict }: PreflightReport): ExitCode {
  if (verdict === "failed") return EXIT.failure;
  return verdict === "warnings" ? EXIT.lossy : EXIT.ok;
}
