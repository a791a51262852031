/**
 * Some seconds of flight over painted ground, by the shipped programs: simulate, paint the older map,
 * import, provision, replay. Everything follows from one seed.
 *
 * @module
 */
import {
  type FrameLine,
  FrameLineSchema,
  type SummaryLine,
} from "../../src/airborne/json_lines.ts";
import { degreesFromRadians, LocalFrame, rollPitchYaw } from "../../src/core/mod.ts";
import type { FlightCase } from "../../tasks/evaluate/cases.ts";
import { type EvaluatedCase, runCase } from "../../tasks/evaluate/run_case.ts";
import { REPOSITORY } from "../../tasks/executables.ts";
import type { Column, Table } from "./table.ts";

const CENTRE = { latitudeDeg: 48.2, longitudeDeg: 11.5, heightM: 0 };

export const SHORT_FLIGHT: FlightCase = {
  kind: "flight",
  name: "short",
  ground: {
    kind: "procedural",
    seed: 5,
    centre: `${CENTRE.latitudeDeg},${CENTRE.longitudeDeg}`,
    zoom: 18,
  },
  flight: { aircraft: "multirotor", aglM: 130, fovDeg: 60, distanceM: 120, seed: 5, prior: true },
  bars: [],
};

export interface ShortFlight {
  readonly evaluated: EvaluatedCase;
  readonly frames: readonly FrameLine[];
  /** Names of the flights in the recorder's folder. */
  readonly recorded: readonly string[];
}

/** Flies it in a folder of its own, which is removed. */
export async function flyShortFlight(): Promise<ShortFlight> {
  await Deno.mkdir(`${REPOSITORY}/build`, { recursive: true });
  const work = await Deno.makeTempDir({ dir: `${REPOSITORY}/build`, prefix: "short-flight-" });
  try {
    const evaluated = await runCase(SHORT_FLIGHT, new Map(), {
      work,
      signal: new AbortController().signal,
      note: () => {},
    });
    const folder = `${work}/${SHORT_FLIGHT.name}`;
    const lines = (await Deno.readTextFile(`${folder}/lines.jsonl`)).trim().split("\n")
      .map((line): FrameLine | SummaryLine => JSON.parse(line));
    const recorded = [];
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/recorder`)) {
      if (isDirectory) recorded.push(name);
    }
    return {
      evaluated,
      frames: lines.filter(({ type }) => type === "frame").map((line) =>
        FrameLineSchema.parse(line)
      ),
      recorded,
    };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/**
 * Pictures, features and matching are single precision and native: another instruction set, compiler
 * or OpenCV moves a fix by centimetres, and may take an inlier for an outlier.
 */
const POSITION = { decimals: 2, tolerance: 0.3 } as const;
const COLUMNS: readonly Column[] = [
  { name: "sequence" },
  { name: "time_s", decimals: 3 },
  { name: "east_m", ...POSITION },
  { name: "north_m", ...POSITION },
  { name: "up_m", decimals: 2, tolerance: 0.6 },
  { name: "velocity_east_mps", decimals: 2, tolerance: 0.2 },
  { name: "velocity_north_mps", decimals: 2, tolerance: 0.2 },
  { name: "roll_deg", decimals: 2, tolerance: 0.3 },
  { name: "pitch_deg", decimals: 2, tolerance: 0.3 },
  { name: "yaw_deg", decimals: 2, tolerance: 0.5 },
  { name: "horizontal95_m", decimals: 2, tolerance: 0.3 },
  { name: "label" },
  { name: "fix" },
  { name: "fix_east_m", decimals: 2, tolerance: 1 },
  { name: "fix_north_m", decimals: 2, tolerance: 1 },
];

/** One row a frame: what `airborne replay --json` said. */
export function shortFlightTable(frames: readonly FrameLine[]): Table {
  const local = new LocalFrame(CENTRE);
  const startNs = frames[0].timeNs;
  return {
    columns: COLUMNS,
    rows: frames.map((line) => {
      const { rollRad, pitchRad, yawRad } = rollPitchYaw(line.localFromBody);
      const { latitudeDeg, longitudeDeg, heightM, accepted, reason } = line.fix;
      const fix = latitudeDeg === null || longitudeDeg === null || heightM === null
        ? ["", ""]
        : local.localFromWgs({ latitudeDeg, longitudeDeg, heightM }).slice(0, 2);
      return [
        line.sequence,
        (line.timeNs - startNs) / 1e9,
        ...local.localFromWgs(line),
        ...line.velocityEnuMps.slice(0, 2),
        ...[rollRad, pitchRad, yawRad].map(degreesFromRadians),
        line.horizontal95M,
        line.label,
        accepted ? "accepted" : reason.replaceAll(",", ";"),
        ...fix,
      ];
    }),
  };
}
