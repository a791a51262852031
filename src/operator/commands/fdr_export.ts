/**
 * `operator fdr export`: a recorded flight for other programs.
 *
 * @module
 */
import { type Command, type CommandIo, type ExitCode, UsageError } from "../../core/mod.ts";
import {
  exportCsv,
  exportGeoJson,
  exportGpx,
  exportRecordedFlight,
  findFlight,
  NothingReadableError,
} from "../../flight/flight_record/mod.ts";
import { parseCommandLine } from "../options.ts";
import {
  DamageTeller,
  EXIT_HELP,
  FLIGHT_HELP,
  flightArgument,
  plural,
  withProgress,
} from "./fdr_shared.ts";

const HELP = `operator fdr export FLIGHT --format csv|geojson|gpx|flight --out PATH [--kind KIND]…

Writes a recorded flight for spreadsheets, maps and other programs.
${FLIGHT_HELP}

Formats
  csv        PATH is a new folder with a file per kind. Columns: timestampNs, wallTime, producerId,
             then the payload's keys, whose names end with the unit (heightM, velocityEnuMps.east).
             Lists of more than 36 values stand as JSON; a batch of IMU samples is a row per sample.
  geojson    PATH is a new file: tracks of nav.state, nav.smoothed and sensor.gps as lines; fixes,
             and an estimate each second, as points with their covariance (m²). Longitude,
             latitude in degrees, height in metres over the WGS 84 ellipsoid.
  gpx        PATH is a new file: the track of nav.state with time; heights over the ellipsoid.

  flight     PATH is a new folder that \`airborne replay\` flies again, once the flight's pictures lie
             in its frames/ (the record holds all but the pixels).

Options
  --kind KIND    csv only: only this kind; may be given several times

The output appears whole or not at all. Damage in the flight is told on stderr and read around.
${EXIT_HELP}

Examples
  operator fdr export recordings/7d0f2c4e-3f0f-4a9c-8d5e-0f6a3f1b2c4d --format csv --out tables
  operator fdr export FLIGHT --format geojson --out flight.geojson
  operator fdr export FLIGHT --format gpx --out flight.gpx
  operator fdr export FLIGHT --format flight --out flights/again`;

const OPTIONS = {
  format: { type: "string" },
  out: { type: "string" },
  kind: { type: "string", multiple: true },
} as const;

const FORMATS = {
  csv: exportCsv,
  geojson: exportGeoJson,
  gpx: exportGpx,
  flight: exportRecordedFlight,
};

export function fdrExportCommand(): Command {
  return {
    name: "fdr export",
    summary: "write a recorded flight as CSV, GeoJSON, GPX, or to fly it again",
    help: HELP,
    run,
  };
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  const path = flightArgument("fdr export", positionals);
  const { out, format = "", kind } = values;
  if (!Object.hasOwn(FORMATS, format)) {
    throw new UsageError(`--format must be csv, geojson, gpx or flight, got "${format}"`);
  }
  if (!out) throw new UsageError("fdr export needs --out PATH");
  if (kind !== undefined && format !== "csv") throw new UsageError("--kind goes with csv only");
  const files = await findFlight(path);
  const teller = new DamageTeller(io);
  const work = FORMATS[format as keyof typeof FORMATS];
  const result = await withProgress(
    io,
    "exporting",
    files.totalBytes,
    (options) => work(files, out, { ...options, kinds: kind, onDamage: teller.tell }),
  );
  if (result.records === 0) throw new NothingReadableError(path, "no record to export");
  const parts = result.files.length === 0 ? "" : ` in ${plural(result.files.length, "file")}`;
  io.out(`${result.path}: ${plural(result.records, "record")}${parts}`);
  return teller.exitCode(result.records);
}
