/**
 * What a preflight looks with where the aircraft is another computer: its own `airborne`, clock, disk, keys
 * and package over SSH.
 *
 * @module
 */
import * as z from "zod";
import { messageOf, parseBoundedJson, sha256OfFile, SystemClock } from "../core/mod.ts";
import {
  ANY_AIRCRAFT,
  type FlightPackage,
  openFlightPackage,
  PACKAGE_PATHS,
  readTrustFolder,
  SIGNATURE_PATHS,
  type TrustDemands,
  type TrustStore,
  trustStoreOf,
} from "../flight/flight_package/mod.ts";
import { parseCalibration } from "../flight/camera_source/mod.ts";
import type { CameraCalibration } from "../navigation/camera/mod.ts";
import { openSigning } from "../flight/flight_controller/mod.ts";
import { jetsonProbe, linuxProbe } from "../navigation/inference/mod.ts";
import {
  aircraftLink,
  type AircraftReading,
  comparePackage,
  flownThere,
  type LiveFlight,
  liveFlightOf,
  readAircraft,
  type SshAccess,
} from "../workstation/aircraft/mod.ts";
import {
  type ComputerReading,
  type ControllerReading,
  type LibraryReading,
  type PackageThere,
  type PreflightTools,
  readController,
} from "../workstation/preflight/mod.ts";
import type { PreflightPlace } from "./commands/preflight.ts";

/** A connection over a radio takes seconds before the first byte. */
const HEARD_WITHIN_MS = 12_000;
const REQUIRED = ["vision", "faiss", "device"];

type AircraftPart = Pick<
  PreflightTools,
  "aircraft" | "openPackage" | "packageThere" | "computer" | "camera" | "controller"
>;

interface Asked {
  readonly access: SshAccess;
  readonly reading: AircraftReading;
  readonly flight: LiveFlight | null;
}

/** It is asked once; what cannot be reached fails one check, and the others say so. */
export function aircraftTools(place: PreflightPlace): AircraftPart {
  const asked = ask(place);
  const orNull = async <T>(look: (asked: Asked) => T | Promise<T>): Promise<T | null> => {
    const answer = await asked;
    return answer instanceof Error ? null : await look(answer);
  };
  return {
    aircraft: async () => {
      const answer = await asked;
      if (answer instanceof Error) return answer;
      const { access: { address: { host } }, reading, flight } = answer;
      return {
        where: `${reading.user}@${host}`,
        version: versionOf(reading)?.version ?? null,
        calibration: calibrationOf(reading),
        flight: flight && { flightState: flight.controller.flightState, camera: flight.camera },
      };
    },
    openPackage: async (path, flightUntil) =>
      await openFlightPackage(path, undefined, {
        flightUntil,
        trust: {
          ...await orNull((answer) => demandsOf(answer, place)) ?? {
            store: await readTrustFolder(place.keys),
            aircraftId: ANY_AIRCRAFT,
            counterFlown: () => null,
          },
          at: flightUntil,
          allowUntrusted: true,
        },
      }),
    packageThere: (opened) => orNull((answer) => packageThere(answer, opened, place.signal)),
    computer: () => orNull(({ reading }) => computerOf(reading)),
    camera: () => null,
    controller: () => orNull((answer) => controllerOf(answer, place)),
  };
}

