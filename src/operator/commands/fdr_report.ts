/**
 * `operator fdr report`: a recorded flight as one HTML page.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  EXIT,
  type ExitCode,
  GdnError,
  messageOf,
  UsageError,
} from "../../core/mod.ts";
import { TruthError, truthFromCsv, type TruthTrack } from "../../workstation/evaluation/mod.ts";
import {
  diagnoseFlight,
  findFlight,
  NewOutput,
  NothingReadableError,
  OutputFile,
} from "../../flight/flight_record/mod.ts";
import {
  readForReport,
  type RecordReport,
  type ReportMap,
  type ReportNotice,
  reportPage,
  tileMosaic,
} from "../../workstation/flight_report/mod.ts";
import { CACHE_OPTIONS_HELP, parseCommandLine } from "../options.ts";
import {
  bytesText,
  EXIT_HELP,
  EXIT_OF_VERDICT,
  FLIGHT_HELP,
  flightArgument,
  plural,
  withProgress,
} from "./fdr_shared.ts";
import {
  cacheTiles,
  packageTiles,
  type ReportParts,
  type ReportTiles,
  requireCache,
} from "./report_tiles.ts";

const HELP = `operator fdr report FLIGHT --out report.html [--package PACKAGE | --data DIR]

Writes one HTML file about a recorded flight that needs nothing else and opens offline: the track on
the map, uncertainty (and error, where the truth is known) over time, what the position rested on,
health of odometry, GPS, link and streams, latencies, a list of events with a filter, and whether the
record is whole.
${FLIGHT_HELP}

Options
  --out FILE           the page; must not exist
  --package PACKAGE    map tiles from this flight package
  --data DIR           map tiles from the tile cache in this data folder
  --dsn DSN            … and from its PostgreSQL server instead of the embedded database
  --truth FILE         truth.csv of the flight, on the record's clock: adds the error over time
  --title TEXT         instead of the flight's name

Without a package or a cache the track stands on bare ground. The file appears whole or not at all.
${EXIT_HELP}
A lossy record makes a report as well: it says what is missing.

Examples
  operator fdr report recordings/7d0f2c4e-3f0f-4a9c-8d5e-0f6a3f1b2c4d --out report.html --package packages/kyiv
  operator fdr report FLIGHT --out report.html --data data --truth flights/made/truth.csv`;

const OPTIONS = {
  out: { type: "string" },
  package: { type: "string" },
  data: { type: "string" },
  dsn: { type: "string" },
  truth: { type: "string" },
  title: { type: "string" },
} as const;

const TRUTH_BYTES_MAX = 512 * 1024 * 1024;
const ZOOM_WITHOUT_TILES = 17;

export function fdrReportCommand(parts: ReportParts): Command {
  return {
    name: "fdr report",
    summary: "write a recorded flight as one HTML page",
    help: HELP,
    run: (args, io) => run(parts, args, io),
  };
}

interface Options {
  readonly out: string;
  readonly package?: string;
  readonly data?: string;
  readonly dsn?: string;
  readonly truth?: string;
  readonly title?: string;
}

async function run(
  parts: ReportParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  const path = flightArgument("fdr report", positionals);
  const options = checked(values);
  const files = await findFlight(path);
  const truth = options.truth === undefined ? null : await readTruth(options.truth);
  await using output = await NewOutput.file(options.out);
  const diagnosis = await withProgress(
    io,
    "checking",
    files.totalBytes,
    (scan) => diagnoseFlight(files, scan),
  );
  if (diagnosis.verdict === "nothing") {
    throw new NothingReadableError(path, "no record to report on; see `operator fdr doctor`");
  }
  const report = await withProgress(
    io,
    "reading",
    files.totalBytes,
    (scan) => readForReport(diagnosis, { ...scan, truth }),
  );
  const { map, notices } = await drawMap(parts, options, report, io);
  const built = report.build({ map, notices });
  const page = reportPage(options.title === undefined ? built : { ...built, title: options.title });
  const bytes = await write(output, page);
  io.out(
    `${output.path}: ${plural(diagnosis.summary.records, "record")}, ${bytesText(bytes)}` +
      (diagnosis.verdict === "complete"
        ? ""
        : `; the record is not whole: ${
          plural(diagnosis.damage.total, "fault")
        }, the report names them`),
  );
  return EXIT_OF_VERDICT[diagnosis.verdict];
}

function checked(values: Partial<Options>): Options {
  const { out } = values;
  if (!out) throw new UsageError("fdr report needs --out FILE");
  if (values.package !== undefined && values.data !== undefined) {
    throw new UsageError("fdr report takes --package or --data, not both");
  }
  if (values.dsn !== undefined && values.data === undefined) {
    throw new UsageError(`--dsn goes with --data\n${CACHE_OPTIONS_HELP}`);
  }
  return { ...values, out };
}

async function readTruth(path: string): Promise<TruthTrack> {
  const fault = (state: string, cause: unknown) =>
    new GdnError("TRUTH_UNREADABLE", `Cannot read ${path}: ${state}`, {
      cause,
      exitCode: cause instanceof Deno.errors.NotFound ? EXIT.noInput : EXIT.data,
    });
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile || size > TRUTH_BYTES_MAX) {
      throw fault(isFile ? `${size} bytes are too many for a truth.csv` : "it is no file", null);
    }
    return truthFromCsv(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof TruthError) throw fault(error.message, error);
    if (error instanceof Deno.errors.NotFound) throw fault(messageOf(error), error);
    throw error;
  }
}

async function drawMap(
  parts: ReportParts,
  options: Options,
  report: RecordReport,
  io: CommandIo,
): Promise<{ map: ReportMap | null; notices: readonly ReportNotice[] }> {
  await using resources = new AsyncDisposableStack();
  const positions = report.positions();
  let tiles: ReportTiles | null = null;
  if (options.package !== undefined) tiles = await packageTiles(options.package);
  if (options.data !== undefined) {
    const place = { dataDirectory: options.data, dsn: options.dsn ?? null };
    await requireCache(place);
    const cache = resources.use(await parts.openReportCache(place));
    if (positions.length > 0) tiles = await cacheTiles(cache, positions);
  }
  if (positions.length === 0) {
    const text = "There is no map: the record holds no position.";
    return { map: null, notices: [{ tone: "fair", text }] };
  }
  const bad: string[] = [];
  using bar = io.progress("map tiles", 1);
  const map = await tileMosaic({
    zoom: tiles?.zoom ?? ZOOM_WITHOUT_TILES,
    positions,
    readTile: (x, y) => tiles?.readTile(x, y) ?? Promise.resolve(null),
    onBadTile: (x, y, error) => bad.push(`tile ${x}/${y}: ${messageOf(error)}`),
    progress: (done, total) => bar.update(Math.round(100 * done / total) / 100),
    signal: io.signal,
  });
  bar.end();
  return { map, notices: mapNotices(options, map, bad) };
}

function mapNotices(options: Options, map: ReportMap, bad: readonly string[]): ReportNotice[] {
  const notices: ReportNotice[] = [];
  const asked = options.package !== undefined || options.data !== undefined;
  if (asked && map.jpeg === null) {
    notices.push({ tone: "fair", text: "There are no map tiles where the flight was." });
  }
  if (bad.length > 0) {
    const text = `${plural(bad.length, "map tile")} cannot be read as a picture.`;
    notices.push({ tone: "fair", text, details: bad.slice(0, 20) });
  }
  return notices;
}

async function write(output: NewOutput, page: string): Promise<number> {
  const file = await OutputFile.create(output, output.temporaryPath);
  try {
    await file.writeText(page);
    await file.finish();
  } finally {
    file.close();
  }
  await output.commit();
  return file.bytes;
}
