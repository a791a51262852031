/**
 * All checks of a preflight, and the report of what they found.
 *
 * @module
 */
import { type LatitudeLongitude, messageOf, VERSION } from "../../core/mod.ts";
import type { FlightPackage } from "../../flight/flight_package/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import {
  aircraftFindings,
  type AircraftState,
  liveCameraFindings,
  type PackageThere,
  packageThereFindings,
} from "./aircraft_checks.ts";
import {
  calibrationFindings,
  type CameraReading,
  lightFindings,
  packagedCalibrationFindings,
} from "./camera_checks.ts";
import {
  clockFindings,
  databaseFindings,
  type DatabaseReading,
  diskFindings,
  type DiskReading,
  engineFindings,
  libraryFindings,
  type LibraryReading,
  type ModelReading,
  recorderFindings,
  thermalFindings,
  type ThermalReadingNow,
  type WriteReading,
} from "./computer_checks.ts";
import {
  type CheckName,
  CHECKS,
  fail,
  type Finding,
  notChecked,
  type PreflightReport,
  resultOf,
  type RouteCoverage,
  verdictOf,
} from "./contract.ts";
import { linkFindings, parameterFindings } from "./controller_checks.ts";
import type { ControllerReading } from "./controller_reading.ts";
import {
  coverageFindings,
  freshnessFindings,
  newestTileMs,
  packageFindings,
} from "./package_checks.ts";
import { coverRoute, footprintOf } from "./route_coverage.ts";

export interface PreflightRequest {
  readonly aircraft: string;
  readonly packagePath: string | null;
  readonly route: readonly LatitudeLongitude[] | null;
  readonly aglM: number;
  readonly durationS: number;
  /** Begin of the flight. */
  readonly flightAt: Date;
  readonly calibration: CameraCalibration | null;
  /** Id that the calibration must have; null: any. */
  readonly cameraId: string | null;
  /** Bytes at which the recorder deletes its oldest. */
  readonly recordCapBytes: number;
}

/** The computer that flies. A text in place of a reading says why there is none. */
export interface ComputerReading {
  readonly utcMs: number;
  /** Of the workstation at the same moment; null: it is the same computer. */
  readonly workstationMs: number | null;
  readonly disk: DiskReading | string;
  readonly written: WriteReading | string;
  readonly libraries: readonly LibraryReading[];
  readonly thermal: ThermalReadingNow | null;
}

/** null where a part was not asked for, or the aircraft is not reached. */
export interface PreflightTools {
  aircraft(): Promise<AircraftState | Error> | null;
  openPackage(path: string, flightUntil: Date): Promise<FlightPackage>;
  /** Beside the one here, on an aircraft that is another computer. */
  packageThere(opened: FlightPackage): Promise<PackageThere | Error | null>;
  models(packagePath: string): Promise<readonly ModelReading[]>;
  computer(): Promise<ComputerReading | null>;
  database(): Promise<DatabaseReading>;
  /** null where no camera is to be looked at from here. */
  camera(calibration: CameraCalibration): Promise<CameraReading> | null;
  controller(): Promise<ControllerReading | null>;
}

export async function runPreflight(
  request: PreflightRequest,
  tools: PreflightTools,
): Promise<PreflightReport> {
  const until = new Date(request.flightAt.getTime() + 1000 * request.durationS);
  const opening = request.packagePath === null ? null : open(request.packagePath, until, tools);
  const [aircraft, opened, computer, database, camera, controller] = await Promise.all([
    tools.aircraft(),
    opening,
    tools.computer(),
    tools.database(),
    lookWith(request.calibration, opening, tools),
    tools.controller(),
  ]);
  const whole = wholeOf(opened);
  const packaged = whole?.calibration ?? null;
  const coverage = whole === null || request.route === null
    ? null
    : coverageOf(whole, request.route, {
      ...request,
      calibration: request.calibration ?? packaged,
    });
  const there = whole === null ? null : await tools.packageThere(whole);
  const models = whole === null ? null : await tools.models(whole.path);
  const flight = { durationS: request.durationS, capBytes: request.recordCapBytes };
  const findings: Readonly<Record<CheckName, readonly Finding[]>> = {
    aircraft: aircraftFindings(aircraft),
    package: [
      ...packageFindings(opened, { ofAircraft: aircraft !== null && !(aircraft instanceof Error) }),
      ...there === null ? [] : packageThereFindings(there),
    ],
    coverage: coverageFindings(coverage),
    freshness: freshnessFindings(opened, until),
    database: databaseFindings(database),
    engine: engineFindings(models),
    ...controllerFindings(controller),
    ...cameraFindings({ camera, aircraft, packaged }, request),
    ...computerFindings(computer, flight),
    clock: computer === null ? [NOT_REACHED] : clockFindings({
      ...computer,
      controllerAheadS: controllerAhead(controller, computer),
      notBeforeMs: newestTileMs(opened),
    }),
  };
  const checks = CHECKS.map((check) => resultOf(check, findings[check]));
  return {
    reportVersion: 1,
    madeAt: new Date().toISOString(),
    programVersion: VERSION,
    aircraft: request.aircraft,
    package: whole === null ? null : identityOf(whole),
    verdict: verdictOf(checks),
    checks,
    coverage,
  };
}

