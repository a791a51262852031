/**
 * Downloads beside bare loops over the same wire: see tile_manager_wire.ts.
 *
 * @module
 */
import { replaceFile, SystemClock } from "../../src/core/mod.ts";
import { openManagedTileCache } from "../../src/tiles/workstation/tile_cache/budget/mod.ts";
import { FakeTileStore } from "../../src/tiles/workstation/tile_cache/fake_tile_store.ts";
import { TileValidators } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { type DownloadCache, tilesOfArea } from "../../src/tiles/workstation/tile_manager/mod.ts";
import { decodeJpeg, openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { type Block, boxOf, makeDownloadRig, ZOOM } from "../support/download_rig.ts";
import { CrashablePostgres } from "../support/postgres_crashable.ts";
import { postgresBinaries } from "../support/postgres.ts";
import { CLIENT_TOKEN, ProviderProcess } from "../support/provider.ts";
import { sideBySide } from "./side_by_side.ts";

export interface DownloadBench {
  readonly tiles: number;
  readonly turns: number;
  /**
   * Where caches are laid. ext4 looks at every inode that was deleted in the last minutes before it
   * gives a new file one of its own: where many files were deleted just now, making one takes 0.5 ms.
   */
  readonly folder: string;
}

const CONCURRENCY = 8;
const COMMIT_EVERY = 64;
const authorization = { authorization: `Bearer ${CLIENT_TOKEN}` };

interface Bench extends DownloadBench {
  readonly url: string;
  readonly block: Block;
  readonly vision: VisionLibrary;
}

/** Fetches; what is done with each picture is the caller's. */
async function bareLoop(
  { url, block }: Bench,
  keep: (jpeg: Uint8Array<ArrayBuffer>, name: string) => unknown,
): Promise<void> {
  const queue = tilesOfArea({ kind: "box", box: boxOf(block) }, ZOOM);
  const worker = async () => {
    for (const { zoom, x, y } of queue) {
      const response = await fetch(`${url}tiles/${zoom}/${x}/${y}`, { headers: authorization });
      const jpeg = await response.bytes();
      if (jpeg.length === 0) throw new Error("an empty tile");
      await keep(jpeg, `${x}-${y}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

/** The least that a cache can do: each file synced and renamed, and a journal synced now and then. */
async function bareDurableLoop(bench: Bench): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: bench.folder, prefix: "bare-" });
  using journal = await Deno.open(`${folder}/journal`, { append: true, create: true });
  const written: string[] = [];
  const commit = async () => {
    const lines = new TextEncoder().encode(written.splice(0).join("\n") + "\n");
    await journal.write(lines);
    await journal.syncData();
  };
  await bareLoop(bench, async (jpeg, name) => {
    await replaceFile(`${folder}/${name}.jpg`, jpeg, { syncFolder: false });
    if (written.push(name) === COMMIT_EVERY) await commit();
  });
  await commit();
}

async function download(
  { url, vision, block }: Bench,
  cache: Pick<DownloadCache, "queryByBbox" | "writeTiles" | "renewTile" | "deleteTile">,
  look: boolean,
  etags?: TileValidators,
): Promise<void> {
  const unseen = {
    checkTile: (_name: string, jpeg: Uint8Array<ArrayBuffer>) =>
      Promise.resolve({ jpeg, coverage: 1 }),
  };
  const rig = makeDownloadRig({
    url,
    vision,
    watched: false,
    change: {
      cache: { ...cache, budgetBytes: null, usedBytes: () => Promise.resolve(0) },
      ...look ? {} : unseen,
      ...etags === undefined ? {} : { etags },
    },
  });
  const report = await rig.downloader.download(rig.request(block, { concurrency: CONCURRENCY }));
  const { rows, columns } = block;
  if (report.fetched !== rows * columns) throw new Error(`${report.fetched} tiles fetched`);
}

async function intoMemory(bench: Bench, look: boolean): Promise<void> {
  const store = new FakeTileStore({ clock: new SystemClock() });
  await download(bench, {
    queryByBbox: (box, zoom) => store.queryByBbox(box, zoom),
    writeTiles: (tiles, how) => store.writeTiles(tiles, how),
    renewTile: (tile, jpeg) => store.renewTile(tile, jpeg),
    deleteTile: (tileId) => store.deleteTile(tileId),
  }, look);
}

/** As the operator's command composes it: freshness, budget, ETags. */
async function intoCache(
  bench: Bench,
  measured: (work: () => Promise<void>) => Promise<void>,
  dsn?: string,
): Promise<void> {
  const dataFolder = await Deno.makeTempDir({ dir: bench.folder, prefix: "cache-" });
  await using cache = await openManagedTileCache({ dataFolder, dsn });
  const { store, metadata } = cache;
  await measured(() =>
    download(
      bench,
      {
        queryByBbox: (box, zoom) => metadata.queryByBbox(box, zoom),
        writeTiles: (tiles, how) => store.writeTiles(tiles, how),
        renewTile: (tile, jpeg) => store.renewTile(tile, jpeg),
        deleteTile: (tileId) => store.deleteTile(tileId),
      },
      true,
      new TileValidators(cache.database),
    )
  );
}

async function newDatabase(server: CrashablePostgres, name: string): Promise<string> {
  const { success } = await new Deno.Command(`${postgresBinaries()}/psql`, {
    args: ["-q", "-d", server.dsn(), "-c", `CREATE DATABASE ${name}`],
  }).output();
  if (!success) throw new Error(`cannot create the database ${name}`);
  return server.dsn(name);
}

export async function compareDownloads(options: DownloadBench): Promise<void> {
  await using provider = await ProviderProcess.start(["--synthetic", "64"]);
  using vision = openVision();
  const side = Math.round(Math.sqrt(options.tiles));
  const block: Block = { x: 152_000, y: 88_000, columns: side, rows: side };
  const bench: Bench = { ...options, url: provider.url, block, vision };
  await using resources = new AsyncDisposableStack();
  const server = postgresBinaries() === undefined
    ? null
    : resources.use(await CrashablePostgres.start());
  let databases = 0;
  await sideBySide({ count: side * side, turns: options.turns, otherPid: provider.pid }, {
    "bare fetch loop": (measured) => measured(() => bareLoop(bench, () => {})),
    "… each picture decoded": (measured) =>
      measured(() =>
        bareLoop(bench, (jpeg, name) => decodeJpeg(vision, jpeg, { name, denominator: 8 }))
      ),
    "… each file synced, renamed": (measured) => measured(() => bareDurableLoop(bench)),
    "downloader, nothing looked at": (measured) => measured(() => intoMemory(bench, false)),
    "downloader, cache in memory": (measured) => measured(() => intoMemory(bench, true)),
    "downloader, cache on PGlite": (measured) => intoCache(bench, measured),
    ...server === null ? {} : {
      "downloader, cache on a server": async (measured) =>
        await intoCache(bench, measured, await newDatabase(server, `bench${databases++}`)),
    },
  });
}
