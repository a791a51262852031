/**
 * A recorded flight in memory, to be falsified and written as another one.
 *
 * @module
 */
import { exists } from "../../../src/core/mod.ts";
import {
  type FlightDescription,
  FlightDescriptionSchema,
  STREAM_COLUMNS,
  type StreamFile,
} from "../../../src/flight/replay/mod.ts";
import type { TileLie } from "./false_package.ts";

/** One row: its fields as they stand in the file, in the order of STREAM_COLUMNS. */
export type Row = string[];

/** Everything of it may be changed. */
export interface FlightRows {
  description: FlightDescription;
  readonly streams: Record<StreamFile, Row[]>;
  /** Pictures that differ from those of the folder: name in frames.csv → JPEG. */
  readonly pictures: Map<string, Uint8Array>;
  /** What the tiles of the map become; absent: they stay. */
  tileLie?: TileLie;
  /** Where the pictures of all other names are. */
  readonly folder: string;
}

const FILES = (Object.keys(STREAM_COLUMNS) as StreamFile[]).filter((file) =>
  file !== "velocity.csv"
);
/** The IMU must cover the last picture. */
const SENSOR_MARGIN_S = 0.5;

/** Column of the time by which a span of a stream is chosen: of arrival, of exposure, of the truth. */
function timeColumn(file: StreamFile): number {
  return file === "truth.csv" ? 0 : 1;
}

export function timeS(file: StreamFile, row: Row): number {
  return Number(row[timeColumn(file)]) / 1e9;
}

/** The first `durationS` seconds of a flight; GPS only for the first second unless `gps`. */
export async function readFlight(
  folder: string,
  durationS: number,
  gps: boolean,
): Promise<FlightRows> {
  const json = JSON.parse(await Deno.readTextFile(`${folder}/flight.json`));
  const streams: Partial<Record<StreamFile, Row[]>> = { "velocity.csv": [] };
  for (const file of FILES) {
    const untilS = file === "gps.csv" && !gps
      ? 1
      : durationS + (file === "frames.csv" ? 0 : SENSOR_MARGIN_S);
    const lines = (await Deno.readTextFile(`${folder}/${file}`)).trimEnd().split("\n").slice(1);
    streams[file] = lines.map((line) => line.split(","))
      .filter((row) => timeS(file, row) <= untilS);
  }
  return {
    description: FlightDescriptionSchema.parse(json),
    streams: streams as Record<StreamFile, Row[]>,
    pictures: new Map(),
    folder,
  };
}

/** Writes a folder that `airborne replay` takes; pictures are hard links to the clean flight's. */
export async function writeFlight(flight: FlightRows, folder: string): Promise<void> {
  if (await exists(folder)) await Deno.remove(folder, { recursive: true });
  await Deno.mkdir(`${folder}/frames`, { recursive: true });
  await Deno.writeTextFile(`${folder}/flight.json`, JSON.stringify(flight.description));
  for (const file of FILES) {
    const rows = flight.streams[file].map((row) => row.join(","));
    await Deno.writeTextFile(
      `${folder}/${file}`,
      [STREAM_COLUMNS[file].join(","), ...rows].join("\n") + "\n",
    );
  }
  for (const name of new Set(flight.streams["frames.csv"].map((row) => row[3]))) {
    const falsified = flight.pictures.get(name);
    if (falsified === undefined) await Deno.link(`${flight.folder}/${name}`, `${folder}/${name}`);
    else await Deno.writeFile(`${folder}/${name}`, falsified);
  }
}
