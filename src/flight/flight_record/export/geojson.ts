/**
 * Exports a flight as GeoJSON (RFC 7946): tracks as lines, fixes and estimates as points with their
 * covariance. Written while reading: one pass for each track and one for the points.
 *
 * @module
 */
import { Output, OutputFile } from "../../../core/mod.ts";
import type { FdrRecord } from "../../flight_recorder/mod.ts";
import { NothingReadableError } from "../errors.ts";
import type { FlightFiles } from "../flight_files.ts";
import { type ReadOptions, readRecords } from "../read_records.ts";
import type { Export } from "./export_result.ts";
import { type Position, positionOf } from "./positions.ts";

const TRACKS = ["nav.state", "nav.smoothed", "sensor.gps"];
const POINTS = ["nav.fix", "nav.state"];
/** Interval of estimates as points: one a second is enough to see the ellipses. */
const STATE_POINT_NS = 1e9;

/** @throws OutputTakenError | OutputWriteError | NothingReadableError */
export async function exportGeoJson(
  files: FlightFiles,
  out: string,
  options: ReadOptions = {},
): Promise<Export> {
  await using output = await Output.file(out);
  using file = await OutputFile.create(output, output.temporaryPath);
  let records = 0;
  const writer = new FeatureWriter(file);
  await file.writeText('{"type":"FeatureCollection","features":[');
  const silent = { ...options, onDamage: undefined, progress: undefined };
  for (const kind of TRACKS) records += await writeTrack(writer, files, kind, silent);
  records += await writePoints(writer, files, options);
  await file.writeText("\n]}\n");
  await file.flush();
  if (records === 0) throw new NothingReadableError(files.path, "no record has a position");
  await output.commit();
  return { path: output.path, files: [], records };
}

class FeatureWriter {
  readonly #file: OutputFile;
  #first = true;

  constructor(file: OutputFile) {
    this.#file = file;
  }

  async begin(): Promise<void> {
    await this.#file.writeText(this.#first ? "\n" : ",\n");
    this.#first = false;
  }

  async text(text: string): Promise<void> {
    await this.#file.writeText(text);
  }
}

/** Lines never cross the antimeridian: they end there and begin again (RFC 7946, 3.1.9). */
async function writeTrack(
  writer: FeatureWriter,
  files: FlightFiles,
  kind: string,
  options: ReadOptions,
): Promise<number> {
  let records = 0;
  let last: Position | null = null;
  let first: Position | null = null;
  let pending: Position | null = null;
  for await (const record of readRecords(files, { ...options, kinds: [kind] })) {
    const position = positionOf(record);
    if (position === undefined) continue;
    // A line needs two positions: the first one of a piece waits for its second.
    const jump = last !== null && Math.abs(position.longitudeDeg - last.longitudeDeg) > 180;
    if (pending !== null && !jump) {
      await writer.text(first === null ? "" : "],[");
      if (first === null) {
        await writer.begin();
        await writer.text(
          '{"type":"Feature","geometry":{"type":"MultiLineString","coordinates":[[',
        );
        first = pending;
      }
      await writer.text(`${coordinates(pending)},${coordinates(position)}`);
      records += 2;
      pending = null;
    } else if (last === null || jump) {
      pending = position;
    } else {
      await writer.text(`,${coordinates(position)}`);
      records++;
    }
    last = position;
  }
  if (first === null || last === null) return 0;
  const properties = { kind, startUtc: first.timeUtc, endUtc: last.timeUtc };
  await writer.text(`]]},"properties":${JSON.stringify(properties)}}`);
  return records;
}

async function writePoints(
  writer: FeatureWriter,
  files: FlightFiles,
  options: ReadOptions,
): Promise<number> {
  let records = 0;
  let lastStateNs = -Infinity;
  for await (const record of readRecords(files, { ...options, kinds: POINTS })) {
    const position = positionOf(record);
    if (position === undefined) continue;
    if (record.kind === "nav.state") {
      if (position.validNs - lastStateNs < STATE_POINT_NS) continue;
      lastStateNs = position.validNs;
    }
    await writer.begin();
    const properties = JSON.stringify(propertiesOf(record, position));
    await writer.text(
      `{"type":"Feature","geometry":{"type":"Point","coordinates":${
        coordinates(position)
      }},"properties":${properties}}`,
    );
    records++;
  }
  return records;
}

function coordinates({ longitudeDeg, latitudeDeg, heightM }: Position): string {
  return JSON.stringify([longitudeDeg, latitudeDeg, ...heightM === null ? [] : [heightM]]);
}

const KEPT: Readonly<Record<string, readonly string[]>> = {
  "nav.fix": [
    "sequence",
    "accepted",
    "reason",
    "score",
    "margin",
    "inliers",
    "global",
    "testRatio",
  ],
  "nav.state": ["covarianceEnM2", "sigmaUpM", "horizontal95M", "label", "anchorAgeS"],
};

function propertiesOf({ kind, payload }: FdrRecord, position: Position): Record<string, unknown> {
  const properties: Record<string, unknown> = {
    kind,
    timeUtc: position.timeUtc,
    validNs: position.validNs,
  };
  for (const key of KEPT[kind]) {
    if (payload[key] !== undefined) properties[key] = payload[key];
  }
  const { covariance } = payload;
  if (Array.isArray(covariance) && covariance.length === 36) {
    // The first three of six: position east, north, up.
    properties.positionCovarianceEnuM2 = [0, 6, 12].flatMap((row) =>
      covariance.slice(row, row + 3)
    );
  }
  return properties;
}
