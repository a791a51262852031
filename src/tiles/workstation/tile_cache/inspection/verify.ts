/**
 * Compares rows and files one by one; holds one page of rows and one folder of files at a time.
 *
 * @module
 */
import {
  forEachBounded,
  GarbageBound,
  messageOf,
  nullIfAbsent,
  readPlainFile,
  readPlainTextFile,
  sha256Hex,
} from "../../../../core/mod.ts";
import { readState } from "../budget/ledger.ts";
import { JPEG_BYTES_MAX, SIDECARS, tileKey } from "../../../tile_contract/mod.ts";
import { checkInside } from "../tile_folders.ts";
import { tilePath } from "../tile_path.ts";
import type { OpenCache } from "./cache_inspection.ts";
import type {
  ListedTile,
  TileFault,
  TileFaultKind,
  VerifyOptions,
  VerifyReport,
} from "./contract.ts";
import { strayFiles } from "./files.ts";
import { countUnidentified, selectByUuid, selectPages } from "./queries.ts";
import { moveOrphan, removeBrokenTile, rewriteSidecars } from "./repair.ts";
import { cacheStatistics } from "./statistics.ts";

const PAGE_TILES = 200;
/** Tiles read at the same time. */
const READS_AT_ONCE = 4;

type Found = { readonly kind: TileFaultKind; readonly detail: string };

/** @throws TileFsError | TileDatabaseError when verification itself is not possible. */
export async function verifyCache(cache: OpenCache, options: VerifyOptions): Promise<VerifyReport> {
  return await new Verification(cache, options).run();
}

