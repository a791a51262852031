/**
 * Simulates one flight, from a seed to a recorded-flight folder.
 *
 * @module
 */
import { LocalFrame, seededRandom, type WgsPosition } from "../../core/mod.ts";
import { type FlightDescription, FlightDescriptionSchema } from "../../flight/replay/mod.ts";
import type { VisionLibrary } from "../../native/vision/mod.ts";
import { type SimulatedCamera, simulatedCamera } from "./camera_model.ts";
import { FlightFolder } from "./flight_folder.ts";
import { cameraGsdM, type FlightOptions } from "./flight_options.ts";
import { frameCount, writeFrames } from "./frames.ts";
import type { GroundSource } from "./ground.ts";
import { GroundWindow } from "./ground_window.ts";
import { STREAM_SIGMAS, writeStreams } from "./streams.ts";
import type { Trajectory } from "./trajectory.ts";
import { trueFlight } from "./truth.ts";

/** Accuracy of the last trusted position, 1 sigma. */
const TAKEOFF_SIGMA_HORIZONTAL_M = 10;
const TAKEOFF_SIGMA_VERTICAL_M = 3;

interface SimulatedFlight {
  readonly folder: string;
  readonly frames: number;
  readonly durationS: number;
  readonly distanceM: number;
}

interface SimulationHost {
  readonly vision: VisionLibrary;
  /** Frames written so far, of how many. */
  progress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
}

/**
 * Simulates `options` over `ground` and writes the flight to `folder` (which must not exist;
 * nothing remains when it fails). The same options give the same bytes.
 */
export async function simulateFlight(
  options: FlightOptions,
  ground: GroundSource,
  folder: string,
  host: SimulationHost,
): Promise<SimulatedFlight> {
  const random = seededRandom(options.seed);
  const { trajectory, windMps, landing } = trueFlight(random, options, ground);
  const camera = simulatedCamera(random.fork("camera"), options);
  const localFrame = new LocalFrame(ground.origin);
  const frames = frameCount(options, trajectory);
  await using out = await FlightFolder.create(folder, options.velocity ? ["velocity.csv"] : []);
  const streams = await writeStreams(
    random.fork("streams"),
    { options, trajectory, localFrame },
    out,
  );
  using window = new GroundWindow(ground, {
    vision: host.vision,
    intrinsics: camera.trueIntrinsics,
    gsdM: 0.9 * cameraGsdM(options),
  });
  await writeFrames(
    random.fork("frames"),
    { options, trajectory, camera, ground: window, vision: host.vision },
    out,
    { done: (count) => host.progress?.(count, frames), signal: host.signal },
  );
  const takeoff = options.prior
    ? takeoffGuess(random.fork("takeoff"), trajectory, localFrame)
    : null;
  await out.commit(describe(options, ground, camera, takeoff), {
    note: "for people and tests; airborne never reads it",
    ground: ground.name,
    windMps,
    landing,
    trueIntrinsics: camera.trueIntrinsics,
    mountingErrorRad: camera.mountingErrorRad,
    ...streams,
  });
  return {
    folder: out.path,
    frames,
    durationS: trajectory.durationS,
    distanceM: flownM(trajectory),
  };
}

function describe(
  options: FlightOptions,
  ground: GroundSource,
  camera: SimulatedCamera,
  takeoff: FlightDescription["takeoff"],
): FlightDescription {
  return FlightDescriptionSchema.parse({
    format: "gdn-recorded-flight",
    formatVersion: 1,
    name: options.name,
    aircraft: options.aircraft,
    createdBy: "operator simulate flight",
    seed: options.seed,
    startUtc: options.startUtc,
    camera: camera.calibration,
    frameRateHz: options.frameRateHz,
    imuRateHz: options.imuRateHz,
    groundHeightM: ground.origin.heightM,
    takeoff,
    sigmas: STREAM_SIGMAS,
  });
}

/** The aircraft's true position at time 0, with the error of the last trusted one. */
function takeoffGuess(
  random: { normal(): number },
  trajectory: Trajectory,
  localFrame: LocalFrame,
): FlightDescription["takeoff"] {
  const [east, north, up] = trajectory.state(0).positionLocalM;
  const guess: WgsPosition = localFrame.wgsFromLocal([
    east + TAKEOFF_SIGMA_HORIZONTAL_M * random.normal(),
    north + TAKEOFF_SIGMA_HORIZONTAL_M * random.normal(),
    up + TAKEOFF_SIGMA_VERTICAL_M * random.normal(),
  ]);
  return {
    latitudeDeg: Number(guess.latitudeDeg.toFixed(8)),
    longitudeDeg: Number(guess.longitudeDeg.toFixed(8)),
    heightM: Number(guess.heightM.toFixed(2)),
    sigmaHorizontalM: TAKEOFF_SIGMA_HORIZONTAL_M,
    sigmaVerticalM: TAKEOFF_SIGMA_VERTICAL_M,
  };
}

function flownM(trajectory: Trajectory): number {
  let metres = 0;
  for (let i = 1; i < trajectory.count; i++) {
    const a = trajectory.state(i - 1).positionLocalM, b = trajectory.state(i).positionLocalM;
    metres += Math.hypot(b[0] - a[0], b[1] - a[1]);
  }
  return metres;
}
