/**
 * `operator cache show TILE` and `operator cache dump TILE`.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  GdnError,
  messageOf,
  option,
  Output,
  sha256Hex,
  tileBounds,
  UsageError,
} from "../../core/mod.ts";
import type { CacheInspection, ListedTile } from "../../tiles/workstation/tile_cache/mod.ts";
import { CACHE_OPTIONS, placeOf } from "../options.ts";
import {
  type CacheParts,
  dayText,
  findTile,
  type NamedTile,
  nameOf,
  openExisting,
  TILE_ARGUMENT,
} from "./cache_options.ts";

export function cacheShowCommand(parts: CacheParts): Command {
  return defineCommand({
    name: "cache show",
    summary: "show what is known of one tile",
    about: "What the cache knows of one tile, and whether its file is what it should be.",
    arguments: TILE_ARGUMENT,
    options: CACHE_OPTIONS,
    json: "one JSON object instead of text",
    examples: ["operator cache show bing/18/77213/106845"],
    exitCodes: { 65: "the file is not what it should be" },
    run: (values, io) => show(parts, values, io),
  });
}

/** `writeOut` writes bytes to stdout unchanged. */
export function cacheDumpCommand(
  parts: CacheParts,
  writeOut: (bytes: Uint8Array) => void,
): Command {
  return defineCommand({
    name: "cache dump",
    summary: "write the picture of one tile",
    about: "Writes the JPEG bytes of one tile, held against their hash, to a file or to stdout.",
    arguments: TILE_ARGUMENT,
    options: {
      out: option.path({
        access: "create",
        placeholder: "FILE",
        help: "a new file",
        absent: "stdout",
      }),
      force: option.flag({ help: "replace FILE" }),
      ...CACHE_OPTIONS,
    },
    json: "with --out: what was written, as one JSON object",
    examples: [
      "operator cache dump bing/18/77213/106845 --out tile.jpg",
      "operator cache dump 046702ee-f9eb-59c0-95de-72b509cd13bd | exiftool -",
    ],
    run: (values, io) => dump(parts, writeOut, values, io),
  });
}

interface TileValues {
  readonly tile: NamedTile;
  readonly data: string;
  readonly dsn?: string;
  readonly json: boolean;
}

async function show(parts: CacheParts, values: TileValues, io: CommandIo): Promise<ExitCode> {
  await using cache = await openExisting(parts, placeOf(values), { readsOnly: true });
  const tile = await findTile(cache.inspection, values.tile);
  const file = await look(cache.inspection, tile);
  if (values.json) io.out(JSON.stringify({ type: "tile", name: nameOf(tile), ...tile, file }));
  else describe(tile, file, io);
  return file.whole ? EXIT.ok : EXIT.data;
}

interface FileState {
  readonly path: string;
  readonly whole: boolean;
  /** The fault of a tile; null when there is none. */
  readonly fault: string | null;
}

async function look(inspection: CacheInspection, tile: ListedTile): Promise<FileState> {
  const path = inspection.pathOf(tile);
  try {
    await inspection.readFile(tile);
    return { path, whole: true, fault: null };
  } catch (error) {
    if (!(error instanceof GdnError)) throw error;
    return { path, whole: false, fault: messageOf(error) };
  }
}

function describe(tile: ListedTile, file: FileState, io: CommandIo): void {
  const line = (label: string, text: string) => io.out(`${label.padEnd(18)}${text}`);
  const { southDeg, westDeg, northDeg, eastDeg } = tileBounds(tile.tileId);
  line("tile", nameOf(tile));
  line("uuid", tile.tileUuid);
  line("location hash", tile.locationHash);
  line(
    "area",
    `${southDeg.toFixed(6)},${westDeg.toFixed(6)} to ${northDeg.toFixed(6)},${eastDeg.toFixed(6)}`,
  );
  line("captured", dayText(tile.capturedAt));
  line("freshness", tile.freshnessLabel ?? "unjudged");
  line("resolution", `${tile.sourceGsdM.toPrecision(3)} m per pixel of the imagery`);
  if (tile.registrationErrorM !== undefined) {
    line("map error", `${tile.registrationErrorM} m`);
  }
  line("coverage", `${(100 * tile.coverage).toFixed(1)} %`);
  if (tile.attribution !== "") line("attribution", tile.attribution);
  if (tile.votingStatus !== undefined) {
    const uploaded = tile.uploadedAt === null
      ? `not uploaded, ${tile.uploadAttempts} attempts`
      : `uploaded ${tile.uploadedAt.toISOString()}`;
    line("status", `${tile.votingStatus}, ${uploaded}`);
  }
  line(
    "stored",
    `${tile.createdAt.toISOString()}, read ${tile.accessedAt?.toISOString() ?? "never"}`,
  );
  line("pins", `${tile.pins}`);
  line("file", `${file.path} (${tile.diskBytes} bytes; .json and .sha256 beside it)`);
  line("sha256", `${tile.contentSha256}${file.whole ? ", and the file has it" : ""}`);
  if (file.fault !== null) line("FAULT", file.fault);
}

async function dump(
  parts: CacheParts,
  writeOut: (bytes: Uint8Array) => void,
  values: TileValues & { readonly out?: string; readonly force: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  if (values.json && values.out === undefined) {
    throw new UsageError("--json goes with --out: without it stdout is the picture");
  }
  await using cache = await openExisting(parts, placeOf(values), { readsOnly: true });
  const tile = await findTile(cache.inspection, values.tile);
  const jpeg = await cache.inspection.readFile(tile);
  if (values.out === undefined) {
    writeOut(jpeg);
    return EXIT.ok;
  }
  await write(values.out, jpeg, values.force);
  if (values.json) {
    const { out } = values;
    const sha256 = sha256Hex(jpeg);
    io.out(JSON.stringify({ type: "dumped", tile: nameOf(tile), out, bytes: jpeg.length, sha256 }));
  } else {
    io.out(`${values.out}: ${jpeg.length} bytes of ${nameOf(tile)}`);
  }
  return EXIT.ok;
}

async function write(path: string, jpeg: Uint8Array, force: boolean): Promise<void> {
  await using output = await Output.file(path, { force });
  await output.guard(() => Deno.writeFile(output.temporaryPath, jpeg));
  await output.commit();
}
