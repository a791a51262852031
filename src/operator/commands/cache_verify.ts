/**
 * `operator cache verify`: compares rows and files of the tile cache.
 *
 * @module
 */
import {
  bytesText,
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
} from "../../core/mod.ts";
import {
  type ListedTile,
  type TileFault,
  verifyCache,
  type VerifyReport,
} from "../../tiles/workstation/tile_cache/mod.ts";
import { CACHE_OPTIONS, placeOf } from "../options.ts";
import { afterOption, type CacheParts, findTile, nameOf, openExisting } from "./cache_options.ts";

/** With a server another process may be writing: such files are not faults yet. */
const YOUNG_MS = 10 * 60_000;
/** Faults that are listed one by one. */
const FAULTS_LISTED = 100;

const ABOUT = `
Holds every row of the tile cache against its files (there, plain files, size, SHA-256, a picture that
can be decoded, sidecars), every file against the rows, and the books of the disk budget against both.`;

const OPTIONS = {
  quick: option.flag({ help: "sizes only: neither hashes nor decoding" }),
  repair: option.flag({
    help: "repair: a row whose picture is not whole is deleted, files that belong to no row are " +
      "moved to orphaned/ in the data folder, half-written ones are deleted, sidecars are written " +
      "anew",
  }),
  ...afterOption("goes on behind a tile (a run that is stopped names it)"),
  ...CACHE_OPTIONS,
} as const;

export interface VerifyParts extends CacheParts {
  openDecoder(): Disposable & {
    /** Throws when the bytes are not a complete picture. */
    decode(jpeg: Uint8Array<ArrayBuffer>, name: string): Promise<unknown>;
  };
}

export function cacheVerifyCommand(parts: VerifyParts): Command {
  return defineCommand({
    name: "cache verify",
    summary: "compare rows and files of the cache, and repair them",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object a line: each fault, then the summary",
    examples: ["operator cache verify", "operator cache verify --repair --json"],
    exitCodes: {
      0: "whole",
      1: "faults that --repair cannot repair, or not one tile is whole",
      3: "faults were found, the other tiles are whole (with --repair: all were repaired)",
    },
    run: (values, io) => run(parts, values, io),
  });
}

async function run(
  parts: VerifyParts,
  values: OptionValues<typeof OPTIONS> & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const { quick, repair, json } = values;
  const place = placeOf(values);
  using decoder = parts.openDecoder();
  await using cache = await openExisting(parts, place, { readsOnly: !repair });
  const { tiles } = await cache.inspection.statistics();
  using bar = io.progress("verifying", tiles);
  const after = values.after === undefined
    ? undefined
    : await findTile(cache.inspection, values.after);
  let listed = 0;
  let last: ListedTile | undefined = after;
  const report = await verifyCache(cache, {
    after,
    onPage: (tile) => last = tile,
    quick,
    repair,
    decode: (jpeg, name) => decoder.decode(jpeg, name),
    youngerThanMs: place.dsn === null ? 0 : YOUNG_MS,
    onFault(fault) {
      if (json) io.out(JSON.stringify({ type: "fault", ...fault }));
      else if (++listed <= FAULTS_LISTED) io.out(lineOf(fault));
    },
    progress: (done, note) => bar.update(done, note),
    signal: io.signal,
  }).catch((error) => {
    if (io.signal.aborted && last) io.note(`stopped: continue with --after ${nameOf(last)}`);
    throw error;
  });
  bar.end();
  const code = exitCode(report, repair);
  if (json) io.out(JSON.stringify({ type: "summary", ...report, exitCode: code }));
  else describe(report, io);
  return code;
}

function exitCode(report: VerifyReport, repair: boolean): ExitCode {
  const { faults, repaired, tiles, brokenTiles } = report;
  if (faults === 0) return EXIT.ok;
  const nothingWhole = tiles > 0 && brokenTiles === tiles;
  return nothingWhole || repair && repaired < faults ? EXIT.failure : EXIT.lossy;
}

function lineOf({ kind, subject, detail, repaired }: TileFault): string {
  return `${kind.replaceAll("_", " ")}: ${subject}: ${detail}${repaired ? " (repaired)" : ""}`;
}

function describe(report: VerifyReport, io: CommandIo): void {
  const { tiles, files, faults, repaired, young, diskBytes } = report;
  const looked = `${tiles} tiles, ${files} files, ${bytesText(diskBytes)}`;
  if (faults > FAULTS_LISTED) io.out(`… and ${faults - FAULTS_LISTED} more (--json lists all)`);
  if (faults === 0) io.out(`${looked}: whole`);
  else if (repaired === faults) io.out(`${looked}: ${faults} faults, all repaired`);
  else {
    io.out(`${looked}: ${faults} faults, ${repaired} repaired`);
    if (repaired === 0) {
      io.out("--repair fixes what can be repaired; import the lost tiles again after it");
    }
  }
  if (young > 0) {
    io.out(`${young} recent files without a row were ignored (they may belong to a writer)`);
  }
}
