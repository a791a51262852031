/**
 * The flight controller and the camera of a flight.
 *
 * @module
 */
import type { AlarmClock } from "../../core/mod.ts";
import { type CameraSource, readCalibration } from "../../flight/camera_source/mod.ts";
import type { FlightControllerAdapter } from "../../flight/flight_controller/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import type { AirborneConfig } from "../config.ts";
import type {
  FlightControllerPlace,
  FlightParts,
  FlownContext,
  FlyRequest,
  OpenedController,
} from "../contract.ts";

export interface Devices extends AsyncDisposable {
  readonly adapter: FlightControllerAdapter;
  /** Address of the controller, for people. */
  readonly endpoint: string;
  readonly camera: CameraSource | null;
  readonly calibration: CameraCalibration | null;
  /** The time that the flight goes by. */
  readonly clock: AlarmClock;
  readonly signing: OpenedController["signing"];
  /** null: the flight is flown now. */
  readonly flown: FlownContext | null;
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
  const seen = flown === null ? await liveCamera(parts, request, config, clock) : flown.camera;
  if (seen !== null) resources.use(seen.source);
  const owned = resources.move();
  return {
    adapter,
    endpoint: request.connect,
    camera: seen?.source ?? null,
    calibration: seen?.calibration ?? null,
    clock,
    signing,
    flown,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function liveCamera(
  parts: FlightParts,
  { camera: address, calibrationPath }: FlyRequest,
  { camera: config }: AirborneConfig,
  clock: AlarmClock,
): Promise<FlownContext["camera"]> {
  if (address === null) return null;
  const calibration = await readCalibration(calibrationPath);
  return { calibration, source: parts.openCamera({ address, calibration, config, clock }) };
}
