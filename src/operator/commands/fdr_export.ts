/**
 * `operator fdr export`: writes a recorded flight for other programs.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  countText,
  defineCommand,
  type ExitCode,
  option,
  type OptionValues,
  UsageError,
} from "../../core/mod.ts";
import {
  exportCsv,
  exportGeoJson,
  exportGpx,
  exportRecordedFlight,
  findOnlyFlight,
  NothingReadableError,
} from "../../flight/flight_record/mod.ts";
import { FLIGHT_ARGUMENT } from "../options.ts";
import { DamageTeller, EXIT_CODES, type FlightValues, withProgress } from "./fdr_shared.ts";

const FORMATS = {
  csv: exportCsv,
  geojson: exportGeoJson,
  gpx: exportGpx,
  flight: exportRecordedFlight,
};

const ABOUT = `
Writes a recorded flight for spreadsheets, maps and other programs. FORMAT is one of
  csv        PATH is a new folder with a file per kind. Columns: timestampNs, wallTime, producerId,
             then the payload's keys, whose names end with the unit (heightM, velocityEnuMps.east).
             Lists of more than 36 values stand as JSON; a batch of IMU samples is a row per sample.
  geojson    PATH is a new file: tracks of nav.state, nav.smoothed and sensor.gps as lines; fixes,
             and an estimate each second, as points with their covariance (m²). Longitude,
             latitude in degrees, height in metres over the WGS 84 ellipsoid.
  gpx        PATH is a new file: the track of nav.state with time; heights over the ellipsoid.
  flight     PATH is a new folder that \`airborne replay\` flies again, once the flight's pictures lie
             in its frames/ (the record holds all but the pixels).

The output appears whole or not at all. Damage in the flight is named on stderr and read around.`;

const OPTIONS = {
  format: option.choice(Object.keys(FORMATS) as (keyof typeof FORMATS)[], {
    placeholder: "FORMAT",
    required: true,
    help: "what is written",
  }),
  out: option.path({ access: "create", required: true, help: "the new file or folder" }),
  kind: option.text({
    placeholder: "KIND",
    multiple: true,
    help: "csv only: only this kind",
    example: "nav.state",
  }),
} as const;

export function fdrExportCommand(): Command {
  return defineCommand({
    name: "fdr export",
    summary: "write a recorded flight as CSV, GeoJSON, GPX, or to fly it again",
    about: ABOUT,
    arguments: FLIGHT_ARGUMENT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: [
      "operator fdr export recordings/7d0f2c4e-3f0f-4a9c-8d5e-0f6a3f1b2c4d --format csv --out tables",
      "operator fdr export FLIGHT --format geojson --out flight.geojson",
      "operator fdr export FLIGHT --format gpx --out flight.gpx",
      "operator fdr export FLIGHT --format flight --out flights/again",
    ],
    exitCodes: EXIT_CODES,
    run,
  });
}

async function run(
  { flight, format, out, kind, json }: FlightValues & OptionValues<typeof OPTIONS>,
  io: CommandIo,
): Promise<ExitCode> {
  const kinds = kind.length === 0 ? undefined : kind;
  if (kinds !== undefined && format !== "csv") throw new UsageError("--kind goes with csv only");
  const files = await findOnlyFlight(flight);
  const teller = new DamageTeller(io);
  const work = FORMATS[format];
  const result = await withProgress(
    io,
    "exporting",
    files.totalBytes,
    (options) => work(files, out, { ...options, kinds, onDamage: teller.tell }),
  );
  if (result.records === 0) throw new NothingReadableError(flight, "no record to export");
  const parts = result.files.length === 0 ? "" : ` in ${countText(result.files.length, "file")}`;
  if (json) io.out(JSON.stringify({ type: "exported", format, ...result }));
  else io.out(`${result.path}: ${countText(result.records, "record")}${parts}`);
  return teller.exitCode(result.records);
}
