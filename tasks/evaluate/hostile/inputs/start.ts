/**
 * A start, a camera and a clock that are not as the flight's description says.
 *
 * @module
 */
import {
  type Quaternion,
  quaternionMultiply,
  radiansFromDegrees,
  type Vector3,
} from "../../../../src/core/mod.ts";
import type { FlightRows } from "../flight_rows.ts";
import { changeColumns, type HostileInput, type Injection, rowsWithin } from "../input.ts";
import { movedBy } from "./gps.ts";

/** From the flight's first moment to its last. */
export function always(
  name: string,
  about: string,
  inject: (flight: FlightRows, injection: Injection) => void,
  gps = false,
): HostileInput {
  return { name, about, durationsS: [Infinity], gps, fromStart: true, inject };
}

/** A start that is further off than this is found later than in a short flight. */
const FAR_M = 1000;

function startMoved(name: string, about: string, metres: Vector3, sigmaM?: number): HostileInput {
  const moved = always(`start.${name}`, about, (flight) => {
    const { takeoff } = flight.description;
    if (takeoff === null) return;
    const sigma = sigmaM === undefined ? {} : { sigmaHorizontalM: sigmaM };
    flight.description.takeoff = { ...takeoff, ...movedBy(takeoff, metres), ...sigma };
    // Its GPS would contradict it in the first second.
    flight.streams["gps.csv"] = [];
  });
  return Math.hypot(...metres) > FAR_M ? { ...moved, slow: true } : moved;
}

function camera(
  name: string,
  about: string,
  change: (
    camera: FlightRows["description"]["camera"],
  ) => Partial<FlightRows["description"]["camera"]>,
): HostileInput {
  return always(`camera.${name}`, about, (flight) => {
    const { camera } = flight.description;
    flight.description.camera = { ...camera, ...change(camera) };
  });
}

function mountingTurned(name: string, about: string, axis: 1 | 2 | 3, degrees: number) {
  const half = radiansFromDegrees(degrees) / 2;
  const turn = [Math.cos(half), 0, 0, 0];
  turn[axis] = Math.sin(half);
  return camera(name, about, ({ bodyFromCamera }) => ({
    bodyFromCamera: [...quaternionMultiply(turn as unknown as Quaternion, bodyFromCamera)],
  }));
}

function focal(name: string, factor: number): HostileInput {
  return camera(name, `focal length × ${factor}`, ({ fxPx, fyPx }) => ({
    fxPx: fxPx * factor,
    fyPx: fyPx * factor,
  }));
}

const CONTROLLER_STREAMS = ["imu.csv", "attitude.csv", "baro.csv", "gps.csv"] as const;

/** The controller's clock alone: column 0 of its streams. */
function clock(
  name: string,
  about: string,
  change: (controllerNs: number, sinceS: number) => number,
): HostileInput {
  return {
    name: `clock.${name}`,
    about,
    durationsS: [Infinity],
    gps: false,
    inject(flight, { span }) {
      for (const file of CONTROLLER_STREAMS) {
        changeColumns(flight, file, [0], span, (ns, sinceS) => Math.round(change(ns, sinceS)));
      }
    },
  };
}

export const START_INPUTS: readonly HostileInput[] = [
  startMoved("off_60", "60 m off, 10 m given", [60, 0, 0]),
  startMoved("off_300", "300 m off, 10 m given", [0, 300, 0]),
  startMoved("off_3000", "3 km off, 10 m given", [-3000, 0, 0]),
  startMoved("sure", "20 m off, 0.5 m given", [0, -20, 0], 0.5),
  startMoved("height_60", "60 m too high", [0, 0, 60]),
  startMoved("height_down_60", "60 m too low", [0, 0, -60]),
  startMoved("height_20", "20 m too high", [0, 0, 20]),
  startMoved("height_down_20", "20 m too low", [0, 0, -20]),
  startMoved("off_30_high", "30 m off and 15 m too high, 5 m given", [-20, 22, 15], 5),
  startMoved("sure_100", "100 m off, 0.5 m given", [70, 70, 0], 0.5),
];

export const CAMERA_INPUTS: readonly HostileInput[] = [
  focal("focal_1.1", 1.1),
  focal("focal_0.9", 0.9),
  focal("focal_1.3", 1.3),
  focal("focal_1.05", 1.05),
  mountingTurned("yaw_20", "mounted 20° of yaw off", 3, 20),
  mountingTurned("yaw_180", "mounted the other way round", 3, 180),
  mountingTurned("roll_20", "mounted 20° of roll off", 1, 20),
  mountingTurned("pitch_20", "mounted 20° of pitch off", 2, 20),
  mountingTurned("pitch_5", "mounted 5° of pitch off", 2, 5),
  mountingTurned("pitch_10", "mounted 10° of pitch off", 2, 10),
  mountingTurned("roll_5", "mounted 5° of roll off", 1, -5),
  mountingTurned("roll_10", "mounted 10° of roll off", 1, 10),
  mountingTurned("yaw_8", "mounted 8° of yaw off", 3, -8),
  camera("centre_off", "principal point 80 px off", ({ cxPx }) => ({ cxPx: cxPx + 80 })),
  camera("distortion", "distortion of another lens", () => ({ distortion: [-0.3, 0.1, 0, 0, 0] })),
];

export const CLOCK_INPUTS: readonly HostileInput[] = [
  clock("jump_2", "the controller's clock jumps 2 s ahead", (ns) => ns + 2e9),
  clock("fast", "the controller's clock runs 1 % fast", (ns, sinceS) => ns + 0.01 * sinceS * 1e9),
  clock("ahead_0.2", "the controller's stamps 0.2 s too late", (ns) => ns + 0.2e9),
  clock("slow", "the controller's clock runs 1 % slow", (ns, sinceS) => ns - 0.01 * sinceS * 1e9),
  {
    name: "clock.pictures_ahead",
    about: "exposures stamped 0.3 s too early",
    durationsS: [2, Infinity],
    gps: false,
    inject(flight, { span }) {
      let lastNs = -1;
      const early = new Set(rowsWithin(flight, "frames.csv", span));
      for (const row of flight.streams["frames.csv"]) {
        const stampNs = Number(row[1]) - (early.has(row) ? 0.3e9 : 0);
        lastNs = Math.max(lastNs + 1, Math.round(stampNs), 0);
        row[1] = String(lastNs);
      }
    },
  },
];
