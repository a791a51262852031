/**
 * `operator fdr report`: writes a recorded flight as one HTML page.
 *
 * @module
 */
import {
  bytesText,
  type Command,
  type CommandIo,
  countText,
  defineCommand,
  EXIT,
  type ExitCode,
  GdnError,
  messageOf,
  option,
  type OptionValues,
  Output,
  readPlainTextFile,
  UsageError,
} from "../../core/mod.ts";
import { TruthError, truthFromCsv, type TruthTrack } from "../../workstation/evaluation/mod.ts";
import {
  diagnoseFlight,
  type Diagnosis,
  findOnlyFlight,
  NothingReadableError,
} from "../../flight/flight_record/mod.ts";
import {
  readForReport,
  type RecordReport,
  type ReportMap,
  type ReportNotice,
  reportPage,
  tileMosaic,
} from "../../workstation/flight_report/mod.ts";
import { CACHE_OPTIONS, FLIGHT_ARGUMENT, placeOf } from "../options.ts";
import { EXIT_CODES, exitOfVerdict, type FlightValues, withProgress } from "./fdr_shared.ts";
import {
  cacheTiles,
  packageTiles,
  type ReportParts,
  type ReportTiles,
  requireCache,
} from "./report_tiles.ts";

const ABOUT = `
Writes one HTML file about a recorded flight that needs nothing else and opens offline: the track on
the map, uncertainty (and error, where the truth is known) over time, what the position rested on,
health of odometry, GPS, link and streams, latencies, a list of events with a filter, and whether the
record is whole.

Without a package or a cache the track stands on bare ground. The file appears whole or not at all.
A lossy record makes a report as well: it says what is missing.`;

const OPTIONS = {
  out: option.path({
    access: "create",
    placeholder: "FILE",
    required: true,
    help: "the page; must not exist",
  }),
  truth: option.path({
    access: "read",
    placeholder: "FILE",
    help: "truth.csv of the flight, on the record's clock: adds the error over time",
  }),
  title: option.text({ help: "title of the page", absent: "the flight's name" }),
  package: option.path({
    access: "read",
    placeholder: "PACKAGE",
    help: "map tiles from this flight package",
    group: "Map tiles, from one of",
  }),
  data: option.path({
    access: "write",
    placeholder: "DIR",
    help: "map tiles from the tile cache in this data folder",
    group: "Map tiles, from one of",
  }),
  dsn: { ...CACHE_OPTIONS.dsn, group: "Map tiles, from one of", help: "with --data: its server" },
} as const;

type Values = FlightValues & OptionValues<typeof OPTIONS>;

const TRUTH_BYTES_MAX = 512 * 1024 * 1024;
const ZOOM_WITHOUT_TILES = 17;

export function fdrReportCommand(parts: ReportParts): Command {
  return defineCommand({
    name: "fdr report",
    summary: "write a recorded flight as one HTML page",
    about: ABOUT,
    arguments: FLIGHT_ARGUMENT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: [
      "operator fdr report FLIGHT --out report.html --package packages/kyiv",
      "operator fdr report FLIGHT --out report.html --data data --truth flights/made/truth.csv",
    ],
    exitCodes: EXIT_CODES,
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: ReportParts, options: Values, io: CommandIo): Promise<ExitCode> {
  const { flight: path } = options;
  checkMapOptions(options);
  const files = await findOnlyFlight(path);
  const truth = options.truth === undefined ? null : await readTruth(options.truth);
  await using output = await Output.file(options.out);
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
  if (options.json) {
    const { verdict, summary: { records }, damage: { total: damageCount } } = diagnosis;
    io.out(
      JSON.stringify({ type: "report", path: output.path, records, bytes, verdict, damageCount }),
    );
  } else io.out(summaryText(output.path, diagnosis, bytes));
  return exitOfVerdict({ ...diagnosis, path }, io);
}

function summaryText(path: string, { summary, verdict, damage }: Diagnosis, bytes: number): string {
  const fault = verdict === "complete"
    ? ""
    : `; the record is damaged: ${countText(damage.total, "fault")}, listed in the report`;
  return `${path}: ${countText(summary.records, "record")}, ${bytesText(bytes)}${fault}`;
}

function checkMapOptions({ package: packagePath, data, dsn }: Values): void {
  if (packagePath !== undefined && data !== undefined) {
    throw new UsageError("give --package or --data, not both");
  }
  if (dsn !== undefined && data === undefined) throw new UsageError("--dsn goes with --data");
}

async function readTruth(path: string): Promise<TruthTrack> {
  const fault = (state: string, cause: unknown) =>
    new GdnError("TRUTH_UNREADABLE", `Cannot read ${path}: ${state}`, {
      cause,
      exitCode: cause instanceof Deno.errors.NotFound ? EXIT.noInput : EXIT.data,
    });
  try {
    return truthFromCsv(await readPlainTextFile(path, { bytesMax: TRUTH_BYTES_MAX }));
  } catch (error) {
    if (error instanceof TruthError) throw fault(error.message, error);
    if (error instanceof Deno.errors.NotFound) throw fault(messageOf(error), error);
    throw error;
  }
}

async function drawMap(
  parts: ReportParts,
  options: Values,
  report: RecordReport,
  io: CommandIo,
): Promise<{ map: ReportMap | null; notices: readonly ReportNotice[] }> {
  await using resources = new AsyncDisposableStack();
  const positions = report.positions();
  let tiles: ReportTiles | null = null;
  if (options.package !== undefined) tiles = await packageTiles(options.package);
  if (options.data !== undefined) {
    const place = placeOf({ data: options.data, dsn: options.dsn });
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

function mapNotices(options: Values, map: ReportMap, bad: readonly string[]): ReportNotice[] {
  const notices: ReportNotice[] = [];
  const asked = options.package !== undefined || options.data !== undefined;
  if (asked && map.jpeg === null) {
    notices.push({ tone: "fair", text: "There are no map tiles where the flight was." });
  }
  if (bad.length > 0) {
    const text = `${countText(bad.length, "map tile")} cannot be read as a picture.`;
    notices.push({ tone: "fair", text, details: bad.slice(0, 20) });
  }
  return notices;
}

async function write(output: Output, page: string): Promise<number> {
  const bytes = new TextEncoder().encode(page);
  await output.guard(() => Deno.writeFile(output.temporaryPath, bytes));
  await output.commit();
  return bytes.length;
}