class Verification {
  readonly #cache: OpenCache;
  readonly #options: VerifyOptions;
  readonly #garbage = new GarbageBound();
  readonly #byKind: Partial<Record<TileFaultKind, number>> = {};
  readonly #count = {
    tiles: 0,
    brokenTiles: 0,
    files: 0,
    faults: 0,
    repaired: 0,
    young: 0,
    diskBytes: 0,
  };

  constructor(cache: OpenCache, options: VerifyOptions) {
    this.#cache = cache;
    this.#options = options;
  }

  async run(): Promise<VerifyReport> {
    const unidentified = await countUnidentified(this.#cache.database);
    if (unidentified > 0) {
      this.#tell("no_identity", `${unidentified} rows`, "without a UUID or a hash", false);
    }
    await this.#rows();
    await this.#files();
    await this.#accounts();
    return { ...this.#count, byKind: this.#byKind };
  }

  async #rows(): Promise<void> {
    const { database } = this.#cache;
    const { after, onPage } = this.#options;
    const begin = after === undefined ? null : await selectByUuid(database, after.tileUuid);
    for await (const page of selectPages(database, {}, begin?.position ?? null, PAGE_TILES)) {
      await forEachBounded(page, READS_AT_ONCE, async ({ tile }) => {
        this.#options.signal?.throwIfAborted();
        await this.#tile(tile);
        this.#options.progress?.(++this.#count.tiles, "tiles");
      });
      this.#garbage.add(page.length);
      onPage?.(page[page.length - 1].tile);
    }
  }

  async #tile(tile: ListedTile): Promise<void> {
    const found = await this.#judge(tile);
    if (found === null) return;
    // It may have been deleted or renewed since its row was read.
    const now = (await selectByUuid(this.#cache.database, tile.tileUuid))?.tile ?? null;
    if (now === null) return;
    const still = now.contentSha256 === tile.contentSha256 ? found : await this.#judge(now);
    if (still === null) return;
    if (still.kind !== "missing_sidecar") this.#count.brokenTiles++;
    const repaired = this.#options.repair && await this.#repair(now, still.kind);
    this.#tell(still.kind, tileKey(now.tileId), still.detail, repaired);
  }

  async #repair(tile: ListedTile, kind: TileFaultKind): Promise<boolean> {
    if (kind === "missing_sidecar") return await rewriteSidecars(this.#cache, tile);
    return await removeBrokenTile(this.#cache, tile);
  }

  /** null for an undamaged tile. */
  async #judge(tile: ListedTile): Promise<Found | null> {
    const path = `${this.#cache.dataFolder}/${tilePath(tile.tileId)}`;
    const info = await nullIfAbsent(Deno.lstat(path));
    if (info === null) return { kind: "missing_file", detail: `${path} is missing` };
    if (info.isSymlink || !info.isFile) {
      return { kind: "link", detail: `${path} is not a regular file` };
    }
    const outside = await checkInside(path).then(() => null, messageOf);
    if (outside !== null) return { kind: "link", detail: outside };
    if (info.size !== tile.diskBytes) {
      const detail = `${path} has ${info.size} bytes, its row states ${tile.diskBytes}`;
      return { kind: "wrong_size", detail };
    }
    const bad = this.#options.quick ? null : await this.#judgeBytes(path, tile);
    if (bad !== null) return bad;
    return await this.#judgeSidecars(path, tile, info.size);
  }

  async #judgeBytes(path: string, tile: ListedTile): Promise<Found | null> {
    let jpeg: Uint8Array<ArrayBuffer>;
    try {
      jpeg = await readPlainFile(path, { bytesMax: JPEG_BYTES_MAX });
    } catch (error) {
      return { kind: "missing_file", detail: messageOf(error) };
    }
    const sha256 = sha256Hex(jpeg);
    if (sha256 !== tile.contentSha256) {
      const detail = `${path} has SHA-256 ${sha256}, its row states ${tile.contentSha256}`;
      return { kind: "wrong_hash", detail };
    }
    try {
      await this.#options.decode?.(jpeg, path);
      return null;
    } catch (error) {
      return { kind: "undecodable", detail: messageOf(error) };
    }
  }

  async #judgeSidecars(path: string, tile: ListedTile, jpegBytes: number): Promise<Found | null> {
    let bytes = jpegBytes;
    for (const suffix of SIDECARS) {
      const sidecar = path.replace(/\.jpg$/, suffix);
      const info = await Deno.lstat(sidecar).catch(() => null);
      if (!info?.isFile) return { kind: "missing_sidecar", detail: `${sidecar} is missing` };
      bytes += info.size;
    }
    if (!this.#options.quick) {
      const hashFile = path.replace(/\.jpg$/, ".sha256");
      const text = await readPlainTextFile(hashFile, { bytesMax: 1024 })
        .catch(() => "");
      if (!text.startsWith(tile.contentSha256)) {
        return { kind: "missing_sidecar", detail: `${hashFile} holds another hash` };
      }
    }
    this.#count.diskBytes += bytes;
    return null;
  }

  async #files(): Promise<void> {
    const { youngerThanMs, signal } = this.#options;
    for await (const file of strayFiles(this.#cache, () => this.#seen(signal))) {
      if (file.ageMs < youngerThanMs) {
        this.#count.young++;
        continue;
      }
      const kind = file.temporary ? "temporary_file" : "orphan_file";
      const repaired = this.#options.repair && await moveOrphan(this.#cache, file.path);
      const detail = file.temporary
        ? "a temporary file of a process that did not end well"
        : "a file that belongs to no row";
      this.#tell(kind, file.path, detail, repaired);
    }
  }

  #seen(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    this.#count.files++;
    this.#garbage.add();
    if (this.#count.files % 100 === 0) this.#options.progress?.(this.#count.tiles, "files");
  }

  /** Compares the disk budget's accounting with the rows. */
  async #accounts(): Promise<void> {
    const { database } = this.#cache;
    for (let tries = 3;; tries--) {
      const { diskBytes, tiles } = await cacheStatistics(database);
      const books = await readState(database);
      if (books.diskBytes === diskBytes && books.tiles === tiles) break;
      if (tries > 0) continue; // The cache changed between the two queries.
      const detail =
        `the accounting has ${books.tiles} tiles of ${books.diskBytes} bytes, the rows ` +
        `${tiles} of ${diskBytes}`;
      return this.#tell("accounting", "disk budget", detail, false);
    }
    const { faults, tiles, diskBytes } = this.#count;
    if (faults > 0) return;
    const rows = await cacheStatistics(database);
    if (rows.tiles !== tiles || rows.diskBytes === diskBytes) return;
    const detail = `the rows state ${rows.diskBytes} bytes, the files have ${diskBytes}`;
    this.#tell("accounting", "disk use", detail, false);
  }

  #tell(kind: TileFaultKind, subject: string, detail: string, repaired: boolean): void {
    this.#count.faults++;
    if (repaired) this.#count.repaired++;
    this.#byKind[kind] = (this.#byKind[kind] ?? 0) + 1;
    const fault: TileFault = { kind, subject, detail, repaired };
    this.#options.onFault?.(fault);
  }
}
