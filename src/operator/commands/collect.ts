/**
 * `operator collect`: merges what a flight left on the aircraft's storage into the workstation's
 * cache.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  inOneLine,
  option,
  type OptionValues,
} from "../../core/mod.ts";
import { diagnoseFlight, findFlight } from "../../flight/flight_record/mod.ts";
import {
  collectFile,
  type CopyOutcome,
  findFlightMedia,
  type RecordedFlightFolder,
} from "../../tiles/workstation/tile_manager/mod.ts";
import { mergeJournal, type MergeReport, type MergeTarget } from "../../tiles/tile_journal/mod.ts";
import {
  CACHE_OPTIONS,
  type CachePlace,
  placeOf,
  RECORD_OPTION,
  recordOption,
} from "../options.ts";

interface CollectParts {
  openCache(
    place: CachePlace & ReturnType<typeof recordOption>,
  ): Promise<{ readonly merge: MergeTarget } & AsyncDisposable>;
}

const ABOUT = `
Merges data from an aircraft's storage: journals of the tiles it made (*.journal) into the tile cache,
recorded flights (FLIGHT_ID/segment_0000.mcap and their tile pictures) into DATA/flight_records.
Every tile is checked against its hash, every file against its copy. Doing it again changes nothing;
a run that broke off is finished by running it again; a damaged file is named, copied as it is, and
what is whole in it is used; what else lies there (links as well) is named and left. PATH itself is
never changed.`;

const OPTIONS = { ...CACHE_OPTIONS, ...RECORD_OPTION } as const;

interface CollectedFlight {
  readonly flightId: string;
  readonly files: Readonly<Record<CopyOutcome, number>>;
  /** complete, lossy, nothing: as in `operator fdr doctor`. */
  readonly record: string;
}

type CollectedJournal = { readonly journal: string } & MergeReport;

export function collectCommand(parts: CollectParts): Command {
  return defineCommand({
    name: "collect",
    summary: "merge the tiles and recorded flights from an aircraft's storage",
    about: ABOUT,
    arguments: {
      path: option.path({
        access: "read",
        placeholder: "PATH",
        required: true,
        help: "the aircraft's folder, or one journal or recorded flight in it",
      }),
    },
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: [
      "operator collect /media/aircraft",
      "operator collect /media/aircraft --data /srv/tiles --json",
    ],
    exitCodes: { 0: "all whole", 65: "something was damaged or refused (the rest is in)" },
    run: (values, io) => run(parts, values, io),
  });
}

async function run(
  parts: CollectParts,
  values: OptionValues<typeof OPTIONS> & { readonly path: string; readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const place = placeOf(values);
  const found = await findFlightMedia(values.path);
  const journals: CollectedJournal[] = [];
  const flights: CollectedFlight[] = [];
  {
    await using cache = await parts.openCache({
      ...place,
      ...recordOption(values.record, "collect", io),
    });
    for (const journal of found.journals) {
      const name = journal.slice(journal.lastIndexOf("/") + 1);
      using progress = io.progress(name, 100);
      const report = await mergeJournal(cache.merge, journal, {
        signal: io.signal,
        progress: (done, total) => progress.update(Math.floor(100 * done / Math.max(1, total))),
      });
      journals.push({ journal: name, ...report });
    }
  }
  for (const flight of found.flights) {
    flights.push(await collectFlight(flight, `${place.dataDirectory}/flight_records`, io));
  }
  const { leftOut } = found;
  if (values.json) io.out(JSON.stringify({ type: "collect", journals, flights, leftOut }));
  else {
    for (const line of [...journals.map(journalText), ...flights.map(flightText)]) io.out(line);
    if (leftOut.length > 0) io.out(leftOutText(leftOut));
  }
  const whole =
    journals.every(({ damagedBytes, refused }) => damagedBytes === 0 && refused.length === 0) &&
    flights.every(({ record }) => record === "complete");
  return whole ? EXIT.ok : EXIT.data;
}

async function collectFlight(
  { flightId, path, files }: RecordedFlightFolder,
  root: string,
  io: CommandIo,
): Promise<CollectedFlight> {
  const counts = { copied: 0, kept: 0, completed: 0, kept_both: 0 };
  using progress = io.progress(flightId.slice(0, 8), files.length);
  for (const [index, file] of files.entries()) {
    io.signal.throwIfAborted();
    counts[await collectFile(`${path}/${file}`, `${root}/${flightId}/${file}`)]++;
    progress.update(index + 1);
  }
  return { flightId, files: counts, record: await verdictOf(path) };
}

/** Files of the flight. */
async function verdictOf(path: string): Promise<string> {
  try {
    return (await diagnoseFlight(await findFlight(path))).verdict;
  } catch {
    return "nothing";
  }
}

function journalText({ journal, written, renewed, kept, damagedBytes, refused }: CollectedJournal) {
  const damage = damagedBytes > 0 ? `; ${damagedBytes} bytes of it are damaged` : "";
  const words = refused.slice(0, 5).map(({ tile, reason }) => `\n  ${tile}: ${reason}`).join("");
  return `${journal}: ${written} new tiles, ${renewed} renewed, ${kept} there already, ` +
    `${refused.length} refused${damage}${words}`;
}

const LEFT_OUT_LISTED = 10;

function leftOutText(paths: readonly string[]): string {
  const listed = paths.slice(0, LEFT_OUT_LISTED).map((path) => `\n  ${inOneLine(path)}`).join("");
  const more = paths.length > LEFT_OUT_LISTED ? "\n  …; --json names all of them" : "";
  return `left there, neither a journal nor part of a recorded flight: ${paths.length}${listed}${more}`;
}

function flightText({ flightId, files, record }: CollectedFlight): string {
  const both = files.kept_both > 0
    ? `, ${files.kept_both} differ from what was here (both are kept)`
    : "";
  return `flight ${flightId}: ${
    files.copied + files.completed
  } files copied, ${files.kept} there ` +
    `already${both}; its record is ${record === "nothing" ? "not readable" : record}`;
}
