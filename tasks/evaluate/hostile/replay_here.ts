/**
 * `airborne replay` within this process: composing, flying and the exit code are the program's own; what its
 * odometry and matcher make of pictures that are known already is not worked out again.
 *
 * @module
 */
import { composeAirborne } from "../../../src/airborne/compose.ts";
import { readFlightSettings } from "../../../src/airborne/flight_options.ts";
import type { FrameLine } from "../../../src/airborne/json_lines.ts";
import { replayFlight } from "../../../src/airborne/replay_flight.ts";
import { replayExitCode } from "../../../src/airborne/replay.ts";
import {
  EXIT,
  type ExitCode,
  GdnError,
  messageOf,
  type MonotonicNs,
} from "../../../src/core/mod.ts";
import type { VisionFrame } from "../../../src/native/vision/mod.ts";
import type { FlightRows } from "./flight_rows.ts";
import { type KnownFlight, KnownMatcher, KnownMotionVio } from "./known_pictures.ts";

export interface Replayed {
  readonly lines: readonly FrameLine[];
  readonly exitCode: ExitCode;
  /** Why it ended, where the exit code is neither 0 nor 3. */
  readonly error: string | null;
}

/** Flies `folder` as far as it can, over whatever rows come. */
export async function replayHere(
  folder: string,
  packagePath: string,
  flight: KnownFlight,
  signal: AbortSignal,
): Promise<Replayed> {
  const lines: FrameLine[] = [];
  const times = new WeakMap<VisionFrame, MonotonicNs>();
  try {
    const summary = await replayFlight(
      {
        composeAirborne: (options) =>
          composeAirborne(options, {
            vio: (inner) => new KnownMotionVio(inner, flight, times),
            matcher: (inner) => new KnownMatcher(inner, flight, times),
          }),
        openTileStore: () => Promise.reject(new Error("hostile flights make no tiles")),
      },
      { ...REQUEST, flightPath: folder, packagePath },
      await readFlightSettings({ configPath: null, modelPath: null, trustFolder: null }),
      {
        line: (line) => {
          if (line.type === "frame" && "sequence" in line) lines.push(line as FrameLine);
        },
        note: () => {},
        progress: () => {},
        signal,
      },
    );
    signal.throwIfAborted();
    const exitCode = replayExitCode(summary);
    const isFlown = exitCode === EXIT.ok || exitCode === EXIT.lossy;
    return { lines, exitCode, error: isFlown ? null : `exit code ${exitCode}` };
  } catch (error) {
    signal.throwIfAborted();
    const exitCode = error instanceof GdnError ? error.exitCode : EXIT.software;
    return { lines, exitCode, error: messageOf(error) };
  }
}

const REQUEST = {
  packageSha256: null,
  configPath: null,
  modelPath: null,
  trustFolder: null,
  recorderFolder: null,
  tilesFolder: null,
  thermalFolder: null,
  json: true,
  strict: false,
  irregular: true,
  groundAltitudeM: null,
  posesPath: null,
  focalLength35Mm: null,
  positionsPath: null,
  reportPath: null,
  // It would confine the evaluation.
  noSyscallFilter: true,
} as const;

/**
 * Exposures of `flight` whose picture is the one that `clean` has then; none where the camera or the map differs.
 */
export function untouchedPictures(flight: FlightRows, clean: FlightRows): ReadonlySet<number> {
  if (flight.tileLie !== undefined) return new Set();
  if (JSON.stringify(flight.description.camera) !== JSON.stringify(clean.description.camera)) {
    return new Set();
  }
  const names = new Map(clean.streams["frames.csv"].map((row) => [row[1], row[3]]));
  return new Set(
    flight.streams["frames.csv"]
      .filter(([, timeNs, , name]) => names.get(timeNs) === name && !flight.pictures.has(name))
      .map(([, timeNs]) => Number(timeNs)),
  );
}
