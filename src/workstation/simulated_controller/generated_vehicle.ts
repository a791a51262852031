/**
 * A flight that is simulated while it is flown: for flights too long for a folder of pictures.
 *
 * @module
 */
import { LocalFrame, type Random } from "../../core/mod.ts";
import { FlightDescriptionSchema } from "../../flight/replay/mod.ts";
import type { VisionLibrary } from "../../native/vision/mod.ts";
import {
  cameraGsdM,
  FlightCamera,
  type FlightOptions,
  FlightSensors,
  type GroundSource,
  GroundWindow,
  joinTrajectories,
  type Shot,
  simulatedCamera,
  STREAM_SIGMAS,
  type Trajectory,
  trueFlight,
} from "../simulation/mod.ts";
import type { Flight, VehicleEvent } from "./contract.ts";
import { groundPhase, type GroundTime } from "./ground_phase.ts";

/** Pictures that are rendered before their time comes. */
const SHOTS_AHEAD = 2;

interface GeneratedFlight {
  readonly options: FlightOptions;
  readonly ground: GroundSource;
  readonly vision: VisionLibrary;
  readonly random: Random;
  readonly time: GroundTime;
}

/** The same options and seed give the flight that `operator simulate flight` writes, behind its ground phase. */
export function openGeneratedVehicle(parts: GeneratedFlight): Flight {
  const { options, ground, random } = parts;
  const { trajectory: flown, landing } = trueFlight(random, options, ground);
  const before = groundPhase(flown.state(0), { rateHz: options.imuRateHz, ...parts.time });
  const startS = -before.durationS;
  const trajectory = joinTrajectories(before, flown);
  const camera = simulatedCamera(random.fork("camera"), options);
  const localFrame = new LocalFrame(ground.origin);
  return {
    description: FlightDescriptionSchema.parse({
      format: "gdn-recorded-flight",
      formatVersion: 1,
      name: options.name,
      aircraft: options.aircraft,
      createdBy: "operator simulate controller",
      seed: options.seed,
      startUtc: options.startUtc,
      camera: camera.calibration,
      frameRateHz: options.frameRateHz,
      imuRateHz: options.imuRateHz,
      groundHeightM: ground.origin.heightM,
      takeoff: null,
      sigmas: STREAM_SIGMAS,
    }),
    localFrame,
    startS,
    endS: flown.durationS,
    landing,
    truthAt: (timeS) => ({ ...trajectory.at(timeS - startS), timeS }),
    events: (signal) => events({ ...parts, trajectory, camera, localFrame, startS }, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

type FlightParts = GeneratedFlight & {
  readonly trajectory: Trajectory;
  readonly camera: ReturnType<typeof simulatedCamera>;
  readonly localFrame: LocalFrame;
  readonly startS: number;
};

async function* events(parts: FlightParts, signal: AbortSignal): AsyncGenerator<VehicleEvent> {
  const { options, trajectory, localFrame, startS, random, vision, camera, ground } = parts;
  const sensors = new FlightSensors(random.fork("streams"), { options, trajectory, localFrame });
  using window = new GroundWindow(ground, {
    vision,
    intrinsics: camera.trueIntrinsics,
    gsdM: 0.9 * cameraGsdM(options),
  });
  using flightCamera = new FlightCamera(random.fork("frames"), {
    options,
    trajectory,
    camera,
    ground: window,
    vision,
  });
  const shots = new ShotsAhead(flightCamera);
  try {
    for (const reading of sensors.readings()) {
      if (signal.aborted) return;
      const timeS = reading.timeS + startS;
      for (;;) {
        const shot = await shots.until(reading.timeS);
        if (shot === undefined) break;
        yield { ...shot, timeS: shot.timeS + startS, exposureMidS: shot.exposureMidS + startS };
      }
      if (reading.kind === "imu") yield { kind: "imu", timeS, ...reading.sample };
      if (reading.kind === "attitude") {
        yield { kind: "attitude", timeS, localFromBody: reading.localFromBody };
      }
      if (reading.kind === "baro") yield { kind: "baro", timeS, heightM: reading.heightM };
    }
  } finally {
    await shots.settle();
  }
}

type Picture = Extract<VehicleEvent, { kind: "frame" }>;

/** Renders the next pictures while the sensors go on. Times are the trajectory's. */
class ShotsAhead {
  readonly #camera: FlightCamera;
  readonly #ahead: { shot: Shot; jpeg: Promise<Uint8Array> | null; sequence: number }[] = [];
  #sequence = 0;

  constructor(camera: FlightCamera) {
    this.#camera = camera;
  }

  /** The next picture that is complete by then. */
  async until(timeS: number): Promise<Picture | undefined> {
    while (this.#ahead.length < SHOTS_AHEAD) await this.#take();
    for (;;) {
      const [{ shot, jpeg, sequence }] = this.#ahead;
      if (shot.availableNs / 1e9 > timeS) return undefined;
      this.#ahead.shift();
      await this.#take();
      if (jpeg === null) continue;
      return {
        kind: "frame",
        timeS: shot.availableNs / 1e9,
        exposureMidS: shot.exposureMidNs / 1e9,
        sequence,
        jpeg: await jpeg,
      };
    }
  }

  async settle(): Promise<void> {
    await Promise.allSettled(this.#ahead.map(({ jpeg }) => jpeg));
  }

  async #take(): Promise<void> {
    const shot = await this.#camera.shot(() => this.settle());
    const jpeg = shot.jpeg?.() ?? null;
    // Whoever awaits it later hears of its failure then.
    jpeg?.catch(() => {});
    this.#ahead.push({ shot, jpeg, sequence: this.#sequence++ });
  }
}
