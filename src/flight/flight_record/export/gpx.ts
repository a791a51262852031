/**
 * Exports the track of a flight as GPX 1.1.
 *
 * @module
 */
import { Output, OutputFile } from "../../../core/mod.ts";
import { NothingReadableError } from "../errors.ts";
import type { FlightFiles } from "../flight_files.ts";
import { type ReadOptions, readRecords } from "../read_records.ts";
import type { Export } from "./export_result.ts";
import { positionOf } from "./positions.ts";

/** A longer gap begins a new segment of the track. */
const PAUSE_NS = 10e9;

/** @throws OutputTakenError | OutputWriteError | NothingReadableError */
export async function exportGpx(
  files: FlightFiles,
  out: string,
  options: ReadOptions = {},
): Promise<Export> {
  await using output = await Output.file(out);
  using file = await OutputFile.create(output, output.temporaryPath);
  let records = 0;
  let lastNs: number | null = null;
  for await (const record of readRecords(files, { ...options, kinds: ["nav.state"] })) {
    const position = positionOf(record);
    if (position === undefined) continue;
    if (records === 0) await file.writeText(beginning(record.flightId, position.timeUtc));
    else if (lastNs !== null && position.validNs - lastNs > PAUSE_NS) {
      await file.writeText("    </trkseg>\n    <trkseg>\n");
    }
    lastNs = position.validNs;
    const height = position.heightM === null ? "" : `<ele>${position.heightM}</ele>`;
    await file.writeText(
      `      <trkpt lat="${decimal(position.latitudeDeg)}" lon="${
        decimal(position.longitudeDeg)
      }">${height}<time>${position.timeUtc}</time></trkpt>\n`,
    );
    records++;
  }
  if (records > 0) await file.writeText("    </trkseg>\n  </trk>\n</gpx>\n");
  await file.flush();
  if (records === 0) throw new NothingReadableError(files.path, "no nav.state has a position");
  await output.commit();
  return { path: output.path, files: [], records };
}

function beginning(flightId: string, timeUtc: string): string {
  const name = xml(flightId);
  return `<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="gps-denied-onboard" xmlns="http://www.topografix.com/GPX/1/1">
  <metadata><name>${name}</name><time>${xml(timeUtc)}</time></metadata>
  <trk>
    <name>${name}</name>
    <desc>nav.state; heights are metres over the WGS 84 ellipsoid, not over the sea</desc>
    <trkseg>
`;
}

/** XML Schema's decimal type has no exponent. */
function decimal(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, "");
}

/** Characters that XML cannot represent are removed. */
function xml(text: string): string {
  const named: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[^\t\n\r -\uD7FF\uE000-\uFFFD]/g, "").replace(/[&<>"]/g, (c) => named[c]);
}
