/**
 * The flight controller and the camera of a flight.
 *
 * @module
 */
import { type AlarmClock, UsageError } from "../../core/mod.ts";
import { type CameraSource, readCalibration } from "../../flight/camera_source/mod.ts";
import type { FlightControllerAdapter } from "../../flight/flight_controller/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import type { AirborneConfig } from "../config.ts";
import type {
  Airborne,
  FlightControllerPlace,
  FlightParts,
  FlownContext,
  FlyRequest,
  OpenedController,
} from "../contract.ts";
import { calibrationWarning } from "../mission.ts";

export interface Devices extends AsyncDisposable {
  readonly adapter: FlightControllerAdapter;
  /** Address of the controller, for people. */
  readonly endpoint: string;
  /** Of the camera, as the command line or the configuration name it; null: neither does. */
  readonly ownCalibration: CameraCalibration | null;
  /** The time that the flight goes by. */
  readonly clock: AlarmClock;
  readonly signing: OpenedController["signing"];
  /** null: the flight is flown now. */
  readonly flown: FlownContext | null;
}

/** What the flight sees with. */
export interface Seen extends AsyncDisposable {
  readonly camera: CameraSource | null;
  readonly calibration: CameraCalibration | null;
  /** It is not the package's; for people, null: it is, or the package has none. */
  readonly otherCalibration: string | null;
}

/** Nothing is connected yet. @throws what the parts throw; GdnError where the calibration cannot be used */
export async function openDevices(
  parts: FlightParts,
  request: FlyRequest,
  config: AirborneConfig,
  { note, signedBefore }: Pick<FlightControllerPlace, "note" | "signedBefore">,
): Promise<Devices> {
  await using resources = new AsyncDisposableStack();
  const { adapter, clock, signing, flown } = resources.use(
    await parts.openFlightController({
      address: request.connect,
      autopilot: request.autopilot,
      config: config.flightController,
      imu: config.eskf.imu,
      note,
      signedBefore,
    }),
  );
  const { camera, calibrationPath } = request;
  const ownCalibration = camera === null || calibrationPath === ""
    ? null
    : await readCalibration(calibrationPath);
  const owned = resources.move();
  return {
    adapter,
    endpoint: request.connect,
    ownCalibration,
    clock,
    signing,
    flown,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * The camera of a flight with this package; nothing is connected yet.
 *
 * @throws UsageError where a live camera has no calibration
 */
export function openSeen(
  parts: FlightParts,
  { camera: address }: FlyRequest,
  { clock, flown, ownCalibration }: Devices,
  { config, flightPackage }: Pick<Airborne, "config" | "flightPackage">,
): Seen {
  if (flown !== null || address === null) {
    const { source, calibration } = flown?.camera ?? { source: null, calibration: null };
    return seen(
      source,
      calibration,
      calibrationWarning(flightPackage, calibration, "the recording's"),
    );
  }
  const calibration = ownCalibration ?? flightPackage.calibration;
  if (calibration === null) {
    throw new UsageError(
      "--calibration is missing, and the package has none: a camera without one measures nothing",
    );
  }
  const camera = parts.openCamera({ address, calibration, config: config.camera, clock });
  return seen(
    camera,
    calibration,
    calibrationWarning(flightPackage, calibration, "the aircraft's"),
  );
}

function seen(
  camera: CameraSource | null,
  calibration: CameraCalibration | null,
  otherCalibration: string | null,
): Seen {
  return {
    camera,
    calibration,
    otherCalibration,
    [Symbol.asyncDispose]: async () => await camera?.[Symbol.asyncDispose](),
  };
}
