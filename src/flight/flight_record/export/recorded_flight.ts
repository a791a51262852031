/**
 * Exports a flight's record as a recorded-flight folder that `airborne replay` can process: the
 * record holds everything except the pixels.
 *
 * @module
 */
import { basename } from "node:path";
import { DataError, Output, OutputFile } from "../../../core/mod.ts";
import { FDR_KINDS, type FdrPayload, type FdrRecord } from "../../flight_recorder/mod.ts";
import { FlightDescriptionSchema, OPTIONAL_STREAMS, STREAM_COLUMNS } from "../../replay/mod.ts";
import type { FlightFiles } from "../flight_files.ts";
import { readBatches, type ReadOptions } from "../read_records.ts";
import type { Export } from "./export_result.ts";

/** The streams that a record holds; ground truth is never in it. */
const STREAMS = [
  "imu.csv",
  "attitude.csv",
  "baro.csv",
  "gps.csv",
  "velocity.csv",
  "frames.csv",
] as const;
type Stream = (typeof STREAMS)[number];
type Row = readonly (string | number)[];

const STREAM_OF: Readonly<Record<string, Stream>> = {
  "sensor.imu": "imu.csv",
  "sensor.attitude": "attitude.csv",
  "sensor.baro": "baro.csv",
  "sensor.gps": "gps.csv",
  "sensor.velocity": "velocity.csv",
  "frame.meta": "frames.csv",
};

/**
 * The pictures must be added below `frames/` of the folder, under the names in the record.
 *
 * @throws DataError when the record has no header that a replay can use.
 * @throws OutputTakenError | OutputWriteError
 */
export async function exportRecordedFlight(
  files: FlightFiles,
  out: string,
  options: ReadOptions = {},
): Promise<Export> {
  await using output = await Output.folder(out);
  await Deno.mkdir(`${output.temporaryPath}/frames`);
  const streams = new Map<Stream, OutputFile>();
  let description: Record<string, unknown> | null = null;
  let records = 0;
  try {
    const stream = async (name: Stream): Promise<OutputFile> => {
      const known = streams.get(name);
      if (known !== undefined) return known;
      const file = await OutputFile.create(output, `${output.temporaryPath}/${name}`);
      streams.set(name, file);
      await file.writeText(`${STREAM_COLUMNS[name].join(",")}\n`);
      return file;
    };
    // An optional stream stands there only if the flight had it.
    for (const name of STREAMS) if (!OPTIONAL_STREAMS.includes(name)) await stream(name);
    const kinds = ["flight_header", ...Object.keys(STREAM_OF)];
    for await (const batch of readBatches(files, { ...options, kinds })) {
      for (const { record } of batch) {
        if (record.kind === "flight_header") {
          description ??= record.payload;
          continue;
        }
        const text = rowsOf(record).map((row) => `${row.join(",")}\n`).join("");
        if (text !== "") await (await stream(STREAM_OF[record.kind])).writeText(text);
        records++;
      }
    }
    for (const file of streams.values()) await file.flush();
  } finally {
    for (const file of streams.values()) file[Symbol.dispose]();
  }
  if (records > 0) {
    const text = `${JSON.stringify(descriptionOf(files, description), null, 2)}\n`;
    await output.guard(() => Deno.writeTextFile(`${output.temporaryPath}/flight.json`, text));
    await output.commit();
  }
  return { path: output.path, files: ["flight.json", ...streams.keys()], records };
}

function descriptionOf(files: FlightFiles, header: Record<string, unknown> | null): unknown {
  const known = Object.keys(FlightDescriptionSchema.shape);
  const kept = Object.entries(header ?? {}).filter(([key]) => known.includes(key));
  const description = FlightDescriptionSchema.safeParse({
    ...Object.fromEntries(kept),
    format: "gdn-recorded-flight",
    formatVersion: 1,
  });
  if (description.success) return description.data;
  const [issue] = description.error.issues;
  throw new DataError(
    files.path,
    `its header lacks what a replay needs (${issue.path.join(".")}: ${issue.message})`,
  );
}

/** Records that violate their schema are left out; `doctor` lists them. */
function rowsOf({ kind, payload }: FdrRecord): readonly Row[] {
  const checked = FDR_KINDS[kind as keyof typeof FDR_KINDS].safeParse(payload);
  if (!checked.success) return [];
  switch (kind) {
    case "sensor.imu":
      return imuRows(payload as FdrPayload<"sensor.imu">);
    case "sensor.attitude": {
      const row = payload as FdrPayload<"sensor.attitude">;
      return [[row.controllerNs, row.receivedNs, ...row.localFromBody]];
    }
    case "sensor.baro": {
      const row = payload as FdrPayload<"sensor.baro">;
      return [[row.controllerNs, row.receivedNs, row.heightM]];
    }
    case "sensor.gps": {
      const row = payload as FdrPayload<"sensor.gps">;
      const [east, north, up] = row.velocityEnuMps;
      return [[
        ...[row.controllerNs, row.receivedNs, row.fix, row.latitudeDeg, row.longitudeDeg],
        ...[row.heightUnknown === true ? "" : row.heightM],
        ...[east, north, row.hasVerticalVelocity === false ? "" : up],
        ...[row.sigmaHorizontalM, row.sigmaVerticalM],
        ...[row.satellites, row.integrity],
      ]];
    }
    case "sensor.velocity": {
      const row = payload as FdrPayload<"sensor.velocity">;
      const upper = [0, 1, 2, 4, 5, 8].map((i) => row.covariance[i]);
      return [[row.controllerNs, row.receivedNs, ...row.velocityBodyMps, ...upper]];
    }
    default: {
      const row = payload as FdrPayload<"frame.meta">;
      return [[row.sequence, row.exposureMidNs, row.availableNs, `frames/${pictureName(row)}`]];
    }
  }
}

function imuRows(batch: FdrPayload<"sensor.imu">): readonly Row[] {
  return batch.controllerNs.map((controllerNs, i) => [
    ...[controllerNs, batch.receivedNs[i], batch.axMps2[i], batch.ayMps2[i], batch.azMps2[i]],
    ...[batch.gxRps[i], batch.gyRps[i], batch.gzRps[i]],
  ]);
}

/**
 * A name that a replay would refuse, or that would break the CSV row, is replaced by the sequence
 * number.
 */
function pictureName({ file, sequence }: FdrPayload<"frame.meta">): string {
  const name = basename(file ?? "");
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name) ? name : `${sequence}.jpg`;
}