const NOT_REACHED = notChecked("the aircraft was not reached");

function computerFindings(
  computer: ComputerReading | null,
  flight: Parameters<typeof diskFindings>[1],
) {
  if (computer === null) {
    const none = [NOT_REACHED];
    return { disk: none, recorder: none, libraries: none, thermal: none };
  }
  return {
    disk: diskFindings(computer.disk, flight),
    recorder: recorderFindings(computer.written),
    libraries: libraryFindings(computer.libraries),
    thermal: thermalFindings(computer.thermal),
  };
}

function controllerFindings(controller: ControllerReading | null) {
  const none = [notChecked("no --connect was given")];
  if (controller === null) return { controller_link: none, controller_parameters: none };
  return {
    controller_link: linkFindings(controller),
    controller_parameters: parameterFindings(controller),
  };
}

function wholeOf(opened: FlightPackage | Error | null): FlightPackage | null {
  return opened === null || opened instanceof Error ? null : opened;
}

/** By the calibration that was named, else by the package's. */
async function lookWith(
  named: CameraCalibration | null,
  opening: Promise<FlightPackage | Error> | null,
  tools: PreflightTools,
): Promise<CameraReading | null> {
  const calibration = named ?? wholeOf(await opening)?.calibration ?? null;
  return calibration === null ? null : await tools.camera(calibration);
}

/** A flight that goes on has the camera: what it says of it counts. */
function cameraFindings(
  { camera, aircraft, packaged }: {
    readonly camera: CameraReading | null;
    readonly aircraft: AircraftState | Error | null;
    readonly packaged: CameraCalibration | null;
  },
  { cameraId, calibration: named }: PreflightRequest,
) {
  if (aircraft instanceof Error) return { calibration: [NOT_REACHED], light: [NOT_REACHED] };
  if (camera !== null || aircraft === null) {
    return {
      calibration: [
        ...calibrationFindings(camera, cameraId),
        ...packagedCalibrationFindings(packaged, named),
      ],
      light: lightFindings(camera?.picture ?? null),
    };
  }
  const there = aircraft.calibration;
  const findings = there instanceof Error
    ? [fail(messageOf(there), "correct camera.calibration of the aircraft's configuration")]
    : packagedCalibrationFindings(packaged, there);
  if (aircraft.flight === null) {
    const none = notChecked("`airborne fly` does not run there: it alone has the camera");
    return { calibration: [none, ...findings], light: [none] };
  }
  const { camera: live } = aircraft.flight;
  return {
    calibration: [...liveCameraFindings(live), ...findings],
    light: lightFindings(live?.light ?? null),
  };
}

async function open(
  path: string,
  until: Date,
  tools: PreflightTools,
): Promise<FlightPackage | Error> {
  try {
    return await tools.openPackage(path, until);
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

function coverageOf(
  { manifest, tileMetadata }: FlightPackage,
  route: readonly LatitudeLongitude[],
  { aglM, calibration }: PreflightRequest,
): RouteCoverage {
  const covered = new Map(tileMetadata.map(({ x, y, coverage }) => [`${x}/${y}`, coverage]));
  const map = {
    zoom: manifest.zoom,
    coverageOf: (x: number, y: number) => covered.get(`${x}/${y}`) ?? 0,
  };
  return coverRoute(map, route, footprintOf(aglM, calibration));
}

/** The controller was read by the workstation's clock. */
function controllerAhead(
  controller: ControllerReading | null,
  { utcMs, workstationMs }: ComputerReading,
): number | null {
  const aheadS = controller?.utcAheadS ?? null;
  if (aheadS === null || workstationMs === null) return aheadS;
  return aheadS + (workstationMs - utcMs) / 1000;
}

function identityOf({ path, manifest, manifestSha256 }: FlightPackage) {
  return { path, name: manifest.name, manifestSha256 };
}