async function ask(
  { aircraft: access, recorder, aircraftConfig, signal }: PreflightPlace,
): Promise<Asked | Error> {
  if (access === null) throw new TypeError("no aircraft was named");
  try {
    const places = { configuration: aircraftConfig, recorder };
    const reading = await readAircraft(access, places, signal);
    return { access, reading, flight: liveFlightOf(reading.liveState, reading.utcMs) };
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

type Demands = Pick<TrustDemands, "store" | "aircraftId" | "counterFlown">;

/** As `airborne fly` there asks it. */
function demandsOf({ reading }: Asked, { aircraftId }: PreflightPlace): Demands {
  const { settings: { trust: settings }, packagesFlown, trust } = reading;
  const { counters, revokedKeys } = flownThere(packagesFlown);
  const nobody: TrustStore = { keys: new Map(), revoked: new Set() };
  const { keys, revoked } = trust === null ? nobody : trustStoreOf(settings.folder, trust);
  return {
    store: { keys, revoked: new Set([...revoked, ...revokedKeys]) },
    aircraftId: aircraftId ?? (settings.aircraftId || null),
    counterFlown: (name) => counters.get(name) ?? null,
  };
}

/** As the aircraft's configuration names it. */
function calibrationOf(
  { calibration, settings }: AircraftReading,
): CameraCalibration | Error | null {
  if (calibration === null) return null;
  try {
    return parseCalibration(calibration, settings.camera.calibration);
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

async function packageThere(
  { access, reading }: Asked,
  { path, manifest, manifestSha256 }: FlightPackage,
  signal: AbortSignal,
): Promise<PackageThere | Error> {
  const { folder } = access.address;
  const configured = reading.settings.live.package;
  const flown = configured === "" || configured.startsWith("/")
    ? configured
    : `${folder}/${configured}`;
  const same = reading.packages.filter((each) => each.manifestSha256 === manifestSha256);
  const found = same.find((each) => each.path === flown) ?? same.at(0);
  if (found === undefined) return { kind: "absent", folder };
  const files = [
    ...manifest.files,
    { path: PACKAGE_PATHS.manifest, sha256: manifestSha256 },
    ...await Promise.all(
      Object.values(SIGNATURE_PATHS).map(async (name) => ({
        path: name,
        sha256: await sha256OfFile(`${path}/${name}`).catch(() => null),
      })),
    ),
  ].flatMap(({ path, sha256 }) => sha256 === null ? [] : [{ path, sha256 }]);
  try {
    const differences = await comparePackage(access, found.path, files, signal);
    return { kind: "found", path: found.path, configured: flown, ...differences };
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

function computerOf(reading: AircraftReading): ComputerReading {
  const { utcMs, workstationMs, recorder, freeBytes, syncMsMax, thermal } = reading;
  const readText = (path: string) => thermal.get(path);
  const probe = jetsonProbe(readText) ?? linuxProbe(readText);
  return {
    utcMs,
    workstationMs,
    disk: typeof freeBytes === "string" ? freeBytes : { path: recorder, freeBytes },
    written: typeof syncMsMax === "string" ? syncMsMax : { path: recorder, syncMsMax },
    libraries: librariesOf(reading),
    thermal: probe?.read() ?? null,
  };
}

const VersionSchema = z.object({
  program: z.literal("airborne"),
  version: z.string(),
  nativeLibraries: z.array(
    z.object({ name: z.string(), builtFrom: z.record(z.string(), z.string()) }),
  ),
});

function versionOf({ version }: AircraftReading): z.infer<typeof VersionSchema> | null {
  try {
    return VersionSchema.parse(parseBoundedJson(version));
  } catch {
    return null;
  }
}

/** It opens each of them to say what it is. */
function librariesOf(reading: AircraftReading): LibraryReading[] {
  const version = versionOf(reading);
  if (version === null) {
    const said = reading.version.split("\n").at(-1) ?? "";
    const fault = `airborne does not start there: ${said || "it says nothing"}`;
    return [{ name: "airborne", version: null, fault, isOptional: false }];
  }
  const there = version.nativeLibraries.map(({ name, builtFrom }): LibraryReading => ({
    name,
    version: Object.entries(builtFrom).map(([what, which]) => `${what} ${which}`).join(", "),
    fault: "",
    isOptional: false,
  }));
  const missing = REQUIRED.filter((name) => !there.some((each) => each.name === name));
  return [
    ...there,
    ...missing.map((name): LibraryReading => ({
      name,
      version: null,
      fault: "the aircraft's airborne does not have it",
      isOptional: false,
    })),
  ];
}

/** A flight that goes on has the line to itself: what it says of it counts, and nothing is disturbed. */
async function controllerOf(
  { access, flight }: Asked,
  { controller, signal }: PreflightPlace,
): Promise<ControllerReading | null> {
  if (flight !== null) return heardBy(flight, controller?.autopilot ?? "ardupilot");
  if (controller === null) return null;
  const { address, autopilot, signingKey } = controller;
  const clock = new SystemClock();
  const signing = signingKey === null ? null : await openSigning(signingKey, {});
  const link = aircraftLink(address, access, clock);
  return await readController({
    autopilot,
    link,
    clock,
    signing,
    targetSystemId: null,
    heardWithinMs: HEARD_WITHIN_MS,
  }, signal);
}

function heardBy(
  { controller }: LiveFlight,
  autopilot: ControllerReading["autopilot"],
): ControllerReading {
  const { connected, endpoint, firmware, framesBad, roundTripMs } = controller;
  return {
    autopilot,
    firmware: firmware || endpoint,
    isHeard: connected,
    isOther: false,
    fault: `airborne fly hears nothing at ${endpoint}`,
    roundTripMs,
    framesBad,
    parameters: new Map(),
    warnings: [],
    gpsProvider: null,
    utcAheadS: null,
    notAsked: "airborne fly has the line, and warns of them itself; end it there to have them " +
      "checked (systemctl stop airborne-fly), or check over the ground station's line",
  };
}
